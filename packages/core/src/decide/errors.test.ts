import { describe, expect, it } from 'vitest';
import { flowError } from '../flow-error.ts';
import { play } from './play.fixture.ts';

const raising =
  "{raise: {error: {type: 'https://example.com/errors/stock', status: 409, title: Out, detail: '${ \"no \" + .what }'}}}";

describe('raise and try', () => {
  it('faults the run with the error located at its step', () => {
    const run = play(`do: [{a: ${raising}}]`, { input: { what: 'tea' } });
    expect(run.state.error).toEqual({
      type: 'https://example.com/errors/stock',
      status: 409,
      title: 'Out',
      detail: 'no tea',
      instance: '/do/0/a',
    });
  });

  it('catches by exact fields, binds the error, and goes on after the try', () => {
    const run = play(
      `
do:
  - t: { try: [ { a: ${raising} } ], catch: { errors: { with: { status: 409 } }, as: oops, do: [ { h: { set: { handled: '\${ $oops.detail }' } } } ] } }
  - z: { set: '\${ . + {after: true} }' }
`,
      { input: { what: 'tea' } },
    );
    expect(run.state.output).toEqual({ handled: 'no tea', after: true });
  });

  it('lets an error through that the filter, when or exceptWhen does not take', () => {
    for (const filter of ['errors: {with: {status: 500}}', 'when: .status == 500', 'exceptWhen: .status == 409']) {
      const run = play(`do: [{t: {try: [{a: ${raising}}], catch: {${filter}}}}]`, { input: { what: 'tea' } });
      expect(run.state.status, filter).toBe('faulted');
      expect(run.state.error?.instance).toBe('/do/0/t/try/0/a');
    }
  });

  it('takes a standard error type in any of its spellings', () => {
    const types = [
      'https://serverlessworkflow.io/dsl/errors/types/communication',
      'https://open-workflow-specification.org/spec/1.0.0/errors/communication',
      'https://serverlessworkflow.io/spec/1.0.0/errors/communication',
    ];
    for (const type of types) {
      const run = play(
        `do: [{t: {try: [{a: {call: once}}], catch: {errors: {with: {type: '${type}'}}, do: [{h: {set: {ok: true}}}]}}}]`,
        {
          answer: () => ({ kind: 'terminal', error: flowError('communication', 'no', { status: 404 }) }),
        },
      );
      expect(run.state.output, type).toEqual({ ok: true });
    }
  });

  it('swallows with an empty catch and goes on with the try’s input', () => {
    expect(play(`do: [{t: {try: [{a: ${raising}}], catch: {}}}]`, { input: { what: 'x' } }).state.output).toEqual({
      what: 'x',
    });
  });

  it('follows catch.then', () => {
    expect(
      play(`do: [{t: {try: [{a: ${raising}}], catch: {then: z}}}, {y: {set: {y: 1}}}, {z: {set: {z: 1}}}]`, {
        input: { what: 'x' },
      }).state.output,
    ).toEqual({ z: 1 });
  });

  it('retries first, with the delays of the policy, and only then runs catch.do', () => {
    const run = play(
      `
do:
  - t:
      try: [ { a: { call: idempotent } } ]
      catch:
        retry: { delay: PT1S, backoff: { exponential: {} }, limit: { attempt: { count: 3 } } }
        do: [ { h: { set: { gaveUp: '\${ $error.status }' } } } ]
`,
      { answer: () => ({ kind: 'retryable', left: true, error: flowError('communication', 'busy', { status: 503 }) }) },
    );
    expect(run.state.output).toEqual({ gaveUp: 503 });
    const delays = run.events.flatMap((event) =>
      event.type === 'task.retried' ? [(event.until ?? 0) - event.at] : [],
    );
    expect(delays).toEqual([1000, 2000, 4000]);
    expect(new Set(run.requests.map((request) => request.key)).size).toBe(1);
  });

  it('rolls the context back before a retry', () => {
    let calls = 0;
    const run = play(
      `
do:
  - t:
      try: [ { a: { set: { n: 1 }, export: { as: '{count: (($context.count // 0) + 1)}' } } }, { b: { call: idempotent } } ]
      catch: { retry: { limit: { attempt: { count: 2 } } } }
  - z: { set: '\${ $context }' }
`,
      {
        answer: () =>
          ++calls < 3
            ? { kind: 'retryable', left: true, error: flowError('communication', 'busy', { status: 503 }) }
            : { kind: 'completed', output: {} },
      },
    );
    expect(run.state.output).toEqual({ count: 1 });
  });

  it('bounds retries by the budget of limit.duration', () => {
    const run = play(
      'do: [{t: {try: [{a: {call: idempotent}}], catch: {retry: {delay: PT10S, limit: {duration: PT25S}}}}}]',
      {
        answer: () => ({ kind: 'retryable', left: true, error: flowError('communication', 'busy', { status: 503 }) }),
      },
    );
    expect(run.state.status).toBe('faulted');
    expect(run.requests).toHaveLength(3);
  });
});

