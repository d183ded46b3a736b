import { describe, expect, it } from 'vitest';
import { flowError } from '../flow-error.ts';
import type { Outcome } from '../outcome.ts';
import { play } from './play.fixture.ts';

const lost: Outcome = { kind: 'ambiguous', error: flowError('communication', 'no answer') };
const unsent: Outcome = { kind: 'retryable', left: false, error: flowError('communication', 'connection refused') };
const call = (action: string, pawl = '{}') => `do: [{a: {call: ${action}, with: {x: 1}, metadata: {pawl: ${pawl}}}}]`;

/** Answers with the outcomes in turn, then completes. */
function inTurn(...outcomes: Outcome[]): () => Outcome {
  return () => outcomes.shift() ?? { kind: 'completed', output: { ok: true } };
}

describe('effects without an answer', () => {
  for (const guarantee of ['pure', 'idempotent', 'keyed', 'transactional']) {
    it(`sends a ${guarantee} effect again with the same key and bytes`, () => {
      const run = play(call(guarantee), { answer: inTurn(lost, lost) });
      expect(run.state.status).toBe('completed');
      expect(run.requests).toHaveLength(3);
      expect(new Set(run.requests.map((request) => JSON.stringify([request.key, request.args]))).size).toBe(1);
    });
  }

  it('never sends an ambiguous once again by itself, but asks', () => {
    const run = play(call('once'), { answer: inTurn(lost) });
    expect(run.requests).toHaveLength(1);
    expect(run.state.status).toBe('running');
    expect(run.events.at(-1)?.type).toBe('decision.asked');
  });

  it('raises ambiguous where the contract says fail, which only a catch naming it takes', () => {
    const caught = (filter: string) =>
      play(
        `do: [{t: {try: [{a: {call: once, metadata: {pawl: {onAmbiguous: fail}}}}], catch: {${filter}, do: [{h: {set: {caught: true}}}]}}}]`,
        { answer: inTurn(lost) },
      );
    expect(caught('when: "true"').state.status).toBe('faulted');
    expect(
      caught("errors: {with: {type: 'https://open-workflow-specification.org/spec/1.0.0/errors/ambiguous'}}").state
        .output,
    ).toEqual({ caught: true });
  });

  it('sends what never left again for every class, once too', () => {
    for (const guarantee of ['pure', 'idempotent', 'keyed', 'transactional', 'once']) {
      const run = play(call(guarantee), { answer: inTurn(unsent, unsent) });
      expect(run.state.status, guarantee).toBe('completed');
      expect(run.requests).toHaveLength(3);
    }
  });

  it('gives up what never left after limits.resendFor with a communication error', () => {
    const run = play(call('once'), { answer: () => unsent, limits: { resendFor: 60_000 }, random: () => 1 });
    expect(run.state.error?.type).toMatch(/\/communication$/);
    expect(run.now - run.state.startedAt).toBeGreaterThanOrEqual(60_000);
  });

  it('asks about an idempotent effect that stays without answer', () => {
    const run = play(call('idempotent'), { answer: () => lost, limits: { resendFor: 60_000 }, random: () => 1 });
    expect(run.events.at(-1)?.type).toBe('decision.asked');
  });

  it('sends nothing again by itself under attempts: off', () => {
    const run = play(call('idempotent', '{attempts: off}').replace('off', "'off'"), { answer: inTurn(lost) });
    expect(run.requests).toHaveLength(1);
    expect(run.events.at(-1)?.type).toBe('decision.asked');
  });

  it('keeps an unknown outcome unknown when the resend is told "not now"', () => {
    const busy: Outcome = { kind: 'retryable', left: true, error: flowError('communication', 'busy', { status: 503 }) };
    const run = play(call('idempotent'), { answer: inTurn(lost, busy, busy) });
    expect(run.state.status).toBe('completed');
    expect(run.requests).toHaveLength(4);
  });
});

describe('answers', () => {
  it('hands every other answer to the flow at once', () => {
    for (const outcome of [
      { kind: 'terminal', error: flowError('communication', 'no', { status: 404 }) },
      { kind: 'retryable', left: true, error: flowError('communication', 'busy', { status: 503 }) },
    ] as Outcome[]) {
      const run = play(call('idempotent'), { answer: inTurn(outcome) });
      expect(run.state.status).toBe('faulted');
      expect(run.requests).toHaveLength(1);
    }
  });
});

