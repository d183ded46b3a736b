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

  it('is not used by a retry that comes too late, nor forgotten where a try between left nothing', () => {
    const failed: Outcome = {
      kind: 'retryable',
      left: true,
      error: flowError('communication', 'failed', { status: 500 }),
    };
    const unsent: Outcome = { kind: 'retryable', left: false, error: flowError('communication', 'connection refused') };
    const step = '{a: {call: keyed, metadata: {pawl: {keyIn: {header: Idempotency-Key, retention: PT10S}}}}}';
    const flow = (delay: string) =>
      `do: [{t: {try: [${step}], catch: {retry: {delay: ${delay}, limit: {attempt: {count: 5}}}}}}]`;
    const late = play(flow('PT9S'), { answer: () => failed });
    expect(late.requests).toHaveLength(1);
    expect(late.state.error?.type).toMatch(/\/ambiguous$/);
    const outcomes = [failed, unsent, unsent, failed];
    const between = play(flow('PT4S'), { answer: () => outcomes.shift() ?? failed });
    expect(between.requests).toHaveLength(3);
    expect(between.state.error?.type).toMatch(/\/ambiguous$/);
  });
});
