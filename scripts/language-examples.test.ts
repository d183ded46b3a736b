import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createActions, createConnections } from '@pawl/actions';
import { checkFlow, compileFlow, type Json, type JsonObject, parseJson } from '@pawl/core';
import { describe, expect, test } from 'vitest';
import { type Expected, hash, playExample, playSchedule } from './play-example.fixture.ts';
import { root } from './run-tool.ts';
import { lineAt } from './source-files.ts';

/*
 * Every flow in docs/reference/language.md is checked and run, and ends as the lines below it say: one JSON object for
 * each run.
 */

const PAGE = 'docs/reference/language.md';
const HEAD = 'document: { dsl: 1.0.3, namespace: docs, name: example, version: 1.0.0 }\n';

const silent = (): void => undefined;
const catalog = createActions({
  allowNets: '',
  denyEndpoints: [],
  files: [],
  connections: createConnections({}),
  log: { debug: silent, info: silent, warn: silent, error: silent },
  userAgent: 'pawl',
});

interface Example {
  readonly at: string;
  readonly text: string;
  readonly runs: readonly Expected[];
}

const page = readFileSync(join(root, PAGE), 'utf8');
const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```\n+(?:```json\n([\s\S]*?)^```)?/gm)].map(exampleOf);

function exampleOf(match: RegExpExecArray): Example {
  const [, flow = '', says = ''] = match;
  const text = flow.startsWith('document:') ? flow : HEAD + flow;
  const runs = says
    .trim()
    .split('\n')
    .filter((line) => line !== '');
  return { at: `${PAGE}:${lineAt(page, match.index)}`, text, runs: runs.map((line) => parseJson(line) as Expected) };
}

function check({ text, runs }: Example): JsonObject | undefined {
  const { flow, problems } = checkFlow(text, { hash, catalog, purpose: 'deploy' });
  const errors = problems.filter(({ severity }) => severity === 'error').map(({ code }) => code);
  const [first] = runs;
  expect(errors).toEqual(first?.problem === undefined ? [] : [first.problem]);
  return first?.problem === undefined ? (flow?.document as unknown as JsonObject) : undefined;
}

describe('the examples of the language', () => {
  test.each(examples)('$at ends as it says', (example) => {
    expect(example.runs.length, 'an example says how it ends').toBeGreaterThan(0);
    const document = check(example);
    if (document === undefined) return;
    const flow = compileFlow(document as Json, catalog);
    for (const expected of example.runs) {
      if (expected.starts !== undefined) {
        expect(playSchedule(document, expected)).toEqual(expected.starts);
        continue;
      }
      const { state, requests } = playExample(flow, expected);
      const { output, error, calls = {} } = expected;
      if (error === undefined) expect([state.error, state.output]).toEqual([undefined, output]);
      else expect(state.error).toMatchObject(error);
      for (const [name, args] of Object.entries(calls))
        expect(requests.find(({ step }) => step.endsWith(`/${name}`))?.args, name).toMatchObject(args);
    }
  });

  test('stand in every section', () => {
    const sections = page.split(/^#{2,3} /m).slice(1);
    const without = sections.filter((text) => text.split('\n').slice(1).join('') !== '' && !text.includes('```yaml'));
    expect(without.map((text) => text.split('\n')[0])).toEqual([]);
    expect(examples.length).toBeGreaterThan(30);
  });
});