describe('decisions about an ambiguous step', () => {
  const decide = (verdict: { applied: true; output: { seen: true } } | { applied: false } | { fail: true }) => {
    let taken = false;
    return play(call('once'), {
      answer: inTurn(lost),
      interfere: (run) => {
        const last = run.events.at(-1);
        if (taken || last?.type !== 'decision.asked') return undefined;
        taken = true;
        return { kind: 'decision', at: run.now + 1000, id: last.id, verdict, by: 'lena' };
      },
    });
  };
  it('completes with the given output when it was applied', () => {
    expect(decide({ applied: true, output: { seen: true } }).state.output).toEqual({ seen: true });
  });
  it('sends it again with the same key when it was not applied', () => {
    const run = decide({ applied: false });
    expect(run.state.output).toEqual({ ok: true });
    expect(run.requests.map((request) => request.key)).toEqual([run.requests[0]?.key, run.requests[0]?.key]);
  });
  it('sends a lost attempt again only once nothing of it can arrive any more, unless its sender is surely dead', () => {
    const decideLost = (dead: boolean) => {
      const steps = ['lost', 'decision'];
      const run = play(call('once'), {
        interfere: (played) => {
          const step = steps[0];
          const last = played.events.at(-1);
          if (step === 'lost') {
            steps.shift();
            return { kind: 'lost', at: played.now + 1000, frame: 1, attempt: 1, unsent: false, dead };
          }
          if (step !== 'decision' || last?.type !== 'decision.asked') return undefined;
          steps.shift();
          return { kind: 'decision', at: played.now + 2000, id: last.id, verdict: { applied: false }, by: 'lena' };
        },
      });
      const resent = run.events.find((event) => event.type === 'attempt.started');
      return { output: run.state.output, after: (resent?.at ?? 0) - run.state.startedAt };
    };
    expect(decideLost(true)).toEqual({ output: { x: 1 }, after: 2000 });
    expect(decideLost(false)).toEqual({ output: { x: 1 }, after: 40_000 });
  });
  it('asks each time with another question, and an old answer decides nothing', () => {
    const asked: string[] = [];
    const run = play(call('once'), {
      answer: () => lost,
      interfere: ({ events, now }) => {
        const last = events.at(-1);
        if (last?.type !== 'decision.asked' || asked.length === 3) return undefined;
        asked.push(last.id);
        return {
          kind: 'decision',
          at: now,
          id: asked.length === 3 ? (asked[0] as string) : last.id,
          verdict: { applied: false },
          by: 'lena',
        };
      },
    });
    expect(run.requests).toHaveLength(3);
    expect(new Set(asked).size).toBe(3);
    expect(run.events.at(-1)?.type).toBe('decision.asked');
  });
  it('raises ambiguous when the person lets it fail', () => {
    expect(decide({ fail: true }).state.error?.type).toMatch(/\/ambiguous$/);
  });
});

describe('keys', () => {
  it('makes the effect key from the place in the run: another iteration or visit has another key', () => {
    const run = play('do: [{l: {for: {in: "[1, 2]"}, do: [{a: {call: keyed}}, {b: {call: keyed}}]}}]');
    expect(new Set(run.requests.map((request) => request.key)).size).toBe(4);
    expect(run.requests[0]?.key).toMatch(/^[a-z2-7]{24}$/);
  });
  it('sends a natural key as it stands', () => {
    expect(play(call('keyed', '{key: "${ .order }"}'), { input: { order: 'A-17' } }).requests[0]?.key).toBe('A-17');
    expect(play(call('keyed', '{key: "${ .order }"}'), { input: { order: 17 } }).requests[0]?.key).toBe('17');
  });
  it('refuses a natural key that is not 1 to 255 printable ASCII characters', () => {
    for (const order of ['', 'ä', 'x'.repeat(256), 'a\nb', null, { a: 1 }]) {
      expect(play(call('keyed', '{key: "${ .order }"}'), { input: { order } }).state.error?.type).toMatch(
        /\/validation$/,
      );
    }
  });
});

describe('deadlines', () => {
  it('raises a timeout that an enclosing try catches', () => {
    const run = play(
      'do: [{t: {try: [{w: {wait: PT1H, timeout: {after: PT10S}}}], catch: {errors: {with: {status: 408}}, do: [{h: {set: {late: true}}}]}}}]',
    );
    expect(run.state.output).toEqual({ late: true });
    expect(run.now - run.state.startedAt).toBe(10_000);
  });

  it('does not end a step whose effect is without an answer: found applied, its timeout is void', () => {
    let waits = true;
    const run = play('do: [{a: {call: idempotent, timeout: {after: PT5S}}}]', {
      answer: () => ({ kind: 'completed', output: { applied: true } }),
      interfere: (played) => {
        if (!waits) return undefined;
        waits = false;
        return { kind: 'timer', at: played.now + 5000, frame: 1, timer: 'timeout' };
      },
    });
    expect(run.events.some((event) => event.type === 'timeout.reached')).toBe(true);
    expect(run.state.output).toEqual({ applied: true });
  });

  it('faults the run at its deadline, which no try catches', () => {
    const run = play(
      '{document: {metadata: {pawl: {deadline: PT1M}}}, do: [{t: {try: [{w: {wait: PT1H}}], catch: {}}}]}',
    );
    expect(run.state.status).toBe('faulted');
    expect(run.state.error?.status).toBe(408);
    expect(run.now - run.state.startedAt).toBe(60_000);
  });
});

