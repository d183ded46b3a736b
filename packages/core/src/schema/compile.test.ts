import { describe, expect, it } from 'vitest';
import type { Json } from '../json.ts';
import { compileSchema, schemaLimits } from './index.ts';
import type { SchemaOptions, SchemaProblem, Validator } from './index.ts';

function schemaProblems(schema: Json, options?: SchemaOptions): readonly SchemaProblem[] {
  const result = compileSchema(schema, options);
  return result.ok ? [] : result.problems;
}

function validatorFor(schema: Json, options?: SchemaOptions): Validator {
  const result = compileSchema(schema, options);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

/** Lists inside each other, made without recursion. */
function nestedList(depth: number): Json {
  let value: Json = [];
  for (let level = 1; level < depth; level++) value = [value];
  return value;
}

describe('a schema that is not valid is refused at the place of the mistake', () => {
  const cases: readonly (readonly [schema: Json, path: string, message: string])[] = [
    ['text', '', 'must be a schema'],
    [{ properties: { a: 5 } }, '/properties/a', 'must be a schema'],
    [{ type: 'text' }, '/type', 'must be one of string, number'],
    [{ type: [] }, '/type', 'must be one of'],
    [{ type: ['string', 'toString'] }, '/type', 'must be one of'],
    [{ enum: 'a' }, '/enum', 'must be a list'],
    [{ minimum: '1' }, '/minimum', 'must be a number'],
    [{ multipleOf: 0 }, '/multipleOf', 'must be more than 0'],
    [{ minLength: -1 }, '/minLength', 'must be a whole number'],
    [{ maxItems: 1.5 }, '/maxItems', 'must be a whole number'],
    [{ pattern: 5 }, '/pattern', 'must be a string'],
    [{ pattern: '(' }, '/pattern', 'is not a valid pattern'],
    [{ pattern: '(?=a)' }, '/pattern', 'look-around'],
    [{ patternProperties: { '(?!a)': true } }, '/patternProperties', 'look-around'],
    [{ format: 1 }, '/format', 'must be a string'],
    [{ uniqueItems: 'yes' }, '/uniqueItems', 'must be true or false'],
    [{ items: [true] }, '/items', 'must be one schema'],
    [{ properties: [] }, '/properties', 'must be an object'],
    [{ required: 'a' }, '/required', 'must be a list of different names'],
    [{ required: ['a', 'a'] }, '/required', 'must be a list of different names'],
    [{ dependentRequired: { a: 'b' } }, '/dependentRequired', 'must be a list of different names'],
    [{ dependencies: { a: [1] } }, '/dependencies', 'must be a list of different names'],
    [{ allOf: [] }, '/allOf', 'must be a list of one or more schemas'],
    [{ anyOf: {} }, '/anyOf', 'must be a list of one or more schemas'],
    [{ $defs: { unused: { type: 'text' } } }, '/$defs/unused/type', 'must be one of'],
    [{ $ref: 5 }, '/$ref', 'must be a string'],
    [{ $ref: '#/$defs/none' }, '/$ref', 'which does not exist'],
    [{ $ref: '#none' }, '/$ref', 'which does not exist'],
    [{ $ref: '#/%' }, '/$ref', 'which does not exist'],
    [{ $ref: 'https://example.com/schema' }, '/$ref', 'which is not in this schema'],
    [{ $dynamicRef: '#none' }, '/$dynamicRef', 'which does not exist'],
    [{ $id: 5 }, '/$id', 'must be a string'],
    [{ $id: 'https://x.test/a#b' }, '/$id', 'must not have a part after "#"'],
    [
      { $defs: { a: { $id: 'https://x.test/a' }, b: { $id: 'https://x.test/a' } } },
      '/$defs/b/$id',
      'repeats the address',
    ],
    [{ $anchor: '1 a' }, '/$anchor', 'must be a name'],
    [{ $defs: { a: { $anchor: 'x' }, b: { $anchor: 'x' } } }, '/$defs/b/$anchor', 'repeats the name'],
    [{ $ref: '#/enum/0', enum: [5] }, '/enum/0', 'must be a schema'],
  ];

  it.each(cases)('%j', (schema, path, message) => {
    const problems = schemaProblems(schema);
    expect(problems).toContainEqual(
      expect.objectContaining({ path, schemaPath: path, message: expect.stringContaining(message) }),
    );
  });

  it('with a hint where there is a way out', () => {
    expect(schemaProblems({ $ref: 'https://example.com/schema' })[0]?.hint).toContain('$defs');
    expect(schemaProblems({ items: [true] })[0]?.hint).toContain('prefixItems');
  });

  it('with all its mistakes', () => {
    expect(schemaProblems({ type: 'text', minLength: -1, properties: { a: { pattern: '[' } } })).toHaveLength(3);
  });

  it('names the document of a mistake in another one', () => {
    expect(
      schemaProblems({ $ref: 'https://x.test/a' }, { definitions: { 'https://x.test/a': { type: 'text' } } }),
    ).toMatchObject([{ path: 'https://x.test/a#/type' }]);
  });

  it('takes a pattern with look-around when its author is trusted', () => {
    const trusted = validatorFor({ pattern: '^(?!x)' }, { lookAround: 'native' });
    expect([trusted.accepts('a'), trusted.accepts('x')]).toEqual([true, false]);
    expect(schemaProblems({ pattern: '(?=(' }, { lookAround: 'native' })).toHaveLength(1);
  });
});

describe('a schema that is too large is refused', () => {
  it('by its depth, without a stack overflow', () => {
    let schema: Json = {};
    for (let level = 0; level < 100_000; level++) schema = { not: schema };
    expect(schemaProblems(schema)).toMatchObject([
      { keyword: 'limit', message: expect.stringContaining('nested more than') },
    ]);
  });

  it('by its size', () => {
    expect(
      schemaProblems({ enum: Array.from({ length: 20 }, (_, index) => index) }, { limits: { schemaNodes: 10 } }),
    ).toMatchObject([{ keyword: 'limit', message: 'has more than 10 values' }]);
  });

  it('even when it contains itself', () => {
    const cyclic: Record<string, Json> = {};
    cyclic['not'] = cyclic;
    expect(schemaProblems(cyclic)).toMatchObject([{ keyword: 'limit' }]);
  });

  it('but may share its parts, as YAML aliases do', () => {
    const shared = { type: 'string' };
    expect(validatorFor({ properties: { a: shared, b: shared } }).validate({ b: 1 })).toMatchObject([
      { path: '/b', schemaPath: '/properties/b/type' },
    ]);
  });
});

describe('a remembered verdict', () => {
  it('is told at every place where the same object stands', () => {
    const shared = { a: 1 };
    const schema = {
      $defs: { t: { properties: { a: { type: 'string' } } } },
      items: { allOf: [{ $ref: '#/$defs/t' }] },
    };
    expect(
      validatorFor(schema)
        .validate([shared, shared])
        .map(({ path }) => path),
    ).toEqual(['/0/a', '/1/a']);
  });

  it('is forgotten before it fills the memory', () => {
    const schema = { $defs: { t: { type: 'array', maxItems: 1 } }, items: { $ref: '#/$defs/t' } };
    const rows: Json[] = Array.from({ length: 25_000 }, () => []);
    expect(validatorFor(schema).accepts(rows)).toBe(true);
    expect(validatorFor(schema).validate([...rows, [1, 2]])).toMatchObject([{ path: '/25000' }]);
  });
});

describe('data that is too large meets a limit', () => {
  const recursive = {
    $defs: { n: { anyOf: [{ type: 'null' }, { type: 'array', items: { $ref: '#/$defs/n' } }] } },
    $ref: '#/$defs/n',
  };

  it.each<readonly [string, Json, string]>([
    ['items', { items: { $ref: '#' } }, `is nested more than ${schemaLimits.dataDepth} levels deep`],
    ['choices', recursive, 'is nested too deeply for this schema, or the schema refers to itself without end'],
    [
      'unevaluated items',
      { allOf: [{ type: 'array' }], unevaluatedItems: { $ref: '#' } },
      `is nested more than ${schemaLimits.dataDepth} levels deep`,
    ],
    ['equality', { uniqueItems: true, items: true }, `is nested more than ${schemaLimits.dataDepth} levels deep`],
  ])('100,000 levels deep, through %s', (_, schema, message) => {
    const validator = validatorFor(schema);
    const deep = [nestedList(100_000), null];
    expect(validator.accepts(deep)).toBe(false);
    expect(validator.validate(deep)).toMatchObject([{ keyword: 'limit', message }]);
  });

  it('not when the schema does not look into it', () => {
    const deep = nestedList(100_000);
    expect(validatorFor({ items: true }).accepts(deep)).toBe(true);
    expect(validatorFor({ enum: [[[1]]] }).accepts(deep)).toBe(false);
    expect(validatorFor({ const: 1 }).validate(deep)).toHaveLength(1);
  });

  it('not before the limit, even through the longest way', () => {
    let deep: Json = null;
    for (let level = 0; level < 220; level++) deep = [deep];
    expect(validatorFor(recursive).validate(deep)).toEqual([]);
    expect(validatorFor({ items: { $ref: '#' } }).accepts(nestedList(schemaLimits.dataDepth))).toBe(true);
  });

  it('by references that lead in a circle', () => {
    const validator = validatorFor({
      $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } },
      $ref: '#/$defs/a',
    });
    expect(validator.validate(1)).toMatchObject([
      { keyword: 'limit', message: expect.stringContaining('refers to itself without end') },
    ]);
  });

  it('by a chain of references that is longer than the stack', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`d${index}`, { $ref: `#/$defs/d${index + 1}` }]),
    );
    expect(validatorFor({ $defs: { ...$defs, d20000: true }, $ref: '#/$defs/d0' }).validate(1)).toMatchObject([
      { keyword: 'limit' },
    ]);
  });

  it('by its steps, where a schema doubles its work at every level', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [
        `d${index}`,
        { allOf: [{ $ref: `#/$defs/d${index + 1}` }, { $ref: `#/$defs/d${index + 1}` }] },
      ]),
    );
    const validator = validatorFor(
      { $defs: { ...$defs, d40: true }, $ref: '#/$defs/d0' },
      { limits: { steps: 100_000 } },
    );
    expect(validator.accepts(1)).toBe(false);
    expect(validator.validate(1)).toMatchObject([
      { keyword: 'limit', message: 'takes more than 100000 steps to check' },
    ]);
  });

  it('not where two branches of a choice look into the same member at every level', () => {
    const task = {
      oneOf: [
        { properties: { do: { $ref: '#' } }, required: ['do'], maxProperties: 1 },
        { properties: { do: { $ref: '#' }, for: true }, required: ['do', 'for'] },
        { properties: { end: { type: 'string' } }, required: ['end'] },
      ],
    };
    const validator = validatorFor(task);
    const loops = (end: Json): Json => {
      let value: Json = { end };
      for (let level = 0; level < 100; level++) value = { for: level, do: value };
      return value;
    };
    expect(validator.validate(loops('here'))).toEqual([]);
    expect(validator.validate(loops(1))).toMatchObject([{ path: `${'/do'.repeat(100)}/end`, keyword: 'type' }]);
  });

  it('and the validator works as before afterwards', () => {
    const validator = validatorFor(recursive);
    expect(validator.accepts(nestedList(10_000))).toBe(false);
    expect(validator.accepts([[null]])).toBe(true);
    expect(validator.validate([[1]])).toHaveLength(1);
  });

  it('by a text too long for its format', () => {
    expect(validatorFor({ format: 'regex' }).accepts('a'.repeat(schemaLimits.formatCharacters + 1))).toBe(false);
  });

  it('never by a long list alone', () => {
    const rows = Array.from({ length: 200_000 }, (_, id) => ({ id }));
    expect(
      validatorFor({ items: { properties: { id: { type: 'integer' } }, required: ['id'] }, uniqueItems: true }).accepts(
        rows,
      ),
    ).toBe(true);
  });
});
