import { describe, expect, it } from 'vitest';
import { limits } from '../../limits.ts';
import { flowLimits } from '../limits.ts';
import { checkBody, flowText, hash, told } from './lint.testsuite.ts';
import { checkFlow } from '../check.ts';

const set = 'set: {x: 1}';

describe('the document', () => {
  it('is fine when nothing is wrong', () => {
    expect(told(`do: [{a: {${set}}}]`)).toEqual([]);
  });

  it.each(['1.0.0', '1.0.3', '1.0.99', '1.0.0-alpha5', '1.0.0-0'])(
    'may be written in dsl %s (decided: >=1.0.0-0 <1.1)',
    (dsl) => {
      expect(
        checkFlow(flowText(`do: [{a: {${set}}}]`).replace('1.0.3', dsl), { hash, purpose: 'deploy' }).problems,
      ).toEqual([]);
    },
  );

  it.each(['1.1.0', '1.1.0-alpha', '0.9.9', '2.0.0', '9.9.9'])('may not be written in dsl %s', (dsl) => {
    expect(
      checkFlow(flowText(`do: [{a: {${set}}}]`).replace('1.0.3', dsl), { hash, purpose: 'check' }).problems,
    ).toMatchObject([{ code: 'PAWL_FLOW_DSL', path: '/document/dsl' }]);
  });

  it.each(['{}', '{every: PT1H, cron: "* * * * *"}', '{after: PT1H, on: {one: {with: {type: a}}}}'])(
    'has a schedule with exactly one trigger, not %s',
    (schedule) => {
      expect(told(`do: [{a: {${set}}}]\nschedule: ${schedule}`)).toContain('error SCHEDULE /schedule');
    },
  );

  it('is warned of a member at its root that nobody reads', () => {
    const { problems, valid } = checkBody(`do: [{a: {${set}}}]\ninputs: {}`);
    expect({ problems, valid }).toMatchObject({
      valid: true,
      problems: [{ code: 'PAWL_FLOW_ROOT_UNKNOWN', path: '/inputs', hint: 'did you mean "input"?' }],
    });
  });

  it(`has no more than ${limits.flowDepth} levels of tasks`, () => {
    const nested = (levels: number): string => (levels === 1 ? `{${set}}` : `{do: [{t: ${nested(levels - 1)}}]}`);
    expect(told(`do: [{t: ${nested(limits.flowDepth)}}]`)).toEqual([]);
    expect(told(`do: [{t: ${nested(limits.flowDepth + 1)}}]`)).toEqual([expect.stringMatching(/^error TOO_DEEP /)]);
  });

  it('with countless warnings still tells of its error', () => {
    const bare = Array.from({ length: flowLimits.problems + 50 }, (_, i) => `- t${i}: {set: {x: .a}}`).join('\n');
    const result = checkBody(`do:\n${bare}\n- end: {${set}}`);
    expect(result.valid).toBe(false);
    expect(result.problems).toHaveLength(flowLimits.problems + 1);
  });
});

