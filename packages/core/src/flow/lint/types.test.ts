import { describe, expect, it } from 'vitest';
import { checkBody } from './lint.testsuite.ts';

const own = ['PAWL_FLOW_FIELD_UNKNOWN', 'PAWL_FLOW_EXPRESSION_FAILS'];

/** What the rule tells of a flow, in short: the text of each message without its beginning. */
function warned(body: string, head = ''): readonly string[] {
  return checkBody(body, 'check', head)
    .problems.filter(({ code }) => own.includes(code))
    .map(({ message }) => message.replace(/^No schema or earlier step gives |^This always fails: /, '').slice(0, -1));
}

/** What is told of an expression on what the step `a` sets. */
function told(set: string, expression: string): readonly string[] {
  return warned(`do: [{a: {set: ${set}}}, {b: {set: ${JSON.stringify(`\${ ${expression} }`)}}}]`);
}

const unknown = (name: string, ...names: string[]): string[] => [
  `${JSON.stringify(name)} here: the step \`a\` gives ${names.join(', ')}`,
];

describe('a member that nothing gives', () => {
  it('is told of at its place, with what gives the object and the nearest name', () => {
    const { problems } = checkBody(
      'do:\n- order:\n    set: {id: 1, total: 2}\n- pay:\n    set: {sum: "so ${ .id } and ${ .totl }"}',
    );
    expect(problems).toEqual([
      {
        code: 'PAWL_FLOW_FIELD_UNKNOWN',
        severity: 'warning',
        path: '/do/1/pay/set/sum',
        line: 6,
        column: 36,
        message: 'No schema or earlier step gives "totl" here: the step `order` gives id, total.',
        hint: 'did you mean "total"?',
      },
    ]);
  });

  it.each([
    '.y',
    '.["y"]',
    '."y"',
    '.x | . as $v | {} | $v.y',
    '{y}',
    '[.y]',
    '"so \\(.y)"',
    '.y + 1',
    '.x.z // .y',
    'if .x.z then .y else 1 end',
    '[.list[] | .z]',
    '.list | map(.z)',
    '.list | sort_by(.z)',
    'reduce .list[] as $each (0; . + $each.z)',
    '.y == "text"',
  ])('is found in %s', (expression) => {
    expect(told('{x: {z: 1}, list: [{w: 1}]}', expression.replace('.x | .', '.'))).toHaveLength(1);
  });

  it.each([
    '.y?',
    '.y // 1',
    '(.y | .z) // 1',
    'try .y catch 1',
    'has("y") and .y > 1',
    'if .y then .y else 1 end',
    'if .y.z and .x then .y.z else 1 end',
    '.y == null or .y > 1',
    'null != .y and .y > 1',
    'select(.y) | .y',
    '.list | map(select(.z)) | map(.z)',
    '.y | not',
    '.y | type == "null"',
    '.y | length > 0',
    '.y = 1 | .y',
    '.y |= 1 | .y',
    '.y += 1',
    'del(.y)',
    'path(.y)',
    '. + {y: 1} | .y',
    '{y: 1} + . | .y',
    '. * {y: 1} | .y',
    '.[.name] | .y',
    '{(.name): 1} | .y',
    'with_entries(.value |= 1) | .y',
    'def f: .y; f',
    '.. | .y?',
    '.null.y',
  ])('is no mistake in %s', (expression) => {
    expect(told('{x: 1, name: text, "null": null, list: [{w: 1}]}', expression)).toEqual([]);
  });

  it('is asked for anywhere in the flow by those who know that it may be missing', () => {
    expect(warned('do: [{a: {set: {x: 1}}}, {b: {if: .y, set: "${ .y + 1 }"}}]')).toEqual([]);
    expect(warned('do: [{a: {set: {x: 1}}}, {b: {if: .y > 1, set: {z: 1}}}]')).toEqual(unknown('y', 'x'));
    expect(
      warned('do: [{a: {set: {x: 1}}}, {b: {switch: [{c: {when: ".y != null", then: exit}}]}}, {c: {set: "${ .y }"}}]'),
    ).toEqual([]);
  });

  it('is told of once, not with all that is read from it', () => {
    expect(told('{x: 1}', '.y.z.w | .v')).toEqual(unknown('y', 'x'));
  });

  it('of an empty object is told of without a hint', () => {
    const { problems } = checkBody('do: [{a: {set: "${ {} }"}}, {b: {set: {z: "${ .y }"}}}]');
    expect(problems).toMatchObject([{ message: expect.stringContaining('the step `a` gives an empty object') }]);
    expect(problems[0]?.hint).toBeUndefined();
  });
});

