import { describe, expect, it } from 'vitest';
import type { Json } from '../json.ts';
import { compileSchema } from './index.ts';
import type { SchemaProblem } from './index.ts';

function problemsOf(schema: Json, value: Json): readonly SchemaProblem[] {
  const result = compileSchema(schema);
  return result.ok ? result.value.validate(value) : result.problems;
}

function textsOf(schema: Json, value: Json): string[] {
  return problemsOf(schema, value).map(({ path, message, hint }) =>
    [path, message, hint].filter((part) => part !== undefined).join(' | '),
  );
}

describe('a problem says in plain words what is wrong', () => {
  const cases: readonly (readonly [schema: Json, value: Json, text: string])[] = [
    [{ type: 'string' }, 1, ' | must be a string, but is a number'],
    [{ type: ['integer', 'null'] }, 1.5, ' | must be a whole number or null, but is 1.5'],
    [{ type: 'object' }, [], ' | must be an object, but is a list'],
    [{ type: 'array' }, true, ' | must be a list, but is true'],
    [{ type: 'string' }, null, ' | must be a string, but is null'],
    [{ enum: ['a', 'b', null] }, 'c', ' | is not one of "a", "b" or null'],
    [{ const: { a: 1 } }, {}, ' | must be that object'],
    [{ minimum: 3 }, 2, ' | must be at least 3, but is 2'],
    [{ multipleOf: 0.5 }, 0.7, ' | must be a multiple of 0.5, but is 0.7'],
    [{ minLength: 1 }, '', ' | must not be empty'],
    [{ maxLength: 1 }, 'a💩', ' | must have at most 1 character, but has 2'],
    [
      { pattern: '^[A-Z]+$', description: 'Capital letters only.' },
      'a',
      ' | does not match the pattern ^[A-Z]+$ | Capital letters only.',
    ],
    [{ format: 'date' }, 'today', ' | is not a date | for example 2026-11-24'],
    [{ minItems: 2 }, [1], ' | must have at least 2 items, but has 1'],
    [{ maxProperties: 1 }, { a: 1, b: 2 }, ' | must have at most 1 entry, but has 2'],
    [{ uniqueItems: true }, ['a', 'b', 'a'], ' | must not have the same item twice, but items 1 and 3 are equal'],
    [{ contains: { type: 'string' } }, [1], ' | must contain at least 1 item of the kind that is asked for, but has 0'],
    [
      { contains: { type: 'string' }, maxContains: 1 },
      ['a', 'b'],
      ' | must contain at most 1 item of the kind that is limited, but has 2',
    ],
    [{ prefixItems: [true], items: false }, [1, 2], '/1 | is one item too many: this list has at most 1 item'],
    [{ prefixItems: [true], unevaluatedItems: false }, [1, 2], '/1 | is one item too many for this list'],
    [{ required: ['a/b~c'] }, {}, '/a~1b~0c | is missing'],
    [{ dependentRequired: { a: ['b'] } }, { a: 1 }, '/b | is missing, but is needed where "a" is given'],
    [
      { properties: { endpoint: true }, additionalProperties: false },
      { endpont: 1 },
      '/endpont | is not allowed here | did you mean "endpoint"?',
    ],
    [
      { properties: { a: true, zz: true }, additionalProperties: false },
      { other: 1 },
      '/other | is not allowed here | known here: "a" and "zz"',
    ],
    [{ additionalProperties: false }, { a: 1 }, '/a | is not allowed here'],
    [{ properties: { a: false } }, { a: 1 }, '/a | is not allowed here'],
    [{ propertyNames: { pattern: '^[a-z]+$' } }, { A: 1 }, '/A | does not match the pattern ^[a-z]+$'],
    [{ not: { type: 'string' } }, 'a', ' | has a form that is not allowed here'],
    [
      { oneOf: [{ type: 'number' }, true, { minimum: 0 }] },
      1,
      ' | fits more than one of the forms that exclude each other (forms 1, 2 and 3)',
    ],
  ];

  it.each(cases)('%j on %j', (schema, value, text) => {
    expect(textsOf(schema, value)).toEqual([text]);
  });

  it('cuts what is long', () => {
    const [long = ''] = textsOf({ enum: Array.from({ length: 50 }, (_, index) => `${index}${'x'.repeat(100)}`) }, 'a');
    expect(long).toContain('…');
    expect(long.length).toBeLessThan(1_000);
    expect(
      textsOf({ properties: { [`a${'b'.repeat(70)}`]: true, Key: true }, additionalProperties: false }, { key: 1 }),
    ).toEqual(['/key | is not allowed here | did you mean "Key"?']);
  });

  it('names the keyword in the schema, through references', () => {
    expect(problemsOf({ $defs: { id: { type: 'integer' } }, items: { $ref: '#/$defs/id' } }, ['x'])).toEqual([
      { path: '/0', schemaPath: '/$defs/id/type', keyword: 'type', message: 'must be a whole number, but is a string' },
    ]);
  });

  it('comes with all others of the value, up to maxProblems', () => {
    const schema = { items: { type: 'integer' } };
    const value = Array.from({ length: 100 }, () => 'x');
    expect(problemsOf(schema, value)).toHaveLength(20);
    const few = compileSchema(schema, { limits: { maxProblems: 3 } });
    expect(few.ok && few.value.validate(value)).toHaveLength(3);
    expect(
      textsOf(
        { required: ['a', 'b'], properties: { c: { minimum: 1 }, d: { unevaluatedProperties: false } } },
        { c: 0, d: { e: 1 } },
      ),
    ).toHaveLength(4);
  });
});

