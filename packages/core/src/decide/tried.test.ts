import { describe, expect, it } from 'vitest';
import { flowError } from '../flow-error.ts';
import type { Outcome } from '../outcome.ts';
import { play } from './play.fixture.ts';

const busy: Outcome = { kind: 'retryable', left: true, error: flowError('communication', 'busy', { status: 503 }) };
const unsent: Outcome = { kind: 'retryable', left: false, error: flowError('communication', 'connection refused') };
const refused: Outcome = { kind: 'terminal', error: flowError('communication', 'no', { status: 422 }) };
const lost: Outcome = { kind: 'ambiguous', error: flowError('communication', 'no answer') };
const ambiguousType = 'https://open-workflow-specification.org/spec/1.0.0/errors/ambiguous';

/** Answers each action by its own list in turn, then completes with what it was sent. */
function answers(lists: Record<string, Outcome[]>) {
  return (request: { action: string; args: object }): Outcome =>
    lists[request.action]?.shift() ?? { kind: 'completed', output: request.args as never };
}

/** A list under a retry with a delay, so that `now` differs between tries. */
const retried = (list: string, more = '') =>
  `do: [{t: {try: [${list}], catch: {retry: {delay: PT1S, limit: {attempt: {count: 3}}}${more}}}}]`;
const later = '{later: {call: idempotent, with: {got: "${ . }"}}}';

