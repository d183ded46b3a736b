import { describe, expect, it } from 'vitest';
import type { Json } from '../json.ts';
import { compileSchema } from './index.ts';
import type { SchemaOptions, Validator } from './index.ts';

function validatorFor(schema: Json, options?: SchemaOptions): Validator {
  const result = compileSchema(schema, options);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

/** One schema, what it accepts, and what it refuses. */
type Case = readonly [name: string, schema: Json, accepted: readonly Json[], refused: readonly Json[]];

const cases: readonly Case[] = [
  ['true', true, [null, 1, {}], []],
  ['false', false, [], [null, 1, {}]],
  ['the empty schema', {}, [null, 1, {}], []],
  ['type string', { type: 'string' }, ['', 'a'], [1, null, [], {}, true]],
  ['type number', { type: 'number' }, [1, 1.5, -0], ['1', null]],
  ['type integer', { type: 'integer' }, [1, 1.0, 1e300, -3], [1.5, '1', null]],
  ['type boolean', { type: 'boolean' }, [true, false], [0, 'true', null]],
  ['type null', { type: 'null' }, [null], [0, false, '', {}]],
  ['type array', { type: 'array' }, [[], [1]], [{}, 'a', null]],
  ['type object', { type: 'object' }, [{}, { a: 1 }], [[], null, 'a']],
  ['several types', { type: ['string', 'integer', 'null'] }, ['a', 1, null], [1.5, true, []]],
  ['enum', { enum: ['a', 1, null, { x: [1] }] }, ['a', 1, null, { x: [1] }], ['b', '1', 2, { x: [2] }, {}, []]],
  ['enum does not mix up 0 and false', { enum: [0, 'x'] }, [0, -0], [false, '', null]],
  [
    'const',
    { const: { a: [1, { b: null }] } },
    [{ a: [1, { b: null }] }],
    [{ a: [1, {}] }, { a: [1, { b: null }], c: 1 }, []],
  ],
  [
    'const regards the order of items, not of keys',
    { const: { a: 1, b: [1, 2] } },
    [{ b: [1, 2], a: 1 }],
    [{ a: 1, b: [2, 1] }],
  ],
  ['minimum', { minimum: 2 }, [2, 3, 'a'], [1.99, -5]],
  ['maximum', { maximum: 2 }, [2, 1, []], [2.01]],
  ['exclusiveMinimum', { exclusiveMinimum: 2 }, [2.01, null], [2, 1]],
  ['exclusiveMaximum', { exclusiveMaximum: 2 }, [1.99], [2, 3]],
  ['multipleOf', { multipleOf: 3 }, [0, 3, -9, 'a'], [1, 4, 3.5]],
  ['multipleOf with decimals', { multipleOf: 0.1 }, [0.3, 1.1, 4.35e1, 0], [0.35, 0.01]],
  ['multipleOf with tiny and huge numbers', { multipleOf: 1e-8 }, [12391239123, 1e-7, 1e308], [1e-9, 1.5e-8]],
  ['minLength by code points', { minLength: 2 }, ['ab', '💩a', '💩💩', 3], ['a', '💩', '']],
  ['maxLength by code points', { maxLength: 2 }, ['ab', '💩💩', ''], ['abc', '💩💩💩']],
  ['pattern is not anchored', { pattern: 'b+' }, ['abba', 'b', 1], ['', 'aaa']],
  [
    'prefixItems',
    { prefixItems: [{ type: 'string' }, { type: 'number' }] },
    [[], ['a'], ['a', 1], ['a', 1, null], 'x'],
    [[1], ['a', 'b']],
  ],
  ['items', { items: { type: 'number' } }, [[], [1, 2], 'x'], [['a'], [1, 'a']]],
  [
    'items after prefixItems',
    { prefixItems: [{ type: 'string' }], items: { type: 'number' } },
    [['a', 1, 2]],
    [['a', 'b'], [1]],
  ],
  ['items false after prefixItems', { prefixItems: [true], items: false }, [[], [1]], [[1, 2]]],
  ['minItems and maxItems', { minItems: 1, maxItems: 2 }, [[1], [1, 2], {}], [[], [1, 2, 3]]],
  ['contains', { contains: { const: 5 } }, [[5], [1, 5], {}], [[], [1]]],
  [
    'minContains',
    { contains: { const: 5 }, minContains: 2 },
    [
      [5, 5],
      [5, 1, 5],
    ],
    [[5], []],
  ],
  ['minContains 0', { contains: { const: 5 }, minContains: 0 }, [[], [1], [5]], []],
  ['maxContains', { contains: { const: 5 }, maxContains: 1 }, [[5], [5, 1]], [[5, 5], []]],
  ['minContains without contains', { minContains: 2, maxContains: 3 }, [[], [1]], []],
  [
    'uniqueItems',
    { uniqueItems: true },
    [[], [1, 2], [1, '1', true, null, 0, false], [{ a: 1 }, { a: 2 }], [[1], [2]]],
    [
      [1, 1],
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      [[1], [1]],
      [0, -0],
    ],
  ],
  [
    'uniqueItems tells a list from the text of it',
    { uniqueItems: true },
    [
      [[1], '[1]'],
      [{}, '{}', []],
    ],
    [],
  ],
  ['uniqueItems false', { uniqueItems: false }, [[1, 1]], []],
  ['properties', { properties: { a: { type: 'string' } } }, [{}, { a: 'x' }, { b: 1 }, []], [{ a: 1 }]],
  [
    'patternProperties',
    { patternProperties: { '^a': { type: 'string' }, b$: { minLength: 2 } } },
    [{}, { ax: '' }, { ab: 'xy' }, { c: 1 }],
    [{ ax: 1 }, { ab: 'x' }],
  ],
  [
    'additionalProperties false',
    { properties: { a: true }, patternProperties: { '^x-': true }, additionalProperties: false },
    [{}, { a: 1, 'x-b': 2 }],
    [{ b: 1 }],
  ],
  [
    'additionalProperties with a schema',
    { properties: { a: true }, additionalProperties: { type: 'number' } },
    [{ a: 'x', b: 1 }],
    [{ b: 'x' }],
  ],
  ['propertyNames', { propertyNames: { maxLength: 2 } }, [{}, { ab: 1 }, []], [{ abc: 1 }]],
  ['required', { required: ['a', 'b'] }, [{ a: null, b: 0 }, [], 'x'], [{}, { a: 1 }]],
  ['dependentRequired', { dependentRequired: { a: ['b'] } }, [{}, { b: 1 }, { a: 1, b: 1 }, []], [{ a: 1 }]],
  ['dependentSchemas', { dependentSchemas: { a: { required: ['b'] } } }, [{}, { a: 1, b: 1 }], [{ a: 1 }]],
  [
    'dependencies of older drafts',
    { dependencies: { a: ['b'], c: { minProperties: 2 } } },
    [{}, { a: 1, b: 1 }, { c: 1, d: 1 }],
    [{ a: 1 }, { c: 1 }],
  ],
  [
    'minProperties and maxProperties',
    { minProperties: 1, maxProperties: 2 },
    [{ a: 1 }, { a: 1, b: 1 }, []],
    [{}, { a: 1, b: 1, c: 1 }],
  ],
  ['allOf', { allOf: [{ minimum: 1 }, { maximum: 3 }] }, [1, 3, 'x'], [0, 4]],
  ['anyOf', { anyOf: [{ type: 'string' }, { minimum: 3 }] }, ['a', 3], [2]],
  ['oneOf', { oneOf: [{ multipleOf: 2 }, { multipleOf: 3 }] }, [2, 3, 4], [1, 6]],
  ['not', { not: { type: 'string' } }, [1, null], ['a']],
  [
    'if, then and else',
    { if: { type: 'string' }, then: { minLength: 2 }, else: { minimum: 2 } },
    ['ab', 2, null],
    ['a', 1],
  ],
  ['then and else without if', { then: false, else: false }, [1], []],
  [
    '$ref beside other keywords',
    { $defs: { s: { type: 'string' } }, $ref: '#/$defs/s', maxLength: 1 },
    ['a'],
    ['ab', 1],
  ],
  [
    '$ref to definitions of older drafts',
    { definitions: { 'a/b~c%': { type: 'string' } }, $ref: '#/definitions/a~1b~0c%25' },
    ['a'],
    [1],
  ],
  [
    '$ref into keywords that JSON Schema does not know',
    { components: { s: { type: 'string' } }, items: { $ref: '#/components/s' } },
    [['a']],
    [[1]],
  ],
  ['$anchor', { $defs: { x: { $anchor: 'text', type: 'string' } }, $ref: '#text' }, ['a'], [1]],
  [
    '$id inside the document',
    {
      $id: 'https://x.test/root',
      $defs: { x: { $id: 'sub/one', type: 'string', $defs: { y: { $anchor: 'deep', const: 1 } } } },
      properties: { a: { $ref: 'sub/one' }, b: { $ref: '/sub/one#deep' }, c: { $ref: '/sub/one#/$defs/y' } },
    },
    [{ a: 'x', b: 1, c: 1 }],
    [{ a: 1 }, { b: 2 }, { c: 2 }],
  ],
  [
    '$ref is relative to the nearest $id',
    {
      $id: 'https://x.test/a/',
      $defs: { n: { $id: 'https://y.test/b/', $defs: { t: { $id: 'leaf', type: 'null' } }, items: { $ref: 'leaf' } } },
      $ref: 'https://y.test/b/',
    },
    [[null]],
    [[1]],
  ],
  [
    'recursive $ref',
    { properties: { child: { $ref: '#' } }, required: ['v'] },
    [{ v: 1, child: { v: 2 } }],
    [{ v: 1, child: {} }],
  ],
  [
    'unevaluatedProperties alone',
    { properties: { a: true }, unevaluatedProperties: false },
    [{ a: 1 }, []],
    [{ b: 1 }],
  ],
  [
    'unevaluatedProperties sees through $ref and allOf',
    {
      $defs: { d: { properties: { d: true } } },
      $ref: '#/$defs/d',
      allOf: [{ properties: { a: true } }, { allOf: [{ properties: { b: true } }] }],
      unevaluatedProperties: false,
    },
    [{ a: 1, b: 2, d: 3 }],
    [{ c: 1 }],
  ],
  [
    'unevaluatedProperties sees only branches that hold',
    {
      anyOf: [
        { properties: { a: { const: 1 } }, required: ['a'] },
        { properties: { b: { const: 2 } }, required: ['b'] },
      ],
      unevaluatedProperties: false,
    },
    [{ a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    [
      { a: 1, b: 3 },
      { a: 1, c: 1 },
    ],
  ],
  [
    'unevaluatedProperties and oneOf',
    {
      oneOf: [
        { properties: { a: true }, required: ['a'] },
        { properties: { b: true }, required: ['b'] },
      ],
      unevaluatedProperties: false,
    },
    [{ a: 1 }, { b: 1 }],
    [
      { a: 1, b: 1 },
      { a: 1, c: 1 },
    ],
  ],
  [
    'unevaluatedProperties and if',
    {
      if: { properties: { kind: { const: 'x' } }, required: ['kind'] },
      then: { properties: { x: true } },
      else: { properties: { y: true } },
      unevaluatedProperties: false,
    },
    [{ kind: 'x', x: 1 }, { y: 1 }],
    [{ kind: 'x', y: 1 }, { x: 1 }],
  ],
  [
    'unevaluatedProperties learns nothing from not',
    { not: { not: { properties: { a: true } } }, unevaluatedProperties: false },
    [{}],
    [{ a: 1 }],
  ],
  [
    'unevaluatedProperties and dependentSchemas',
    { properties: { a: true }, dependentSchemas: { a: { properties: { b: true } } }, unevaluatedProperties: false },
    [{ a: 1, b: 1 }, {}],
    [{ b: 1 }],
  ],
  [
    'unevaluatedProperties and additionalProperties below',
    { allOf: [{ additionalProperties: true }], unevaluatedProperties: false },
    [{ a: 1 }],
    [],
  ],
  [
    'unevaluatedProperties does not see its cousins',
    { allOf: [{ properties: { a: true } }, { unevaluatedProperties: false }] },
    [{}],
    [{ a: 1 }],
  ],
  [
    'unevaluatedProperties counts as looking for an outer one',
    { allOf: [{ unevaluatedProperties: true }], unevaluatedProperties: false },
    [{ a: 1 }],
    [],
  ],
  [
    'unevaluatedProperties with a schema',
    { properties: { a: true }, unevaluatedProperties: { type: 'number' } },
    [{ a: 'x', b: 1 }],
    [{ b: 'x' }],
  ],
  ['unevaluatedItems', { prefixItems: [true], unevaluatedItems: false }, [[], [1]], [[1, 2]]],
  [
    'unevaluatedItems sees through allOf',
    { allOf: [{ prefixItems: [true, true] }], prefixItems: [true], unevaluatedItems: { type: 'string' } },
    [[1, 2, 'a']],
    [[1, 2, 3]],
  ],
  ['unevaluatedItems after items', { allOf: [{ items: true }], unevaluatedItems: false }, [[1, 2]], []],
  [
    'unevaluatedItems and contains',
    { contains: { type: 'string' }, unevaluatedItems: { type: 'number' } },
    [
      ['a', 1],
      [1, 'a', 'b'],
    ],
    [[1], ['a', null]],
  ],
  [
    '__proto__ as a plain name',
    { properties: JSON.parse('{"__proto__": {"type": "string"}}'), additionalProperties: false },
    [JSON.parse('{"__proto__": "x"}'), {}],
    [JSON.parse('{"__proto__": 1}')],
  ],
  [
    'names of Object.prototype are not there',
    { required: ['toString'], properties: { constructor: { type: 'string' } } },
    [JSON.parse('{"toString": 1, "constructor": "x"}')],
    [{}, JSON.parse('{"toString": 1, "constructor": 1}')],
  ],
  [
    'names of Object.prototype as dependencies',
    { dependentRequired: { constructor: ['a'] }, unevaluatedProperties: false },
    [{}],
    [{ constructor: 1 }, { valueOf: 1 }],
  ],
];

describe('every keyword accepts and refuses', () => {
  it.each(cases)('%s', (_, schema, accepted, refused) => {
    const validator = validatorFor(schema);
    for (const value of accepted) expect(validator.validate(value), JSON.stringify(value)).toEqual([]);
    for (const value of refused) {
      expect(validator.accepts(value), JSON.stringify(value)).toBe(false);
      expect(validator.validate(value), JSON.stringify(value)).not.toEqual([]);
    }
  });
});

describe('$dynamicRef', () => {
  const tree = {
    $id: 'https://x.test/tree',
    $dynamicAnchor: 'node',
    type: 'object',
    properties: { data: true, children: { items: { $dynamicRef: '#node' } } },
  };
  const strict = {
    $id: 'https://x.test/strict-tree',
    $dynamicAnchor: 'node',
    $ref: 'tree',
    unevaluatedProperties: false,
  };

  it('leads to the outermost schema that has the anchor', () => {
    const validator = validatorFor(strict, { definitions: { 'https://x.test/tree': tree } });
    expect(validator.accepts({ children: [{ data: 1 }] })).toBe(true);
    expect(validator.validate({ children: [{ daat: 1 }] })).toMatchObject([
      { path: '/children/0/daat', keyword: 'unevaluatedProperties' },
    ]);
  });

  it('leads to its own schema when that is the outermost', () => {
    expect(validatorFor(tree).accepts({ children: [{ daat: 1 }] })).toBe(true);
    expect(validatorFor(tree).accepts({ children: [1] })).toBe(false);
  });

  it('works like $ref for a plain anchor', () => {
    const validator = validatorFor({
      $id: 'https://x.test/a',
      $ref: 'b',
      $defs: {
        o: { $anchor: 'v', type: 'number' },
        b: { $id: 'b', $dynamicRef: '#v', $defs: { v: { $anchor: 'v', type: 'string' } } },
      },
    });
    expect(validator.accepts('x')).toBe(true);
    expect(validator.accepts(1)).toBe(false);
  });

  it('lets a generic list be made for a type', () => {
    const schema = {
      $id: 'https://x.test/strings',
      $ref: 'list',
      $defs: {
        item: { $dynamicAnchor: 'T', type: 'string' },
        list: { $id: 'list', items: { $dynamicRef: '#T' }, $defs: { any: { $dynamicAnchor: 'T' } } },
      },
    };
    expect(validatorFor(schema).accepts(['a'])).toBe(true);
    expect(validatorFor(schema).accepts([1])).toBe(false);
  });
});

describe('other documents', () => {
  it('are reached by their absolute address, and by pointers and anchors in them', () => {
    const definitions = {
      'https://x.test/order': {
        type: 'object',
        $defs: { id: { $anchor: 'id', type: 'integer' } },
        properties: { id: { $ref: '#id' } },
      },
    };
    const validator = validatorFor(
      {
        items: { $ref: 'https://x.test/order' },
        contains: { properties: { id: { $ref: 'https://x.test/order#/$defs/id' } } },
      },
      { definitions },
    );
    expect(validator.accepts([{ id: 1 }])).toBe(true);
    expect(validator.validate([{ id: 'x' }])[0]).toMatchObject({
      path: '/0/id',
      schemaPath: 'https://x.test/order#/$defs/id/type',
    });
  });
});

describe('format', () => {
  it('only describes when that is asked for, and where the name is unknown', () => {
    expect(validatorFor({ format: 'email' }, { formats: 'annotate' }).accepts('nobody')).toBe(true);
    expect(validatorFor({ format: 'iban' }).accepts('nobody')).toBe(true);
    expect(validatorFor({ format: 'email' }).accepts('nobody')).toBe(false);
  });
});
