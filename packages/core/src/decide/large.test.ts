import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import type { RunState } from '../state/state.ts';
import { beginRun, decide } from './decide.ts';
import { cloudEvent } from './listen.fixture.ts';
import { pending } from './pending.ts';
import { compiled, nodeHash } from './play.fixture.ts';
import type { DecideEnv } from './types.ts';

const env: DecideEnv = { hash: nodeHash, random: () => 0.5, limits, acquire: () => true, release: () => {} };

/** Begins a flow and goes on until something outside is waited for. */
function run(document: JsonObject): {
  readonly state: RunState;
  readonly decisions: number;
  readonly event: (n: number) => void;
} {
  const flow = compiled(document);
  const start = { id: '01900000-0000-7000-8000-000000000001', flowHash: 'f', input: null, at: 1 };
  const { state } = beginRun(start, flow, env);
  let decisions = 1;
  for (; pending(state, flow).some(({ kind }) => kind === 'continue'); decisions += 1)
    decide(state, flow, { kind: 'continue' }, env);
  const event = (n: number): void => {
    const key = { partition: 1, event: String(n) };
    decide(state, flow, { kind: 'event', at: 2, step: '/do/0/l', key, event: cloudEvent('a', n) }, env);
  };
  return { state, decisions, event };
}

describe('a large flow', () => {
  it('of 10,000 steps runs in portions of limits.pureTasksPerCommit', () => {
    const steps = Array.from({ length: 10_000 }, (_, i) => ({ [`s${i}`]: { set: { n: '${ (.n // 0) + 1 }' } } }));
    const { state, decisions } = run({ do: steps });
    expect([state.status, state.output]).toEqual(['completed', { n: 10_000 }]);
    expect(decisions).toBeGreaterThanOrEqual(10_000 / limits.pureTasksPerCommit);
  });

  it(`nested ${limits.flowDepth} levels deep runs, and finds its way out again`, () => {
    const nested = (levels: number): JsonObject =>
      levels === 1 ? { set: { n: 1 } } : { do: [{ t: nested(levels - 1) }], output: { as: '{n: (.n + 1)}' } };
    expect(run({ do: [{ t: nested(limits.flowDepth) }] }).state.output).toEqual({ n: limits.flowDepth });
  });
});

describe('a listen', () => {
  const document = { do: [{ l: { listen: { to: { any: [], until: `(. | length) == ${limits.listenEvents}` } } } }] };

  it(`takes ${limits.listenEvents} events`, () => {
    const { state, event } = run(document);
    for (let n = 0; n < limits.listenEvents; n += 1) event(n);
    expect(state.status).toBe('completed');
    expect(state.output).toHaveLength(limits.listenEvents);
  });

  it('faults at the next one, and says how many it may take', () => {
    const { state, event } = run({ do: [{ l: { listen: { to: { any: [], until: 'false' } } } }] });
    for (let n = 0; n <= limits.listenEvents; n += 1) event(n);
    expect(state.error).toMatchObject({
      detail: `The step took ${limits.listenEvents} events, and one listen takes no more.`,
      instance: '/do/0/l',
    });
  });
});
