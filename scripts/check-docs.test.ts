import { describe, expect, test } from 'vitest';
import { checkDocs } from './check-docs.ts';
import { errorsPage, limitsPage, problemsPage, readLimits } from './reference-pages.ts';
import { tempTree } from './temp-tree.ts';

const ERRORS = "export const errors = { PAWL_A: { status: 400, text: 'It broke', hint: 'Mend it.' } } as const;\n";
const LIMITS = 'export const limits = {\n  /** Rows of\n   * a page. */\n  pageRows: 1_000,\n};\n';
const ENTRY = { status: 400, text: 'It broke', hint: 'Mend it.' };

describe('the docs gate', () => {
  test('refuses a link to a missing heading, and does not follow links in code or to other sites', async () => {
    const root = tempTree({
      'README.md': '[a](docs/a.md) [b](docs/a.md#the-code-a-heading) [c](#here) [d](https://example.org/x)\n\n# Here\n',
      'docs/a.md': '# The `code` & a heading\n[up](../README.md) `[x](nowhere.md)`\n\n```\n[y](nowhere.md)\n```\n',
    });
    expect(await checkDocs(root)).toEqual(['README.md:1: there is no heading #the-code-a-heading in docs/a.md']);
  });

  test('refuses a link to a missing file', async () => {
    expect(await checkDocs(tempTree({ 'docs/a.md': 'x\n[a](b.md)\n' }))).toEqual([
      'docs/a.md:2: the link b.md leads nowhere',
    ]);
  });

  test('passes a page that says what its table says', async () => {
    const root = tempTree({
      'packages/core/src/errors.ts': ERRORS,
      'docs/reference/errors.md': errorsPage({ PAWL_A: ENTRY }),
    });
    expect(await checkDocs(root)).toEqual([]);
  });

  test('refuses an error code that the page lacks, and one that is gone', async () => {
    const page = errorsPage({ PAWL_B: ENTRY });
    const root = tempTree({ 'packages/core/src/errors.ts': ERRORS, 'docs/reference/errors.md': page });
    expect(await checkDocs(root)).toEqual([
      'docs/reference/errors.md: not what the source says; run `npm run docs` (lacks PAWL_A; still has PAWL_B)',
    ]);
  });

  test('refuses a missing page of limits', async () => {
    expect(await checkDocs(tempTree({ 'packages/core/src/limits.ts': LIMITS }))).toEqual([
      'docs/reference/limits.md: not what the source says; run `npm run docs` (lacks pageRows)',
    ]);
  });

  test('refuses a limit of which the source does not say what it means', async () => {
    const source = 'export const limits = {\n  pageRows: 10,\n};\n';
    const about = 'What one run and one flow document may be.';
    const page = limitsPage([{ title: 'Runs and flows', about, entries: readLimits(source) }]);
    const root = tempTree({ 'packages/core/src/limits.ts': source, 'docs/reference/limits.md': page });
    expect(await checkDocs(root)).toEqual([
      'docs/reference/limits.md: the limit pageRows has no comment in its table that says what it means',
    ]);
  });

  test('refuses a page of problems that lacks a code', async () => {
    const root = tempTree({
      'packages/core/src/flow/problem-codes.ts': "export const problemCodes = { PAWL_FLOW_A: 'Bad.' };\n",
      'docs/reference/problems.md': problemsPage({}),
    });
    expect(await checkDocs(root)).toEqual([
      'docs/reference/problems.md: not what the source says; run `npm run docs` (lacks PAWL_FLOW_A)',
    ]);
  });

  test('reads the limits with their comments off the source', () => {
    expect(readLimits(LIMITS)).toEqual([{ name: 'pageRows', value: '1 000', meaning: 'Rows of a page.' }]);
  });

  test('reads the comments off the interface where the numbers stand apart', () => {
    const source =
      'interface L {\n  /** Levels. */\n  readonly depth: number;\n}\nexport const D: L = { // why\n  depth: 7,\n};\n';
    expect(readLimits(source)).toEqual([{ name: 'depth', value: '7', meaning: 'Levels.' }]);
  });
});