describe('an effect that a retry meets again', () => {
  it('is made again when it turned out to change nothing', () => {
    const read: Outcome = { kind: 'completed', output: { n: 1 }, pure: true };
    const again: Outcome = { kind: 'completed', output: { n: 2 }, pure: true };
    const run = play(
      retried('{a: {call: once, export: {as: .n}}}, {b: {call: idempotent, with: {k: 1}, output: {as: $context}}}'),
      {
        answer: answers({ once: [read, again], idempotent: [busy] }),
      },
    );
    expect(run.requests.map((request) => request.action)).toEqual(['once', 'idempotent', 'once', 'idempotent']);
    expect(run.state.output).toBe(2);
  });

  it('is made again when it changed nothing and its output was refused by a schema', () => {
    const read: Outcome = { kind: 'completed', output: { n: 1 }, pure: true };
    const again: Outcome = { kind: 'completed', output: { n: 2 }, pure: true };
    const ready = 'output: {schema: {document: {properties: {n: {const: 2}}}}}';
    const run = play(retried(`{a: {call: once, ${ready}}}`), { answer: answers({ once: [read, again] }) });
    expect(run.requests).toHaveLength(2);
    expect(run.state.output).toEqual({ n: 2 });
  });

  it('uses a recorded output of null as null', () => {
    const nothing: Outcome = { kind: 'completed', output: null };
    const run = play(retried(`{a: {call: once}}, ${later}`), {
      input: { amount: 5 },
      answer: answers({ once: [nothing], idempotent: [busy] }),
    });
    expect(run.state.output).toEqual({ got: null });
    const shaped = play(retried(`{a: {call: once, output: {as: "{was: .}"}}}, ${later}`), {
      answer: answers({ once: [nothing], idempotent: [busy] }),
    });
    expect(shaped.state.output).toEqual({ got: { was: null } });
  });

  it('transforms the recorded raw output again', () => {
    const run = play(
      retried(
        `{a: {call: once, with: {n: 1}, output: {as: .n}, export: {as: "{seen: .}"}}}, {b: {call: idempotent, with: {seen: "\${ $context.seen }"}}}`,
      ),
      { answer: answers({ idempotent: [busy] }) },
    );
    expect(run.requests.map((request) => request.action)).toEqual(['once', 'idempotent', 'idempotent']);
    expect(run.state.output).toEqual({ seen: 1 });
  });

  it('is ambiguous when something left and the request is another one now', () => {
    const run = play(retried('{a: {call: keyed, with: {at: "${ now }"}}}'), { answer: answers({ keyed: [busy] }) });
    expect(run.requests).toHaveLength(1);
    expect(run.state.error?.type).toBe(ambiguousType);
  });

  it('has the same key with another request when nothing left', () => {
    const run = play(retried('{a: {call: keyed, with: {at: "${ now }"}}}'), { answer: answers({ keyed: [unsent] }) });
    expect(run.state.status).toBe('completed');
    expect(run.requests.map((request) => request.key)).toEqual([run.requests[0]?.key, run.requests[0]?.key]);
  });

  it('is a new effect with a new key when it completed with another request', () => {
    const run = play(retried(`{a: {call: once, with: {at: "\${ now }"}}}, ${later}`), {
      answer: answers({ idempotent: [busy] }),
    });
    const keys = run.requests.filter((request) => request.action === 'once').map((request) => request.key);
    expect(new Set(keys).size).toBe(2);
  });

  it('never changes a natural key, whatever number the effect has', () => {
    const run = play(retried('{a: {call: keyed, metadata: {pawl: {key: order-7}}}}'), {
      answer: answers({ keyed: [refused, busy, unsent] }),
    });
    expect(run.requests.map((request) => request.key)).toEqual(['order-7', 'order-7', 'order-7', 'order-7']);
  });

  it('is not sent while it is not known whether it was applied, and ambiguous is raised again', () => {
    const flow = `
do:
  - outer:
      try:
        - inner: { try: [ { a: { call: once, metadata: { pawl: { onAmbiguous: fail } } } } ], catch: { errors: { with: { type: '${ambiguousType}' } } } }
        - b: { call: idempotent }
      catch: { retry: { limit: { attempt: { count: 2 } } } }
`;
    const run = play(flow, { answer: answers({ once: [lost], idempotent: [busy] }) });
    expect(run.requests.map((request) => request.action)).toEqual(['once', 'idempotent', 'idempotent']);
    const faults = run.events.flatMap((event) =>
      event.type === 'task.faulted' && event.error.type === ambiguousType ? [event.f] : [],
    );
    expect(faults).toHaveLength(2);
    expect(run.state.status).toBe('completed');
  });

  it('is looked up again when its permit came later than its entry', () => {
    for (const [first, sent] of [
      [busy, 1],
      [unsent, 2],
    ] as const) {
      const run = play(retried('{a: {call: keyed, with: {at: "${ now }"}}}'), {
        answer: answers({ keyed: [first] }),
        acquire: () => false,
      });
      expect(run.requests).toHaveLength(sent);
    }
    const run = play(retried(`{a: {call: once, with: {n: 1}}}, ${later}`), {
      answer: answers({ idempotent: [busy] }),
      acquire: () => false,
    });
    expect(run.requests.map((request) => request.action)).toEqual(['once', 'idempotent', 'idempotent']);
  });

  it('is called again when it is pure', () => {
    const run = play(retried(`{a: {call: pure, with: {at: "\${ now }"}}}, {b: {call: idempotent}}`), {
      answer: answers({ idempotent: [busy] }),
    });
    expect(run.requests.map((request) => request.action)).toEqual(['pure', 'idempotent', 'pure', 'idempotent']);
  });

  it('has another key in each iteration and visit, and the same ones in each try', () => {
    const run = play(
      `
do:
  - t:
      try:
        - l: { for: { in: '[1, 2]' }, do: [ { a: { call: keyed, with: { n: '\${ $item }' } } } ] }
        - z: { set: { n: 0 } }
        - n: { set: '\${ {n: (.n + 1)} }' }
        - c: { call: keyed, with: { n: '\${ .n }' } }
        - s: { switch: [ { more: { when: .n < 3, then: n } } ] }
        - x: { call: idempotent }
      catch: { retry: { limit: { attempt: { count: 3 } } } }
`,
      { answer: answers({ idempotent: [busy, busy] }) },
    );
    const keyed = run.requests.filter((request) => request.action === 'keyed');
    expect(keyed).toHaveLength(5);
    expect(new Set(keyed.map((request) => request.key)).size).toBe(5);
    expect(run.requests.filter((request) => request.action === 'idempotent')).toHaveLength(3);
  });
});

describe('a keyed effect without an answer', () => {
  const flow = 'do: [{a: {call: keyed, metadata: {pawl: {keyIn: {header: Idempotency-Key, retention: PT1M}}}}}]';

  it('is not sent again when the target asks for a pause past 0.9 of what it remembers', () => {
    const wait: Outcome = {
      kind: 'retryable',
      left: true,
      afterMs: 55_000,
      error: flowError('communication', 'busy', { status: 503 }),
    };
    const run = play(flow, { answer: answers({ keyed: [lost, wait] }) });
    expect(run.requests).toHaveLength(2);
    expect(run.events.at(-1)?.type).toBe('decision.asked');
  });

  it('is not sent again when its delay or its permit came after that', () => {
    let slept = false;
    const run = play(flow, {
      answer: answers({ keyed: [lost] }),
      interfere: (played) => {
        if (slept || played.events.at(-1)?.type !== 'attempt.ended') return undefined;
        slept = true;
        played.now += 54_000;
        return { kind: 'timer', at: played.now, frame: 1, timer: 'resend' };
      },
    });
    expect(run.requests).toHaveLength(1);
    expect(run.events.at(-1)?.type).toBe('decision.asked');
  });
});
