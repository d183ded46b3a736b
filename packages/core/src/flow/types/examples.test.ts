import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkFlow } from '../check.ts';
import { catalog, hash } from '../lint/lint.testsuite.ts';

const root = join(import.meta.dirname, '../../../../..');
/** The examples of the language, where they are at hand. */
const official = join(root, '../shared/open-workflow/examples');
const own = ['PAWL_FLOW_FIELD_UNKNOWN', 'PAWL_FLOW_EXPRESSION_FAILS'];

/** What is rightly told: the output of a listen is an array, so this example of the language fails when it is run. */
const right: readonly string[] = ['accumulate-room-readings.yaml: This always fails: an array has no member "data".'];

interface Example {
  readonly name: string;
  readonly text: string;
}

function flowsIn(folder: string): Example[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
}

function blocksIn(folder: string): Example[] {
  const head = 'document: { dsl: 1.0.3, namespace: docs, name: example, version: 1.0.0 }\n';
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) =>
      [...readFileSync(join(folder, name), 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, block = '']) => ({
        name,
        text: block.startsWith('document:') ? block : head + block,
      })),
    );
}

describe('flows that work', () => {
  const examples = [...flowsIn(join(root, 'examples')), ...blocksIn(join(root, 'docs')), ...flowsIn(official)];

  it('are not warned of', () => {
    expect(examples.length).toBeGreaterThan(30);
    const told = examples.flatMap(({ name, text }) =>
      checkFlow(text, { hash, catalog, purpose: 'check' })
        .problems.filter(({ code }) => own.includes(code))
        .map(({ message }) => `${name}: ${message}`),
    );
    expect(told.filter((one) => !right.includes(one))).toEqual([]);
  });
});
