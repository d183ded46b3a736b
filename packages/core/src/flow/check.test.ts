import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Json } from '../json.ts';
import { checkFlow } from './check.ts';
import { flowHash } from './hash.ts';
import { catalog, flowText, hash } from './lint/lint.testsuite.ts';
import { problemCodes } from './problem-codes.ts';
import { mutate, seeded } from './schema/mutate.testsuite.ts';
import { hasOfficial, officialExamples, skipNote } from './schema/official.testsuite.ts';

const check = (text: string) => checkFlow(text, { hash, catalog, purpose: 'check' });

describe('checking a flow', () => {
  it('gives its identity when it is valid', () => {
    const { valid, problems, flow } = check(flowText('do: [{a: {set: {x: 1}}}]'));
    expect({ valid, problems }).toEqual({ valid: true, problems: [] });
    expect(flow).toMatchObject({
      namespace: 'test',
      name: 'test',
      version: '1.0.0',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('takes layout and comments for nothing, and content for all', () => {
    const a = check(flowText('do: [{a: {set: {x: 1, y: 2}}}]')).flow;
    const b = check(flowText('# a comment\ndo:\n  - a:\n      set:\n        y: 2\n        x: 1')).flow;
    const c = check(flowText('do: [{a: {set: {x: 1, y: 3}}}]')).flow;
    expect(a?.hash).toBe(b?.hash);
    expect(a?.hash).not.toBe(c?.hash);
    expect(flowHash({ b: 1, a: [2] }, { sha256: (text) => text, crc32: () => 0 })).toBe('{"a":[2],"b":1}');
  });

  it('takes the same flow as JSON', () => {
    const yaml = check(flowText('do: [{a: {set: {x: 1}}}]')).flow;
    const json = checkFlow(JSON.stringify(yaml?.document), { hash, catalog, purpose: 'check', format: 'json' }).flow;
    expect(json?.hash).toBe(yaml?.hash);
  });

  it('tells problems in the order of the text, with line and column', () => {
    const { problems } = check(
      flowText('do:\n- a:\n    set: {x: .a}\n    then: nowhere\n- b:\n    wait: {seconds: -1}\nschedule: {}'),
    );
    expect(problems.map(({ line, column, code }) => [line, column, code.slice(10)])).toEqual([
      ...[
        [4, 11, 'EXPRESSION_BARE'],
        [5, 5, 'THEN_UNKNOWN'],
        [6, 3, 'UNREACHABLE'],
        [7, 5, 'DURATION'],
      ],
      [8, 1, 'SCHEDULE'],
    ]);
  });

  it('stops at the schema, whose refusals are told alone', () => {
    const { valid, problems, flow } = check(flowText('do: [{a: {sett: {x: 1}, then: nowhere}}]'));
    expect({ valid, flow }).toEqual({ valid: false, flow: undefined });
    expect(problems).toMatchObject([{ code: 'PAWL_FLOW_SCHEMA_TASK', hint: 'did you mean "set"?' }]);
  });

  it('stops at the syntax', () => {
    expect(check('a: b: c')).toMatchObject({ valid: false, problems: [{ code: 'PAWL_FLOW_SYNTAX' }] });
  });

  it('keeps the warnings of reading', () => {
    expect(check(flowText('do: [{a: {set: {x: 12345678901234567890}}}]'))).toMatchObject({
      valid: true,
      problems: [{ code: 'PAWL_FLOW_NUMBER' }],
    });
  });
});

describe('a refusal by the schema is told by the task’s own kind (decided)', () => {
  it.each([
    ['{set: 5}', 'SCHEMA_FORM', '/do/0/a/set', 'set must be an object or a string, but is a number.'],
    ['{set: {x: 1}, call: http}', 'SCHEMA_TASK', '/do/0/a', 'The task a does several things at once: set and call.'],
    ['{then: end}', 'SCHEMA_TASK', '/do/0/a', 'The task a does not say what it does.'],
    ['5', 'SCHEMA_TASK', '/do/0/a', 'The task a must be an object, and is a number.'],
    ['{wait: 5 seconds}', 'SCHEMA_FORM', '/do/0/a/wait', 'wait is not a duration.'],
    ['{wait: {minute: 5}}', 'SCHEMA_UNKNOWN', '/do/0/a/wait/minute', 'minute is not allowed here.'],
    ['{call: http, with: {method: get}}', 'SCHEMA_MISSING', '/do/0/a/with/endpoint', 'endpoint is missing.'],
    [
      '{call: http, with: {method: get, endpoint: not an address}}',
      'SCHEMA_TEXT',
      '/do/0/a/with/endpoint',
      'endpoint is not an address (URI).',
    ],
    ['{try: []}', 'SCHEMA_MISSING', '/do/0/a/catch', 'catch is missing.'],
  ])('%s', (task, code, path, message) => {
    expect(check(flowText(`do: [{a: ${task}}]`)).problems).toMatchObject([
      { code: `PAWL_FLOW_${code}`, path, message },
    ]);
  });

  it.each([
    ['do:\n  a: {set: {x: 1}}', '/do', 'put a dash before each task: - name:'],
    ['do:\n- a:\n  set: {x: 1}', '/do/0', 'put a dash before each task; or indent what belongs to a'],
    ['do: [5]', '/do/0', 'write - name: and the task below it'],
  ])('%j', (body, path, hint) => {
    expect(check(flowText(body)).problems).toMatchObject([{ path, hint }]);
  });

  it('tells of names and versions in words', () => {
    const { problems } = check('document: {dsl: "1.0", namespace: a_b, name: c, version: 1.0}\ndo: []');
    expect(problems.map(({ message }) => message)).toEqual([
      'dsl is not a version.',
      'namespace is not a name.',
      'version is not a version.',
    ]);
    expect(check('[]').problems).toMatchObject([{ message: 'The document must be an object, but is a list.' }]);
  });
});

describe.skipIf(!hasOfficial)(`the official examples${skipNote}`, () => {
  it.each(officialExamples())('have no error: $file', ({ text }) => {
    expect(check(text).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

describe('a document that people and editors have spoilt', () => {
  const seed = Number(process.env['PAWL_SEED'] ?? 7);
  const own = `do:
- a: {for: {each: x, in: .xs}, do: [{b: {call: sql.upsert, with: {connection: db, rows: ["\${ $x }"]}, metadata: {pawl: {key: '\${ $x.id }'}}}}]}
- c: {try: [{d: {call: f, with: {y: 1}}}], catch: {as: e, retry: r, do: [{g: {switch: [{h: {when: $e.status == 404, then: end}}]}}]}}
use: {functions: {f: {set: {x: "\${ $input.y }"}}}, retries: {r: {delay: PT1S, limit: {attempt: {count: 3}}}}}`;
  const texts = [flowText(own), ...officialExamples().map(({ text }) => text)];

  it(`always has a verdict, with a known code, a sentence and a place for each problem (seed ${seed})`, () => {
    const documents = texts.map((text) => parse(text) as Json);
    const next = seeded(seed);
    for (let i = 0; i < 3_000; i++) {
      const text = JSON.stringify(mutate(documents[i % documents.length] as Json, documents, next));
      const { valid, problems } = checkFlow(text, { hash, catalog, purpose: i % 2 === 0 ? 'check' : 'deploy' });
      expect(valid).toBe(problems.every(({ severity }) => severity === 'warning'));
      for (const problem of problems) {
        expect(Object.keys(problemCodes)).toContain(problem.code);
        expect(problem).toMatchObject({ line: 1, column: expect.any(Number), message: expect.stringMatching(/[.?]$/) });
      }
    }
  });
});

describe('the codes of problems', () => {
  it('are all in the table, and the table has no other', () => {
    const folders = ['./', './lint/', './schema/'].map((folder) => new URL(folder, import.meta.url));
    const sources = folders.flatMap((folder) =>
      readdirSync(folder)
        .filter((file) => file.endsWith('.ts') && !/\.(test|testsuite)\.ts$/.test(file) && file !== 'problem-codes.ts')
        .map((file) => readFileSync(new URL(file, folder), 'utf8')),
    );
    const used = new Set(sources.flatMap((source) => source.match(/PAWL_FLOW_[A-Z_]*[A-Z]\b/g) ?? []));
    // Thrown as an error, not told as a problem; and the beginning of the codes that the keywords complete.
    used.delete('PAWL_FLOW_INVALID');
    used.delete('PAWL_FLOW_SCHEMA');
    const completed = ['MISSING', 'UNKNOWN', 'TYPE', 'FORM', 'TEXT', 'VALUE'].map((end) => `PAWL_FLOW_SCHEMA_${end}`);
    expect([...used, ...completed].sort()).toEqual(Object.keys(problemCodes).sort());
  });
});
