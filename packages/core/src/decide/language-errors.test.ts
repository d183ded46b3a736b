import { describe, expect, it } from 'vitest';
import { flowError } from '../flow-error.ts';
import { limits } from '../limits.ts';
import { play } from './play.fixture.ts';
import type { Play, Played } from './play.fixture.ts';

/*
 * What Pawl decides about errors and retries where the language's text is silent or contradicts itself. Each test is
 * named by the decision; docs/reference/language.md tells them to authors.
 */

const busy: Play = {
  answer: () => ({ kind: 'retryable', left: true, error: flowError('communication', 'busy', { status: 503 }) }),
};

/** Delays before the retries of a run (ms). */
function delays(run: Played): number[] {
  return run.events.flatMap((event) => (event.type === 'task.retried' ? [(event.until ?? event.at) - event.at] : []));
}

function tried(catching: string, options: Play = busy): Played {
  return play(`do: [{t: {try: [{a: {call: idempotent}}], catch: ${catching}}}]`, options);
}

describe('the type of an error', () => {
  it.each([
    'https://open-workflow-specification.org/spec/1.0.0/errors/communication',
    'https://open-workflow-specification.org/dsl/errors/types/communication',
    'https://serverlessworkflow.io/spec/1.0.0/errors/communication',
    'https://serverlessworkflow.io/dsl/errors/types/communication',
  ])('may be spelt %s in a catch', (type) => {
    expect(tried(`{errors: {with: {type: "${type}"}}}`).state.status).toBe('completed');
  });

  it('is written as the specification does where Pawl raises it', () => {
    expect(tried('{when: "false"}').state.error?.type).toBe(
      'https://open-workflow-specification.org/spec/1.0.0/errors/communication',
    );
  });

  it.each([
    'https://open-workflow-specification.org/spec/1.0.0/errors/communications',
    'https://x.test/spec/1.0.0/errors/communication',
  ])('of any other spelling is compared as it stands: %s', (type) => {
    expect(tried(`{errors: {with: {type: "${type}"}}}`).state.status).toBe('faulted');
  });
});

describe('in `when` and `exceptWhen`', () => {
  it('`.` is the error, and so is its variable', () => {
    expect(tried('{when: ".status == 503 and $error.status == 503"}').state.status).toBe('completed');
    expect(tried('{as: e, exceptWhen: ".status == 503 and $e == ."}').state.status).toBe('faulted');
  });
});

describe('`retry` beside `do`', () => {
  it('retries first, and runs `do` once when no retry is left', () => {
    const run = tried("{retry: {limit: {attempt: {count: 2}}}, do: [{h: {set: {gaveUp: '${ $error.status }'}}}]}");
    expect(run.state.output).toEqual({ gaveUp: 503 });
    expect(run.requests).toHaveLength(3);
    expect(run.events.filter((event) => event.type === 'task.started' && event.step.endsWith('/h'))).toHaveLength(1);
  });

  it('runs `do` at once where the policy does not retry this error, and goes on by `then`', () => {
    const run = play(
      'do: [{t: {try: [{a: {call: idempotent}}], catch: {retry: {when: "false"}, do: [{h: {set: {n: 1}}}], then: z}}}, {y: {set: {n: 9}}}, {z: {set: {z: "${ .n }"}}}]',
      busy,
    );
    expect([run.state.output, run.requests.length]).toEqual([{ z: 1 }, 1]);
  });

  it('without `do` and `then` faults with the error when no retry is left', () => {
    expect(tried('{retry: {limit: {attempt: {count: 2}}}}').state.error).toMatchObject({ status: 503 });
  });
});

describe('a retry', () => {
  it('has the context as it was when the try began', () => {
    const first = "{x: {set: {n: 1}, export: {as: '($context // 0) + 1'}}}";
    let calls = 0;
    const run = play(
      `do: [{t: {try: [${first}, {a: {call: idempotent}}], catch: {retry: {}}}}, {z: {set: {n: '\${ $context }'}}}]`,
      {
        answer: (request) =>
          ++calls === 1 ? (busy.answer?.(request) ?? { kind: 'cancelled' }) : { kind: 'completed', output: null },
      },
    );
    expect([run.state.output, calls]).toEqual([{ n: 1 }, 2]);
  });

  it('is counted by limit.attempt.count: a count of 5 means 5 retries, 6 attempts', () => {
    expect(tried('{retry: {limit: {attempt: {count: 5}}}}').requests).toHaveLength(6);
  });

  it('that nothing limits is limited by Pawl', () => {
    const run = tried('{retry: {}}', { ...busy, limits: { tryRetries: 7 } });
    expect([run.state.status, run.requests.length]).toEqual(['faulted', 8]);
    expect(limits.tryRetries).toBeGreaterThan(100);
  });

  it('number n waits delay × 2^(n-1) with an exponential backoff, which may say another factor and a maximum', () => {
    const policy = (backoff: string): string =>
      `{retry: {delay: PT1S, backoff: ${backoff}, limit: {attempt: {count: 4}}}}`;
    expect(delays(tried(policy('{exponential: {}}')))).toEqual([1000, 2000, 4000, 8000]);
    expect(delays(tried(policy('{exponential: {factor: 3, max: PT5S}}')))).toEqual([1000, 3000, 5000, 5000]);
    expect(delays(tried(policy('{linear: {}}')))).toEqual([1000, 2000, 3000, 4000]);
    expect(delays(tried(policy('{constant: {}}')))).toEqual([1000, 1000, 1000, 1000]);
  });

  it('has its jitter added to the delay', () => {
    const policy = '{retry: {delay: PT1S, jitter: {from: PT1S, to: PT3S}, limit: {attempt: {count: 1}}}}';
    expect(delays(tried(policy, { ...busy, random: () => 0.5 }))).toEqual([3000]);
  });
});

describe('a duration', () => {
  it('of months and years follows the calendar, in UTC', () => {
    const until = (wait: string): string[] =>
      play(`do: [{w: {wait: ${wait}}}]`).events.flatMap((event) =>
        event.type === 'task.started' ? [new Date(event.until ?? 0).toISOString().slice(0, 10)] : [],
      );
    // Played runs begin on 1 November 2026.
    expect([until('P1M'), until('P1Y'), until('P4M')]).toEqual([['2026-12-01'], ['2027-11-01'], ['2027-03-01']]);
  });
});
