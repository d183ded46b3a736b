import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, isObject } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { compileSchema } from './index.ts';

const SEED = Number(process.env['PAWL_SEED'] ?? Date.now() % 1_000_000);
const RUNS = Number(process.env['PAWL_RUNS'] ?? 3_000);

/** What a schema says of a value, as the specification words it: null when it refuses, else what it looked at. */
type Annotations = ReadonlySet<string> | null;

/** The slow and obvious validator: it follows the text of the specification, keyword after keyword. */
function evaluate(schema: Json, value: Json, root: JsonObject): Annotations {
  if (typeof schema === 'boolean') return schema ? new Set() : null;
  if (!isObject(schema)) throw new Error('not a schema');
  const seen = new Set<string>();
  const members = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const at = (key: string): Json => (value as JsonObject)[key] as Json;
  const apply = (sub: Json | undefined): boolean => {
    const annotations = evaluate(sub ?? true, value, root);
    for (const key of annotations ?? []) seen.add(key);
    return annotations !== null;
  };
  const child = (sub: Json | undefined, key: string): boolean => {
    seen.add(key);
    return evaluate(sub ?? true, at(key), root) !== null;
  };
  const holds = (sub: Json | undefined, key: string): boolean => evaluate(sub ?? true, at(key), root) !== null;
  const list = (keyword: string): Json[] => (schema[keyword] ?? []) as Json[];
  const isList = Array.isArray(value);
  const verdicts: boolean[] = [];
  const judge = (keyword: string, verdict: () => boolean): void => {
    if (Object.hasOwn(schema, keyword)) verdicts.push(verdict());
  };
  const named = Object.keys((schema['properties'] ?? {}) as JsonObject);
  const prefix = list('prefixItems');

  judge('type', () => typeOf(value) === schema['type'] || (schema['type'] === 'number' && typeof value === 'number'));
  judge('const', () => canonicalJson(value) === canonicalJson(schema['const'] as Json));
  judge('required', () => !isObject(value) || list('required').every((key) => members.includes(key as string)));
  judge('$ref', () => apply((root['$defs'] as JsonObject)[String(schema['$ref']).slice('#/$defs/'.length)]));
  judge('allOf', () => list('allOf').map(apply).every(Boolean));
  judge('anyOf', () => list('anyOf').map(apply).some(Boolean));
  judge('oneOf', () => list('oneOf').map(apply).filter(Boolean).length === 1);
  judge('not', () => evaluate(schema['not'] as Json, value, root) === null);
  judge('if', () => apply(apply(schema['if']) ? schema['then'] : schema['else']));
  judge(
    'dependentSchemas',
    () =>
      !isObject(value) ||
      Object.entries(schema['dependentSchemas'] as JsonObject).every(
        ([key, sub]) => !members.includes(key) || apply(sub),
      ),
  );
  judge(
    'properties',
    () =>
      !isObject(value) ||
      members
        .filter((key) => named.includes(key))
        .every((key) => child((schema['properties'] as JsonObject)[key], key)),
  );
  judge(
    'additionalProperties',
    () =>
      !isObject(value) ||
      members.filter((key) => !named.includes(key)).every((key) => child(schema['additionalProperties'], key)),
  );
  judge(
    'prefixItems',
    () => !isList || members.slice(0, prefix.length).every((key) => child(prefix[Number(key)], key)),
  );
  judge('items', () => !isList || members.slice(prefix.length).every((key) => child(schema['items'], key)));
  judge(
    'contains',
    () =>
      !isList ||
      members.filter((key) => holds(schema['contains'], key) && seen.add(key)).length >=
        Number(schema['minContains'] ?? 1),
  );
  const unseen = members.filter((key) => !seen.has(key));
  judge(
    'unevaluatedProperties',
    () => !isObject(value) || unseen.every((key) => child(schema['unevaluatedProperties'], key)),
  );
  judge('unevaluatedItems', () => !isList || unseen.every((key) => child(schema['unevaluatedItems'], key)));
  return verdicts.every(Boolean) ? seen : null;
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

const name = fc.constantFrom('a', 'b', 'c', 'constructor', '__proto__');
const scalar: fc.Arbitrary<Json> = fc.constantFrom<Json>(null, true, 1, 2, 'a');

function ownObject<T extends Json>(entries: readonly (readonly [string, T])[]): { readonly [key: string]: T } {
  const object = {};
  for (const [key, value] of entries)
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  return object;
}

const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((entries): Json => ownObject(entries)),
  ),
}));

const { schema } = fc.letrec<{ schema: Json; keyword: JsonObject }>((tie) => {
  const sub = tie('schema');
  const list = fc.array(sub, { minLength: 1, maxLength: 3 });
  const map = fc.array(fc.tuple(name, sub), { maxLength: 3 }).map((entries): Json => ownObject(entries));
  const keyword = (arbitrary: fc.Arbitrary<Json>, ...names: string[]): fc.Arbitrary<JsonObject> =>
    fc.tuple(fc.constantFrom(...names), arbitrary).map(([key, each]) => ({ [key]: each }));
  return {
    schema: fc.oneof({ maxDepth: 4, depthSize: 'small' }, fc.constantFrom<Json>(true, true, false, {}), {
      weight: 8,
      arbitrary: fc
        .array(tie('keyword'), { minLength: 1, maxLength: 4 })
        .map((parts): Json => Object.assign({}, ...parts) as Json),
    }),
    keyword: fc.oneof(
      keyword(fc.constantFrom('object', 'array', 'string', 'number'), 'type'),
      keyword(scalar, 'const'),
      keyword(fc.uniqueArray(name, { maxLength: 2 }), 'required'),
      keyword(list, 'allOf', 'anyOf', 'oneOf', 'prefixItems'),
      keyword(map, 'properties', 'properties', 'dependentSchemas'),
      keyword(sub, 'not', 'additionalProperties', 'items', 'contains', 'unevaluatedProperties', 'unevaluatedItems'),
      keyword(fc.constant(false), 'unevaluatedProperties', 'unevaluatedItems'),
      keyword(fc.constantFrom('#/$defs/one', '#/$defs/two'), '$ref'),
      fc.tuple(sub, fc.nat({ max: 2 })).map(([contains, minContains]): JsonObject => ({ contains, minContains })),
      fc.record({ if: sub, then: sub, else: sub }, { requiredKeys: ['if'] }) as fc.Arbitrary<JsonObject>,
    ),
  };
});

/** Definitions that refer to themselves only through members, so that the recursion ends with the data. */
function guarded(json: Json): Json {
  return { properties: { a: json }, items: json };
}

describe(`judges as the text of the specification does (seed ${SEED})`, () => {
  it('any values by any schema with unevaluated keywords', { timeout: 60_000 + RUNS * 10 }, () => {
    const verdicts = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(
        schema,
        schema,
        schema,
        fc.array(value, { minLength: 10, maxLength: 10 }),
        (main, one, two, values) => {
          const root = { $ref: '#/$defs/main', $defs: { main, one: guarded(one), two: guarded(two) } };
          const compiled = compileSchema(root);
          if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
          for (const each of values) {
            const expected = evaluate(root, each, root) !== null;
            verdicts[expected ? 'accepted' : 'refused']++;
            const context = `${JSON.stringify(root)} on ${JSON.stringify(each)}`;
            expect(compiled.value.accepts(each), context).toBe(expected);
            expect(compiled.value.validate(each).length === 0, context).toBe(expected);
          }
        },
      ),
      { seed: SEED, numRuns: RUNS },
    );
    expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(RUNS);
  });
});
