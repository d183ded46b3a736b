import { describe, expect, it } from 'vitest';
import { flowError } from '../flow-error.ts';
import type { Outcome } from '../outcome.ts';
import { play } from './play.fixture.ts';

const lost: Outcome = { kind: 'ambiguous', error: flowError('communication', 'no answer') };

describe('a key that its target will forget', () => {
  it('is never sent so late that the request may come in after that', () => {
    const flow = 'do: [{a: {call: keyed, metadata: {pawl: {keyIn: {header: Idempotency-Key, retention: PT10S}}}}}]';
    const run = play(flow, { answer: () => lost, random: () => 1 });
    const starts = run.events.flatMap((event) => {
      if (event.type === 'task.started' && event.intent !== undefined) return [{ at: event.at, due: event.intent.due }];
      return event.type === 'attempt.started' ? [{ at: event.at, due: event.intent.due }] : [];
    });
    expect(starts.length).toBeGreaterThan(2);
    const [first, ...again] = starts;
    for (const one of again) expect(one.due).toBeLessThanOrEqual((first?.at ?? 0) + 9_000);
    expect(run.events.at(-1)?.type).toBe('decision.asked');
  });
});