describe('names', () => {
  it('of tasks are unique in a list', () => {
    expect(told(`do: [{a: {${set}}}, {b: {do: [{a: {${set}}}]}}, {a: {${set}}}]`)).toEqual([
      'error NAME_TWICE /do/2/a',
    ]);
  });

  it.each(['continue', 'exit', 'end'])('of tasks are not %s', (name) => {
    expect(told(`do: [{${name}: {${set}}}]`)).toEqual([`error NAME_RESERVED /do/0/${name}`]);
  });

  it.each(['context', 'input', 'output', 'task', 'workflow', 'runtime', 'secrets', 'authorization'])(
    'of variables do not take $%s from the language',
    (name) => {
      expect(told(`do: [{a: {for: {each: ${name}, in: .x}, do: [{b: {${set}}}]}}]`)).toEqual([
        'error VARIABLE_RESERVED /do/0/a/for/each',
      ]);
      expect(told(`do: [{a: {for: {at: ${name}, in: .x}, do: [{b: {${set}}}]}}]`)).toEqual([
        'error VARIABLE_RESERVED /do/0/a/for/at',
      ]);
      expect(told(`do: [{a: {try: [{b: {${set}}}], catch: {as: ${name}}}}]`)).toEqual([
        'error VARIABLE_RESERVED /do/0/a/catch/as',
      ]);
    },
  );

  it('of variables can be used in jq', () => {
    expect(told(`do: [{a: {for: {each: my item, in: .x}, do: [{b: {${set}}}]}}]`)).toEqual([
      'error VARIABLE_NAME /do/0/a/for/each',
    ]);
    expect(told(`do: [{a: {for: {each: x, at: x, in: .x}, do: [{b: {${set}}}]}}]`)).toEqual([
      'error VARIABLE_TWICE /do/0/a/for/at',
    ]);
  });

  it('of an inner loop may hide those of an outer one, with a warning', () => {
    const inner = `{for: {each: other, in: .y}, do: [{c: {${set}}}]}`;
    expect(told(`do: [{a: {for: {in: .x}, do: [{b: ${inner}}]}}]`)).toEqual([
      'warning VARIABLE_HIDDEN /do/0/a/do/0/b/for/at',
    ]);
  });
});

describe('the way through a list', () => {
  it('goes to tasks of the same list only', () => {
    expect(told(`do: [{a: {${set}, then: c}}, {b: {${set}}}, {c: {${set}, then: b}}]`)).toEqual([]);
    expect(told(`do: [{a: {${set}, then: x}}]`)).toEqual(['error THEN_UNKNOWN /do/0/a/then']);
    expect(told(`do: [{a: {do: [{b: {${set}, then: c}}]}}, {c: {${set}}}]`)).toEqual([
      'error THEN_UNKNOWN /do/0/a/do/0/b/then',
    ]);
    expect(told(`use: {functions: {f: {${set}, then: a}}}\ndo: [{a: {call: f}}]`)).toEqual([
      'error THEN_UNKNOWN /use/functions/f/then',
    ]);
  });

  it('is looked at in cases and catches too, and the nearest name is suggested', () => {
    const { problems } = checkBody(`do:
- decide: {switch: [{x: {when: .x, then: shipp}}]}
- ship: {try: [{a: {${set}}}], catch: {then: shop}}`);
    expect(problems).toMatchObject([
      { code: 'PAWL_FLOW_THEN_UNKNOWN', path: '/do/0/decide/switch/0/x/then', hint: 'did you mean "ship"?', line: 3 },
      { code: 'PAWL_FLOW_THEN_UNKNOWN', path: '/do/1/ship/catch/then', hint: 'did you mean "ship"?', line: 4 },
    ]);
  });

  it('has one default in a switch', () => {
    expect(told(`do: [{a: {switch: [{x: {then: end}}, {y: {when: .y, then: end}}, {z: {then: end}}]}}]`)).toEqual([
      'error SWITCH_DEFAULTS /do/0/a/switch/2/z',
    ]);
  });

  it('reaches every task, else the first of each stretch is named', () => {
    expect(told(`do: [{a: {${set}, then: end}}, {b: {${set}}}, {c: {${set}}}]`)).toEqual([
      'warning UNREACHABLE /do/1/b',
    ]);
    expect(told(`do: [{a: {${set}, then: exit}}, {b: {${set}}}]`)).toEqual(['warning UNREACHABLE /do/1/b']);
    expect(told(`do: [{a: {raise: {error: {type: "https://e.x", status: 400}}}}, {b: {${set}}}]`)).toEqual([
      'warning UNREACHABLE /do/1/b',
    ]);
    expect(told(`do: [{a: {switch: [{x: {then: c}}]}}, {b: {${set}}}, {c: {${set}}}]`)).toEqual([
      'warning UNREACHABLE /do/1/b',
    ]);
  });

  it('goes on after a task that may be skipped (decided: skipped is continue)', () => {
    expect(told(`do: [{a: {if: .x, ${set}, then: end}}, {b: {${set}}}]`)).toEqual([]);
  });

  it('warns of exit in a for (decided: it ends the iteration)', () => {
    expect(told(`do: [{a: {for: {in: .x}, do: [{b: {${set}, then: exit}}]}}]`)).toEqual([
      'warning EXIT_IN_FOR /do/0/a/do/0/b/then',
    ]);
  });

  it('is warned of an empty list', () => {
    expect(told('do: []')).toEqual(['warning LIST_EMPTY /do']);
  });
});

