import { describe, expect, it } from 'vitest';
import { checkFlow } from '../check.ts';
import { catalog, checkBody, flowText, hash } from './lint.testsuite.ts';

const own = ['PAWL_FLOW_FIELD_UNKNOWN', 'PAWL_FLOW_EXPRESSION_FAILS'];

const http = catalog.describe('http');
const output = { type: 'object', required: ['rowCount'], properties: { rowCount: { type: 'integer' } } };
/** The actions of tests, and one with a schema of its output. */
const counting: typeof catalog = {
  ...catalog,
  describe: (name) => (name === 'count' && http !== undefined ? { ...http, name, output } : catalog.describe(name)),
};

/** Where the rule tells of something, in the order of the text. */
function warned(body: string): readonly string[] {
  return checkFlow(flowText(body), { hash, catalog: counting, purpose: 'check' })
    .problems.filter(({ code }) => own.includes(code))
    .map(({ path }) => path);
}

/** A flow whose first step gives `x`, another one, and one that reads something. */
function reads(step: string, expression: string): readonly string[] {
  const last = `{last: {set: {s: ${JSON.stringify(`\${ ${expression} }`)}}}}`;
  return warned(`do: [{first: {set: {x: 1}}}, {step: ${step}}, ${last}]`);
}

const last = ['/do/2/last/set/s'];

describe('what a step gives is known after', () => {
  it.each([
    ['set', '{set: {y: 1}}', '.y', '.x'],
    ['an input.from and an output.as', '{set: {y: 1}, output: {as: {z: "${ .y }"}}}', '.z', '.y'],
    [
      'an output.schema',
      '{call: http, with: {method: get, endpoint: "https://a.b"}, output: {schema: {document: {properties: {z: {}}}}}}',
      '.z',
      '.y',
    ],
    ['do', '{do: [{a: {set: {y: 1}}}]}', '.y', '.x'],
    ['an action', '{call: count, with: {}}', '.rowCount', '.rows'],
    [
      'http with output: response',
      '{call: http, with: {method: get, endpoint: "https://a.b", output: response}}',
      '.content.z',
      '.body',
    ],
    ['run with return: all', '{run: {shell: {command: ls}, return: all}}', '.stdout', '.out'],
    ['emit', '{emit: {event: {with: {type: a, data: {z: 1}}}}}', '[.id, .data.z]', '.data.y'],
    ['wait', '{wait: PT1S}', '.x', '.y'],
    ['a switch', '{switch: [{a: {when: .x, then: last}}]}', '.x', '.y'],
    ['fork', '{fork: {branches: [{a: {set: {y: 1}}}, {b: {set: {z: 1}}}]}}', '.[0].y + .[1].z', '.[0].x'],
    ['a race', '{fork: {compete: true, branches: [{a: {set: {y: 1}}}, {b: {set: {z: 1}}}]}}', '.y // .z', '.x'],
    ['for', '{for: {in: "[{p: 1}]"}, do: [{a: {set: {y: "${ $item.p + $index }"}}}]}', '.x // .y', '.z'],
    ['try', '{try: [{a: {set: {y: 1}}}], catch: {do: [{b: {set: {z: 1}}}]}}', '.y // .z', '.x'],
    ['a catch that swallows', '{try: [{a: {set: {y: 1}}}], catch: {}}', '.y // .x', '.z'],
    ['a step that may be skipped', '{if: .x > 1, set: {y: 1}}', '.y // .x', '.z'],
    ['export.as', '{set: {y: 1}, export: {as: "($context // {}) + {z: $output.y}"}}', '$context.z', '$context.y'],
  ])('%s', (_, step, known, unknown) => {
    expect(reads(step, known)).toEqual([]);
    expect(reads(step, unknown)).toEqual(last);
  });

  it.each([
    ['http', '{call: http, with: {method: get, endpoint: "https://a.b"}}', '.z'],
    [
      'an output that an expression chooses',
      '{call: http, with: {method: get, endpoint: "https://a.b", output: "${ .x }"}}',
      '.z',
    ],
    ['listen', '{listen: {to: {one: {with: {type: a}}}}}', '.[0].z'],
    ['another flow', '{run: {workflow: {namespace: a, name: b, version: 1.0.0}}}', '.z'],
    ['an unknown action', '{call: "nothing", with: {}}', '.z'],
    ['a file that schemas say nothing of', '{set: "${ $workflow.input }"}', '.z'],
    [
      'a context that branches export',
      '{fork: {branches: [{a: {set: {y: 1}, export: {as: {z: 1}}}}, {b: {set: {z: 1}}}]}}',
      '$context.w',
    ],
  ])('and nothing is said after %s', (_, step, expression) => {
    expect(reads(step, expression)).toEqual([]);
  });

  it('where two ways meet, either may give it', () => {
    const ways = (expression: string): string =>
      `do: [{start: {set: {x: 1}}}, {way: {switch: [{a: {when: .x > 1, then: one}}, {b: {then: two}}]}},
        {one: {set: {y: 1}, then: last}}, {two: {set: {z: 1}}}, {last: {set: {s: "\${ ${expression} }"}}}]`;
    expect(warned(ways('.y // .z'))).toEqual([]);
    expect(warned(ways('[.y, .z]'))).toEqual([]);
    expect(warned(ways('.x'))).toEqual(['/do/4/last/set/s']);
  });

  it('after a step that never ends well nothing is said', () => {
    const raised = '{raise: {error: {type: "https://a.b", status: 400}}}';
    expect(reads(raised, '.y')).toEqual([]);
    expect(reads(`{try: [{a: ${raised}}], catch: {do: [{b: {set: {z: 1}}}]}}`, '.x')).toEqual(last);
  });
});