describe('a try retry is no new visit', () => {
  const flow = (second: string) => `
do:
  - t:
      try: [ { charge: { call: once, with: { amount: '\${ .amount }' } } }, { ${second} } ]
      catch: { retry: { limit: { attempt: { count: 2 } } } }
`;
  it('uses the recorded output of a completed effect instead of sending it again', () => {
    let ships = 0;
    const run = play(flow('ship: {call: idempotent, with: {got: "${ . }"}}'), {
      input: { amount: 5 },
      answer: (request) => {
        if (request.action === 'once') return { kind: 'completed', output: { receipt: 'r1' } };
        return ++ships < 3
          ? { kind: 'retryable', left: true, error: flowError('communication', 'busy', { status: 503 }) }
          : { kind: 'completed', output: request.args };
      },
    });
    expect(run.requests.filter((request) => request.action === 'once')).toHaveLength(1);
    expect(run.state.output).toEqual({ got: { receipt: 'r1' } });
  });

  it('makes a new effect with a new default key after a certain refusal', () => {
    let calls = 0;
    const run = play(
      `
do:
  - t: { try: [ { charge: { call: once } } ], catch: { retry: { limit: { attempt: { count: 2 } } } } }
`,
      {
        answer: () =>
          ++calls < 2
            ? { kind: 'terminal', error: flowError('communication', 'refused', { status: 422 }) }
            : { kind: 'completed', output: {} },
      },
    );
    expect(run.state.status).toBe('completed');
    expect(new Set(run.requests.map((request) => request.key)).size).toBe(2);
  });

  it('keeps the same key after a 503', () => {
    let calls = 0;
    const run = play('do: [{t: {try: [{a: {call: keyed}}], catch: {retry: {limit: {attempt: {count: 2}}}}}}]', {
      answer: () =>
        ++calls < 2
          ? { kind: 'retryable', left: true, error: flowError('communication', 'busy', { status: 503 }) }
          : { kind: 'completed', output: {} },
    });
    expect(run.requests.map((request) => request.key)).toEqual([run.requests[0]?.key, run.requests[0]?.key]);
  });
});