describe('references', () => {
  it.each([
    ['timeouts', `{${set}, timeout: nope}`, '/timeout'],
    ['retries', `{try: [{b: {${set}}}], catch: {retry: nope}}`, '/catch/retry'],
    ['errors', '{raise: {error: nope}}', '/raise/error'],
    [
      'authentications',
      '{call: http, with: {method: get, endpoint: {uri: "https://x", authentication: {use: nope}}}}',
      '/with/endpoint/authentication/use',
    ],
    ['catalogs', '{call: "f:1.0.0@nope"}', '/call'],
  ])('into use.%s exist', (_, task, path) => {
    expect(told(`do: [{a: ${task}}]`)).toEqual([`error USE_UNKNOWN /do/0/a${path}`]);
  });

  it('that exist are taken', () => {
    expect(
      told(`use:
  timeouts: {slow: {after: PT1H}}
  retries: {often: {when: '$problem.status == 503', limit: {attempt: {count: 3}}}}
  errors: {odd: {type: "https://e.x", status: 400}}
  functions: {f: {set: '\${ $input }'}}
do:
- a: {call: f, timeout: slow}
- b: {try: [{c: {raise: {error: odd}}}], catch: {as: problem, retry: often}}
timeout: slow`),
    ).toEqual([]);
  });

  it('names the nearest', () => {
    expect(
      checkBody(`use: {errors: {notFound: {type: "https://e.x", status: 404}}}\ndo: [{a: {raise: {error: notfound}}}]`)
        .problems[0]?.hint,
    ).toBe('did you mean "notFound"?');
  });
});

describe('data schemas', () => {
  it('that stand in the flow can be used', () => {
    expect(told(`input: {schema: {document: {type: objekt}}}\ndo: [{a: {${set}}}]`)).toEqual([
      'error DATA_SCHEMA /input/schema/document/type',
    ]);
    expect(
      told(
        `input: {schema: {format: json, document: {type: object}}}\ndo: [{a: {${set}, output: {schema: {document: true}}}}]`,
      ),
    ).toEqual([]);
  });
});

describe('durations', () => {
  it.each([
    ['{wait: {seconds: -1}}', '/wait'],
    [`{${set}, timeout: {after: {minutes: -5}}}`, '/timeout/after'],
    [`{try: [{b: {${set}}}], catch: {retry: {delay: {seconds: -1}}}}`, '/catch/retry/delay'],
    [
      `{try: [{b: {${set}}}], catch: {retry: {backoff: {exponential: {max: soon}}}}}`,
      '/catch/retry/backoff/exponential/max',
    ],
  ])('are zero or more, not %s', (task, path) => {
    expect(told(`do: [{a: ${task}}]`)).toEqual([`error DURATION /do/0/a${path}`]);
  });

  it('take a factor and a maximum for a backoff (decided: the open objects hold them)', () => {
    const retry = (factor: string) =>
      `do: [{a: {try: [{b: {${set}}}], catch: {retry: {backoff: {exponential: {factor: ${factor}, max: PT5M}}}}}}]`;
    expect(told(retry('1.5'))).toEqual([]);
    expect(told(retry('0.5'))).toEqual(['error BACKOFF /do/0/a/catch/retry/backoff/exponential/factor']);
  });
});