describe('the input of the flow', () => {
  const schema = (text: string): string => `input: {schema: {document: ${text}}}\n`;
  const reads = 'do: [{a: {set: {s: "${ .b }", t: "${ $workflow.input.b }"}}}]';
  const given = `"b" here: the schema of the flow's input gives a`;

  it.each([
    ['{type: object, properties: {a: {}}}', [given, given]],
    ['{properties: {a: {}}, additionalProperties: false}', [given, given]],
    ['{type: object, properties: {a: {}}, unevaluatedProperties: false}', [given, given]],
    ['{allOf: [{$ref: "#/$defs/x"}], $defs: {x: {type: object, properties: {a: {}}}}}', [given, given]],
    ['{anyOf: [{type: "null"}, {type: object, properties: {a: {}}}]}', [given, given]],
    ['{const: {a: 1}}', [given, given]],
    ['{}', []],
    ['true', []],
    ['{type: object}', []],
    ['{type: object, properties: {b: {}}}', []],
    ['{type: object, properties: {a: {}}, required: [b]}', []],
    ['{type: object, properties: {a: {}}, additionalProperties: true}', []],
    ['{type: object, properties: {a: {}}, additionalProperties: {type: string}}', []],
    ['{type: object, properties: {a: {}}, patternProperties: {"^b": {}}}', []],
    ['{type: object, properties: {a: {}}, if: {properties: {a: {const: 1}}}, then: {properties: {b: {}}}}', []],
    ['{type: object, properties: {a: {}}, allOf: [{properties: {b: {}}}]}', []],
    ['{type: object, properties: {a: {}}, anyOf: [{properties: {b: {}}}, {required: [a]}]}', []],
    ['{type: object, properties: {a: {}}, oneOf: [{required: [b]}, {required: [a]}]}', []],
    ['{$ref: "#/$defs/none"}', []],
    ['{$ref: "https://elsewhere.example/schema.json"}', []],
    ['{$ref: "#"}', []],
    ['{oneOf: [{properties: {a: {}}, type: object}, {type: object}]}', []],
    ['{enum: [{a: 1}, {b: 1}]}', []],
  ])('has the members that its schema lists: %s', (document, expected) => {
    expect(warned(schema(document) + reads)).toEqual(expected);
  });

  it('is followed into arrays and through references to itself', () => {
    const tree = schema(
      '{$ref: "#/$defs/node", $defs: {node: {type: object, properties: {name: {type: string}, below: {type: array, items: {$ref: "#/$defs/node"}}}}}}',
    );
    const text = (path: string): string => `${tree}do: [{a: {set: {s: "\${ ${path} }"}}}]`;
    expect(warned(text('.below[0].below[1].name'))).toEqual([]);
    expect(warned(text('.below[0].below[1].nam'))).toHaveLength(1);
  });

  it('says nothing without a schema, or with one in another language or elsewhere', () => {
    expect(warned(reads)).toEqual([]);
    expect(warned(`input: {schema: {format: avro, document: {properties: {a: {}}}}}\n${reads}`)).toEqual([]);
    expect(warned(`input: {schema: {resource: {endpoint: "https://x.example"}}}\n${reads}`)).toEqual([]);
  });

  it('is what input.from makes of it', () => {
    const from = `input: {schema: {document: {type: object, properties: {a: {}}}}, from: {b: "\${ .c }"}}\n`;
    expect(warned(`${from}do: [{x: {set: {s: "\${ .b }", t: "\${ .a }"}}}]`)).toEqual([
      `"c" here: the schema of the flow's input gives a`,
      `"a" here: the flow's input.from gives b`,
    ]);
  });

  it('is known to the key of a start and to the output of the flow', () => {
    const text = `${schema('{type: object, properties: {a: {}}}')}output: {as: "\${ $workflow.input.c + .d }"}\n`;
    expect(warned(`${text}do: [{a: {set: {e: 1}}}]`, ", metadata: {pawl: {start: {key: '${ .b }'}}}")).toEqual([
      `"b" here: the schema of the flow's input gives a`,
      `"c" here: the schema of the flow's input gives a`,
      ...unknown('d', 'e'),
    ]);
  });
});