describe('tries within loops within tries', () => {
  it('roll the context back to where the try that retries began, and keep what came before it', () => {
    let calls = 0;
    const run = play(
      `
do:
  - o:
      try:
        - l:
            for: { in: '[1, 2]' }
            do:
              - e: { set: { n: '\${ $item }' }, export: { as: '($context // []) + [.n]' } }
              - t: { try: [ { x: { set: { n: 9 }, export: { as: '$context + ["x"]' } } }, { a: { call: idempotent } } ], catch: { retry: { limit: { attempt: { count: 1 } } } } }
      catch: { retry: { limit: { attempt: { count: 1 } } } }
  - z: { set: '\${ $context }' }
`,
      {
        answer: () =>
          ++calls < 4
            ? { kind: 'retryable', left: true, error: flowError('communication', 'busy', { status: 503 }) }
            : { kind: 'completed', output: {} },
      },
    );
    expect(run.state.output).toEqual([1, 'x', 2, 'x']);
    expect(run.requests).toHaveLength(5);
  });

  it('run catch.do in the scope of the loop, and follow catch.then after it', () => {
    const run = play(`
do:
  - l:
      for: { each: x, in: '[1, 2, 3]' }
      do:
        - t: { try: [ { r: { raise: { error: { type: x, status: 400, detail: '\${ "at \\($x)" }' } } } } ], catch: { as: e, do: [ { h: { set: { log: '\${ (.log // []) + ["\\($e.detail) \\($index)"] }' } } } ], then: last } }
        - skipped: { set: { log: [] } }
        - last: { set: { log: '\${ .log }' } }
`);
    expect(run.state.output).toEqual({ log: ['at 1 0', 'at 2 1', 'at 3 2'] });
  });

  it('count a timeout over all retries of its try', () => {
    const run = play(
      'do: [{t: {try: [{a: {call: idempotent}}], timeout: {after: PT25S}, catch: {retry: {delay: PT10S}}}}]',
      {
        answer: () => ({ kind: 'retryable', left: true, error: flowError('communication', 'busy', { status: 503 }) }),
      },
    );
    expect(run.requests).toHaveLength(3);
    expect(run.state.error).toMatchObject({ status: 408, instance: '/do/0/t' });
  });
});

describe('errors of expressions', () => {
  const raised = (error: string) => play(`do: [{a: {raise: {error: ${error}}}}]`, { input: { n: 1 } }).state.error;

  it('refuses a raised error whose type, title or detail is no text, and leaves out what is null', () => {
    expect(raised("{type: '${ .n }', status: 400}")).toMatchObject({
      instance: '/do/0/a',
      detail: '`type` of a raised error must be a text, but is a number.',
    });
    expect(raised("{type: '${ .none }', status: 400}")?.detail).toMatch(/`type`.*null/);
    expect(raised("{type: 'https://example.com/e', status: 400, detail: '${ [.n] }'}")?.type).toMatch(/\/expression$/);
    expect(raised("{type: 'https://example.com/e', status: 400, detail: '${ .none }'}")).toEqual({
      type: 'https://example.com/e',
      status: 400,
      instance: '/do/0/a',
    });
  });

  it('raises those of a retry policy at the try, before the delay and after it', () => {
    const policy = (more: string) =>
      play(
        `do: [{t: {try: [{a: {call: once}}], catch: {retry: {delay: PT1S, limit: {attempt: {count: 2, ${more}}}}}}}]`,
        {
          answer: () => ({ kind: 'retryable', left: true, error: flowError('communication', 'busy', { status: 503 }) }),
        },
      );
    const late = policy('duration: \'${ if $error == null then "nonsense" else "PT5S" end }\'').state.error;
    expect(late).toMatchObject({ instance: '/do/0/t' });
    expect(late?.detail).toMatch(/duration/);
  });

  it('refuses an expression that is too large when the flow is compiled', () => {
    expect(() => play(`do: [{a: {set: {x: "\${ ${'1+'.repeat(5000)}1 }"}}}]`)).toThrow(/\/do\/0\/a\/set\/x/);
    expect(() => play(`do: [{a: {if: "${'('.repeat(300)}1${')'.repeat(300)}", set: {x: 1}}}]`)).toThrow(
      /\/do\/0\/a\/if/,
    );
  });

  it('shows of a wrong value what it is, not the whole of it', () => {
    const run = play("do: [{w: {wait: '${ [range(1000)] }'}}]");
    expect(run.state.error?.detail?.length).toBeLessThan(200);
  });
});
