import { describe, expect, it } from 'vitest';
import { limits } from '../limits.ts';
import { checkBody, flowText, hash, told } from './lint/lint.testsuite.ts';
import { checkFlow } from './check.ts';

/*
 * What Pawl decides about documents where the language's text or its schema leaves a hole. Each test is named by the
 * decision; docs/reference/language.md tells them to authors.
 */

const set = 'set: {x: 1}';

describe('a document', () => {
  it.each([
    ['an empty list of tasks', 'do: []', 'warning', ''],
    ['a name twice in a list', `do: [{a: {${set}}}, {a: {${set}}}]`, 'error', 'NAME_TWICE /do/1/a'],
    ['a task named as a directive', `do: [{exit: {${set}}}]`, 'error', 'NAME_RESERVED /do/0/exit'],
    ['a `then` that leads nowhere', `do: [{a: {${set}, then: b}}]`, 'error', '/do/0/a/then'],
    ['two default cases', 'do: [{a: {switch: [{b: {then: end}}, {c: {then: exit}}]}}]', 'error', '/do/0/a/switch'],
    ['a schedule without a trigger', `do: [{a: {${set}}}]\nschedule: {}`, 'error', 'SCHEDULE /schedule'],
    ['two triggers', `do: [{a: {${set}}}]\nschedule: {every: PT1H, cron: "* * * * *"}`, 'error', 'SCHEDULE /schedule'],
    [
      'a retry policy that is not there',
      'do: [{a: {try: [{b: {set: {x: 1}}}], catch: {retry: no}}}]',
      'error',
      '/do/0/a/catch/retry',
    ],
    ['a timeout that is not there', `do: [{a: {${set}, timeout: no}}]`, 'error', '/do/0/a/timeout'],
  ])('with %s is met by a rule of Pawl’s own, as the schema takes it', (_, body, severity, says) => {
    const found = told(body).filter((one) => !one.includes(' SCHEMA'));
    expect(found).toContainEqual(expect.stringMatching(new RegExp(`^${severity} .*${says}`)));
    expect(told(body).filter((one) => one.includes(' SCHEMA'))).toEqual([]);
  });

  it('is checked against the schema of the kind of task that its key names, so that its errors are few and near', () => {
    const { problems } = checkBody(
      'do: [{a: {call: http, with: {method: get, endpoint: "https://x.test", headres: {}}}}]',
    );
    expect(problems.filter(({ severity }) => severity === 'error')).toMatchObject([
      { code: expect.stringMatching(/^PAWL_FLOW_SCHEMA/), path: '/do/0/a/with/headres' },
    ]);
  });

  it('may be of any dsl from 1.0.0-0 on and below 1.1', () => {
    const codes = (dsl: string): string[] =>
      checkFlow(flowText(`do: [{a: {${set}}}]`).replace('1.0.3', dsl), { hash, purpose: 'deploy' }).problems.map(
        ({ code }) => code,
      );
    expect(['1.0.0-0', '1.0.0-alpha3', '1.0.0', '1.0.3', '1.0.99'].flatMap(codes)).toEqual([]);
    for (const dsl of ['0.9.9', '1.1.0-alpha', '1.1.0', '2.0.0']) expect(codes(dsl), dsl).toEqual(['PAWL_FLOW_DSL']);
  });

  it.each([
    ['evaluate', `evaluate: {language: jq, mode: loose}\ndo: [{a: {${set}}}]`],
    ['catch.then', `do: [{a: {try: [{b: {${set}}}], catch: {then: end}}}]`],
    ['an array for `in`', `do: [{a: {for: {in: [{n: 1}]}, do: [{b: {${set}}}]}}]`],
    ['schedule.read', `do: [{a: {${set}}}]\nschedule: {on: {one: {with: {type: a}}}, read: envelope}`],
    ['an emit without a source', 'do: [{a: {emit: {event: {with: {type: a}}}}}]'],
  ])('may use what the schema has since 1.0.3: %s', (_, body) => {
    expect(told(body).filter((one) => one.startsWith('error'))).toEqual([]);
  });

  it('may have what the schema leaves open in a backoff: a factor and a maximum', () => {
    const retry =
      'retry: {delay: PT1S, backoff: {exponential: {factor: 1.5, max: PT5M}}, limit: {attempt: {count: 2}}}';
    expect(told(`do: [{a: {try: [{b: {${set}}}], catch: {${retry}}}}]`)).toEqual([]);
  });

  it(`is nested at most ${limits.flowDepth} levels deep`, () => {
    const nested = (levels: number): string => (levels === 1 ? `{${set}}` : `{do: [{t: ${nested(levels - 1)}}]}`);
    expect(told(`do: [{t: ${nested(50)}}]`)).toEqual([]);
    expect(told(`do: [{t: ${nested(limits.flowDepth + 1)}}]`)).toEqual([expect.stringMatching(/^error TOO_DEEP /)]);
  });
});

describe('the linter', () => {
  it('warns of `exit` in a for, as it ends the iteration only', () => {
    expect(told(`do: [{l: {for: {in: .x}, do: [{a: {${set}, then: exit}}]}}]`)).toEqual([
      expect.stringMatching(/^warning .*\/do\/0\/l\/do\/0\/a\/then$/),
    ]);
  });

  it('points at a bare .x or $x where a text is a value', () => {
    expect(told('do: [{a: {set: {x: .name, y: $context.z, z: a.b}}}]')).toEqual([
      'warning EXPRESSION_BARE /do/0/a/set/x',
      'warning EXPRESSION_BARE /do/0/a/set/y',
    ]);
  });

  it('refuses a variable that would hide one of the language', () => {
    expect(told(`do: [{l: {for: {each: context, in: .x}, do: [{a: {${set}}}]}}]`)).toEqual([
      'error VARIABLE_RESERVED /do/0/l/for/each',
    ]);
  });

  it('refuses a secret in anything that would be journaled', () => {
    const use = 'use: {secrets: [token]}\n';
    expect(told(`${use}do: [{a: {set: {x: "\${ $secrets.token }"}}}]`)).toEqual([
      expect.stringMatching(/^error .*\/do\/0\/a\/set\/x$/),
    ]);
    expect(
      told(
        `${use}do: [{a: {call: http, with: {method: get, endpoint: "https://x.test", headers: {k: "\${ $secrets.token }"}}}}]`,
      ),
    ).toEqual([]);
  });

  it('takes an action of Pawl by its name, its version and the catalog `default`', () => {
    for (const call of ['sql.upsert', 'sql.upsert:1.0.0', 'sql.upsert:1.0.0@default'])
      expect(told(`do: [{a: {call: "${call}", with: {connection: c, rows: []}}}]`, 'deploy'), call).toEqual([]);
  });
});