describe('cancel', () => {
  const cancelAt = (yaml: string, outcome: Outcome) => {
    let cancelled = false;
    return play(yaml, {
      answer: () => outcome,
      interfere: (run) => {
        if (cancelled || run.events.length < 2) return undefined;
        cancelled = true;
        return { kind: 'cancel', at: run.now, by: 'lena', reason: 'mistake' };
      },
    });
  };
  it('ends a waiting run at once', () => {
    const run = cancelAt('do: [{w: {wait: PT1H}}]', lost);
    expect(run.state.status).toBe('cancelled');
    expect(run.events.map((event) => event.type).slice(-3)).toEqual([
      'cancel.requested',
      'task.cancelled',
      'run.cancelled',
    ]);
  });
  it('waits for the answer of an open effect, records it, and then ends', () => {
    const run = cancelAt('do: [{a: {call: once}}, {b: {call: once}}]', { kind: 'completed', output: { done: 1 } });
    expect(run.state.status).toBe('cancelled');
    expect(run.requests).toHaveLength(1);
    expect(run.events.some((event) => event.type === 'task.completed')).toBe(true);
  });
});

describe('addresses', () => {
  const sent = (endpoint: string, input: { id: string }) =>
    play(`do: [{a: {call: http, with: {method: get, endpoint: ${endpoint}}}}]`, { input }).requests[0]?.args[
      'endpoint'
    ];
  it('expands a literal URI template over the input', () => {
    expect(sent("'https://x.test/{id}'", { id: 'a/b' })).toBe('https://x.test/a%2Fb');
    expect(sent("{uri: 'https://x.test/{id}'}", { id: 'a' })).toEqual({ uri: 'https://x.test/a' });
  });
  it('says whether the step itself declared the guarantee', () => {
    const call = 'call: http, with: {method: get, endpoint: "https://x.test"}';
    expect(play(`do: [{a: {${call}}}]`).requests[0]?.declared).toBeUndefined();
    expect(play(`do: [{a: {${call}, metadata: {pawl: {guarantee: once}}}}]`).requests[0]?.declared).toBe(true);
  });
  it('never expands what an expression gave: data is not a template', () => {
    expect(sent('\'${ "https://x.test/" + .id }\'', { id: '{id}' })).toBe('https://x.test/{id}');
  });
});

describe('authentication', () => {
  const flow = (token: string) => `
use: { authentications: { api: { bearer: { token: '${token}' } } } }
do: [ { a: { call: http, with: { method: get, endpoint: { uri: 'https://x.test', authentication: { use: api } } } } } ]
`;
  it('puts the policy of use.authentications where its name stands', () => {
    expect(play(flow('t1')).requests[0]?.args['endpoint']).toEqual({
      uri: 'https://x.test',
      authentication: { bearer: { token: 't1' } },
    });
  });
  it('goes with every endpoint and policy of a protocol, and is frozen with none', () => {
    const document = '{endpoint: {uri: "https://x.test/{id}.json", authentication: {use: api}}}';
    const calls = ['t1', 't2'].map((token) =>
      play(
        `
use: { authentications: { api: { bearer: { token: '${token}' } } } }
do: [ { a: { call: openapi, with: { document: ${document}, operationId: o, authentication: { use: api } } } } ]
`,
        { input: { id: 'a b' } },
      ),
    );
    expect(calls[0]?.requests[0]?.args).toEqual({
      document: { endpoint: { uri: 'https://x.test/a%20b.json', authentication: { bearer: { token: 't1' } } } },
      operationId: 'o',
      authentication: { bearer: { token: 't1' } },
    });
    const hashes = calls.map(
      ({ events }) => events.flatMap((event) => (event.type === 'task.started' ? [event.intent?.hash] : []))[0],
    );
    expect(hashes[0]).toBe(hashes[1]);
  });
  it('is no part of the frozen request', () => {
    const hashes = ['t1', 't2'].map(
      (token) =>
        play(flow(token)).events.flatMap((event) => (event.type === 'task.started' ? [event.intent?.hash] : []))[0],
    );
    expect(hashes[0]).toBe(hashes[1]);
  });
});

describe('a try with retry', () => {
  it('refuses to forget: more effects than it remembers fault the step', () => {
    const run = play(
      "do: [{t: {try: [{l: {for: {in: '[range(5)]'}, do: [{a: {call: once}}]}}], catch: {retry: {limit: {attempt: {count: 1}}}}}}]",
      { limits: { triedEffects: 3 } },
    );
    expect(run.state.error?.detail).toMatch(/remembers at most 3/);
    expect(run.requests).toHaveLength(3);
  });
});
