import { existsSync, readFileSync, readdirSync } from 'node:fs';
import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Json, JsonObject } from '../json.ts';
import { compileSchema } from './index.ts';

const folder = new URL('../../../../../shared/open-workflow/', import.meta.url);
const present = existsSync(folder);
if (!present) console.log('skipped: the official flow schema is not beside the repository');

const MUTATIONS_PER_EXAMPLE = 150;
const SEED = Number(process.env['PAWL_SEED'] ?? Date.now() % 1_000_000);

/** Every object and list in a document, as the steps that lead to it. */
function containers(value: Json, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [];
  return [path, ...Object.entries(value).flatMap(([key, member]) => containers(member as Json, [...path, key]))];
}

interface Mutation {
  readonly kind: 'delete' | 'rename' | 'retype' | 'add' | 'copy';
  readonly container: number;
  readonly key: number;
  readonly name: string;
  readonly value: Json;
}

const names = [
  'do',
  'call',
  'with',
  'set',
  'for',
  'try',
  'catch',
  'then',
  'if',
  'wait',
  'input',
  'output',
  'from',
  'as',
  'schema',
  'endpoint',
  'uri',
  'timeout',
  'after',
  'metadata',
  'x',
];
const values: Json[] = [
  null,
  true,
  0,
  1.5,
  -1,
  '',
  'x',
  '${ .a }',
  'PT5S',
  'P',
  'https://example.com/{id}',
  'http',
  '0.1.0',
  [],
  [{}],
  {},
  { do: [] },
  { uri: 'x' },
  { seconds: 1 },
  { use: 'x' },
];

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('delete', 'rename', 'retype', 'add', 'copy'),
  container: fc.nat(),
  key: fc.nat(),
  name: fc.constantFrom(...names),
  value: fc.constantFrom(...values),
});

function mutate(document: Json, { kind, container, key, name, value }: Mutation): Json {
  const copy = structuredClone(document) as JsonObject;
  const paths = containers(copy);
  const path = paths[container % paths.length] ?? [];
  const target = path.reduce<Record<string, Json>>(
    (at, step) => at[step] as Record<string, Json>,
    copy as Record<string, Json>,
  );
  const keys = Object.keys(target);
  const chosen = keys[key % Math.max(1, keys.length)];
  const added = Array.isArray(target) ? String(keys.length) : name;
  if (kind === 'add') target[added] = value;
  if (chosen === undefined || kind === 'add') return copy;
  const member = target[chosen] as Json;
  if (kind === 'retype') target[chosen] = value;
  else if (kind === 'copy') target[added] = structuredClone(member);
  else if (Array.isArray(target)) target.splice(Number(chosen), 1);
  else {
    delete target[chosen];
    if (kind === 'rename') target[name] = member;
  }
  return copy;
}

describe.skipIf(!present)('the official flow schema', () => {
  const schema = present ? (parse(readFileSync(new URL('schema/workflow.yaml', folder), 'utf8')) as Json) : true;
  const files = present ? readdirSync(new URL('examples/', folder)).filter((file) => file.endsWith('.yaml')) : [];
  const documents = files.map(
    (file) => [file, parse(readFileSync(new URL(`examples/${file}`, folder), 'utf8')) as Json] as const,
  );

  const compiled = compileSchema(schema, { lookAround: 'native' });
  const ajv = new Ajv2020({ strict: false, logger: false });
  addFormats.default(ajv);
  const ajvAccepts = ajv.compile(schema as object);

  it('compiles, but for patterns with look-around, which its reader has to trust', () => {
    expect(compiled.ok).toBe(true);
    const untrusted = compileSchema(schema);
    expect(untrusted.ok ? [] : untrusted.problems.map(({ keyword }) => keyword)).toEqual([
      'pattern',
      'pattern',
      'pattern',
    ]);
  });

  it.each(documents)('accepts its example %s', (_, document) => {
    expect(compiled.ok && compiled.value.validate(document)).toEqual([]);
  });

  it(`judges mutated examples as Ajv does (seed ${SEED})`, { timeout: 60_000 }, () => {
    const verdicts = { accepted: 0, refused: 0 };
    for (const [file, document] of documents) {
      fc.assert(
        fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
          const mutated = mutations.reduce(mutate, document);
          const expected = ajvAccepts(mutated);
          verdicts[expected ? 'accepted' : 'refused']++;
          const problems = compiled.ok ? compiled.value.validate(mutated) : [];
          expect(problems.length === 0, `${file}: ${JSON.stringify(mutated)} ${JSON.stringify(problems)}`).toBe(
            expected,
          );
        }),
        { seed: SEED, numRuns: MUTATIONS_PER_EXAMPLE },
      );
    }
    expect(verdicts.accepted).toBeGreaterThan(documents.length);
    expect(verdicts.refused).toBeGreaterThan(documents.length);
  });
});