describe('a loop', () => {
  it('hands what an iteration gives to the next one', () => {
    const sum = (read: string): string =>
      `do: [{start: {set: {sum: 0}}}, {add: {for: {each: n, in: "[1, 2]"}, while: ".sum < 9", do: [{one: {set: {sum: "\${ .sum + $n }", count: "\${ ${read} }"}}}]}}]`;
    expect(warned(sum('.count'))).toEqual([]);
    expect(warned(sum('.total'))).toEqual(['/do/1/add/do/0/one/set/count']);
  });

  it('is followed until nothing new comes about, and not for ever', () => {
    const grow =
      'do: [{a: {set: {x: 1}}}, {b: {for: {in: "[1]"}, do: [{c: {set: {below: "${ . }"}}}]}}, {d: {set: {s: "${ .never }"}}}]';
    expect(warned(grow)).toEqual([]);
  });

  it('of jumps is not followed round', () => {
    const loop = (read: string): string =>
      `do: [{start: {set: {n: 0}}}, {next: {set: {n: "\${ .n + 1 }", more: 1, s: "\${ ${read} }"}}}, {again: {switch: [{a: {when: .n < 9, then: next}}]}}, {end: {set: {s: "\${ .less }"}}}]`;
    expect(warned(loop('.more'))).toEqual(['/do/3/end/set/s']);
  });

  it('over pages gives their number', () => {
    const batch = (read: string): string =>
      reads(
        '{for: {each: page, in: "$workflow.input"}, do: [{w: {call: log, with: {message: "${ $page | length }"}}}], metadata: {pawl: {batch: {size: 5, page: true}}}}',
        read,
      ).join();
    expect(batch('.rows + .pages')).toBe('');
    expect(batch('.row')).toBe('/do/2/last/set/s');
  });
});

describe('variables', () => {
  it.each([
    ['$task.name + $task.set.s', '$task.nam'],
    ['$task.startedAt.epoch.seconds', '$task.startedAt.seconds'],
    ['$task.input.x', '$task.input.y'],
    ['$workflow.id + $workflow.definition.do', '$workflow.ids'],
    ['$runtime.version + $runtime.metadata.z', '$runtime.versions'],
    ['$input.x', '$input.y'],
  ])('are known: %s and not %s', (known, unknown) => {
    expect(reads('{wait: PT1S}', known)).toEqual([]);
    expect(reads('{wait: PT1S}', unknown)).toEqual(last);
  });

  it('hold the error that was caught', () => {
    const caught = (read: string): readonly string[] =>
      warned(
        `do: [{a: {try: [{b: {wait: PT1S}}], catch: {as: e, when: "${read.replace('$e', '')} == 1", do: [{c: {set: {s: "\${ ${read} }"}}}]}}}]`,
      );
    expect(caught('$e.status')).toEqual([]);
    expect(caught('$e.state')).toEqual(['/do/0/a/catch/when', '/do/0/a/catch/do/0/c/set/s']);
  });

  it('hold what an enclosing loop gives, and nothing where another one hides it', () => {
    const loops = (read: string): readonly string[] =>
      warned(
        `do: [{a: {for: {each: o, in: "[{p: 1}]"}, do: [{b: {for: {each: i, in: "[{q: 1}]"}, do: [{c: {set: {s: "\${ ${read} }"}}}]}}]}}]`,
      );
    expect(loops('$o.p + $i.q')).toEqual([]);
    expect(loops('$o.q')).toHaveLength(1);
    expect(loops('$i.p')).toHaveLength(1);
  });

  it('of extensions are those of the task around which they stand', () => {
    const text = (read: string): string =>
      `use: {extensions: [{e: {extend: all, before: [{l: {call: log, with: {message: "\${ ${read} }"}}}]}}]}\ndo: [{a: {set: {x: 1}}}]`;
    expect(warned(text('$task.whatever'))).toEqual([]);
    expect(warned(text('$workflow.whatever'))).toEqual(['/use/extensions/0/e/before/0/l/with/message']);
  });
});