describe('a choice reports the branch that the value is meant for', () => {
  const circle = {
    properties: { kind: { const: 'circle' }, radius: { type: 'number' } },
    required: ['kind', 'radius'],
    unevaluatedProperties: false,
  };
  const square = {
    properties: { kind: { const: 'square' }, side: { type: 'number' } },
    required: ['kind', 'side'],
    unevaluatedProperties: false,
  };

  it.each(['oneOf', 'anyOf'])('%s: by its discriminating constant', (keyword) => {
    const schema = { [keyword]: [circle, square] };
    expect(textsOf(schema, { kind: 'square' })).toEqual(['/side | is missing']);
    expect(textsOf(schema, { kind: 'circle', radius: '1' })).toEqual(['/radius | must be a number, but is a string']);
    expect(textsOf(schema, { kind: 'oval', side: 1 })).toEqual(['/kind | is not one of "circle" or "square"']);
    expect(textsOf(schema, {})).toEqual(['/kind | is missing']);
  });

  it('by the key that only it has', () => {
    const schema = {
      oneOf: ['do', 'set', 'wait'].map((name) => ({
        properties: { [name]: { type: 'array', items: { type: 'string' } } },
        required: [name],
        additionalProperties: false,
      })),
    };
    expect(textsOf(schema, { set: ['a', 1] })).toEqual(['/set/1 | must be a string, but is a number']);
    expect(textsOf(schema, { sett: [] })).toEqual([' | needs one of "do", "set" or "wait"']);
  });

  it('by its type', () => {
    const schema = {
      anyOf: [
        { type: 'object', required: ['a'] },
        { type: 'string', minLength: 3 },
      ],
    };
    expect(textsOf(schema, 'ab')).toEqual([' | must have at least 3 characters, but has 2']);
    expect(textsOf(schema, {})).toEqual(['/a | is missing']);
    expect(textsOf(schema, 1)).toEqual([' | must be an object or a string, but is a number']);
  });

  it('by the error that lies deepest', () => {
    const leaf = (type: string): Json => ({ properties: { a: { properties: { b: { type } }, required: ['c'] } } });
    const schema = {
      anyOf: [
        { properties: { a: { maxProperties: 0 } } },
        { properties: { a: { properties: { b: { properties: { c: { type: 'null' } } } } } } },
        leaf('object'),
      ],
    };
    expect(textsOf(schema, { a: { b: { c: 1 } } })).toEqual(['/a/b/c | must be null, but is a number']);
  });

  it('by its nested choice', () => {
    const schema = {
      oneOf: [
        { required: ['x'] },
        {
          oneOf: [
            { properties: { call: { const: 'http' } }, required: ['call'] },
            { properties: { call: { const: 'log' } }, required: ['call'] },
          ],
        },
      ],
    };
    expect(textsOf(schema, { call: 'htp' })).toEqual(['/call | is not one of "http" or "log"']);
    expect(textsOf(schema, {})).toEqual([' | needs one of "x" or "call"']);
  });

  it('or all of them when nothing tells them apart', () => {
    const schema = {
      oneOf: [
        { type: 'string', format: 'date' },
        { type: 'string', pattern: '^T', title: 'Something with T' },
        { type: 'string', minLength: 9 },
      ],
    };
    expect(textsOf(schema, 'x')).toEqual([
      ' | fits none of the 3 forms that are allowed here | One form each: for example 2026-11-24; or: Something with T; or: it must have at least 9 characters, but has 1',
    ]);
    const same = { anyOf: [{ minimum: 3 }, { minimum: 3 }] };
    expect(textsOf(same, 1)).toEqual([' | must be at least 3, but is 1']);
    const different = { anyOf: [{ properties: { a: { const: 1 } } }, { properties: { b: { const: 2 } } }] };
    expect(textsOf(different, { a: 2, b: 3 })).toEqual(['/a | must be 1']);
    const forbidden = { anyOf: [{ not: { type: 'string' } }, { not: { minLength: 1 } }] };
    expect(textsOf(forbidden, 'a')).toEqual([' | has a form that is not allowed here']);
  });

  it('without calling unknown what a refused branch would have known', () => {
    const schema = {
      allOf: [{ properties: { a: { type: 'string' }, b: true }, required: ['a'] }],
      unevaluatedProperties: false,
    };
    expect(textsOf(schema, { b: 1 })).toEqual(['/a | is missing']);
  });
});
