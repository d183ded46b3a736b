import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../json.ts';
import { compileSchema } from '../../schema/index.ts';
import { flowSchema } from './flow-schema.ts';
import { mutate, seeded } from './mutate.testsuite.ts';
import { hasOfficial, officialExamples, officialVerdict, skipNote } from './official.testsuite.ts';
import { rareDocuments } from './rare.testsuite.ts';
import { validateFlow } from './validate.ts';

const seed = Number(process.env['PAWL_SEED'] ?? 1);
const mutations = Number(process.env['PAWL_MUTATIONS'] ?? 6_000);

describe.skipIf(!hasOfficial)(`the schema of a flow against the official one${skipNote}`, () => {
  const examples = officialExamples().map(({ file, text }) => ({ file, document: parse(text) as Json }));

  it.each(examples)('accepts the official example $file', ({ document }) => {
    expect(validateFlow(document)).toEqual([]);
  });

  it.each(rareDocuments)('accepts with the official schema what no example shows: $name', ({ document }) => {
    expect(officialVerdict()(document)).toBe(true);
    expect(validateFlow(document)).toEqual([]);
  });

  it(`gives the official verdict on mutations of the examples (seed ${seed})`, { timeout: 120_000 }, () => {
    const official = officialVerdict();
    const published = compileSchema(flowSchema, { lookAround: 'native' });
    const next = seeded(seed);
    const documents = [...examples, ...rareDocuments].map(({ document }) => document);
    let accepted = 0;
    for (let i = 0; i < mutations; i++) {
      const document = mutate(documents[i % documents.length] as Json, documents, next);
      const verdict = official(document);
      const problems = validateFlow(document);
      if (verdict) accepted++;
      expect({ document, valid: problems.length === 0, problems }).toEqual({
        document,
        valid: verdict,
        problems: verdict ? [] : expect.anything(),
      });
      expect({ document, valid: published.ok && published.value.accepts(document) }).toEqual({
        document,
        valid: verdict,
      });
      for (const problem of problems) expect(problem.code).toMatch(/^PAWL_FLOW_SCHEMA_[A-Z]+$/);
    }
    // Both verdicts must be well represented, else this test proves little.
    expect(accepted).toBeGreaterThan(mutations / 10);
    expect(mutations - accepted).toBeGreaterThan(mutations / 10);
  });
});