describe('a function', () => {
  const use = (body: string): string =>
    `use: {functions: {f: ${body}}}\ndo: [{a: {call: f, with: {n: 1}}}, {b: {set: {s: "\${ .y }"}}}]`;

  it('gives what its task gives', () => {
    expect(warned(use('{set: {x: "${ .anything }"}}'))).toEqual(['/do/1/b/set/s']);
    expect(warned(use('{set: {y: "${ .anything }"}}'))).toEqual([]);
  });

  it('knows its input by its schema', () => {
    expect(warned(use('{input: {schema: {document: {properties: {n: {}}}}}, set: {y: "${ .m }"}}'))).toEqual([
      '/use/functions/f/set/y',
    ]);
  });

  it('that calls itself gives anything', () => {
    expect(warned(use('{if: .n < 9, call: f, with: {n: "${ .n + 1 }"}}'))).toEqual([]);
  });
});

describe('an expression that always fails', () => {
  it.each([
    ['{x: text}', '.x + 1', '+ does not take a text and a number'],
    ['{x: text}', '.x.y', 'a text has no member "y"'],
    ['{x: 1}', '.x[]', 'a number cannot be taken apart with []'],
    ['{x: {y: 1}}', '.x[0]', 'an object has no numbered items'],
    ['{x: [1]}', '.x.y', 'an array has no member "y"'],
    ['{x: [1]}', '.x - 1', '- does not take an array and a number'],
    ['{x: {y: 1}}', '{s: (.x / 2)}', '/ does not take an object and a number'],
    ['{x: true}', '.x + .x', '+ does not take a boolean and a boolean'],
  ])('after %s is %s', (set, expression, why) => {
    const { problems } = checkBody(`do: [{a: {set: ${set}}}, {b: {set: ${JSON.stringify(`\${ ${expression} }`)}}}]`);
    expect(problems).toMatchObject([
      { code: 'PAWL_FLOW_EXPRESSION_FAILS', severity: 'warning', message: `This always fails: ${why}.` },
    ]);
  });

  it.each([
    '.x + null',
    '.n + 1',
    '.x * 2',
    '.x?.y?',
    'try (.x + 1) catch 0',
    'if (.x | type) == "object" then .x.y else 1 end',
    '(.x | type) == "object" and .x.y == 1',
    '.x | select(type == "object") | .y',
    '.x | objects | .y',
    '[.list[] | .x.y]',
    '.list | map(.y)',
    '(.x.y)? // 1',
    '.any + 1',
    '.any.y',
  ])('is not %s', (expression) => {
    const set = '{x: text, n: null, list: [], any: "${ $workflow.input }"}';
    expect(warned(`do: [{a: {set: ${set}}}, {b: {set: ${JSON.stringify(`\${ ${expression} }`)}}}]`)).toEqual([]);
  });
});

describe('nothing is said', () => {
  it('in loose mode, or of another language', () => {
    const wrong = 'do: [{a: {set: {x: 1}}}, {b: {set: {s: "${ .y }"}}}]';
    expect(warned(wrong)).toHaveLength(1);
    expect(warned(`evaluate: {mode: loose}\n${wrong}`)).toEqual([]);
    expect(warned(`evaluate: {language: javascript}\n${wrong}`)).toEqual([]);
  });

  it('of expressions that cannot be read, and of the text of programs', () => {
    expect(reads('{set: "${ .a | }"}', '.y')).toEqual([]);
    expect(warned('do: [{a: {set: {x: 1}}}, {b: {run: {shell: {command: "echo ${ .y } ${HOME}"}}}}]')).toEqual([]);
  });
});
