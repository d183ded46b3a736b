import { lineAt, type SourceFile } from './source-files.ts';

/** As many files may be larger than the size rules allow; each says why on its line. */
const SIZE_EXEMPTIONS_MAX = 5;

const DIRECTIVE = /(?:oxlint|eslint)-disable(?:-next-line|-line)?([^\n*]*)/g;
const SUPPRESSION = /@ts-(?:ignore|nocheck|expect-error)([^\n*]*)/g;

/** Every switched-off rule names itself and its reason (`rule -- reason`), and those of size are few. */
export function checkExemptions(files: readonly SourceFile[]): string[] {
  const problems: string[] = [];
  const sizes: string[] = [];
  for (const file of files.filter((each) => !each.path.startsWith('scripts/check-exemptions'))) {
    for (const match of file.text.matchAll(DIRECTIVE)) {
      const where = `${file.path}:${lineAt(file.text, match.index)}`;
      const [rules = '', reason = ''] = (match[1] ?? '').split(' -- ');
      if (rules.trim() === '') problems.push(`${where}: name the rule that is switched off`);
      if (reason.trim() === '') problems.push(`${where}: give the reason after " -- "`);
      if (/\bmax-(?:lines|statements)/.test(rules)) sizes.push(where);
    }
    for (const match of file.text.matchAll(SUPPRESSION)) {
      const reason = (match[1] ?? '').replace(/^[\s:-]+/, '').trim();
      if (reason === '') problems.push(`${file.path}:${lineAt(file.text, match.index)}: give the reason beside it`);
    }
  }
  if (sizes.length > SIZE_EXEMPTIONS_MAX) {
    problems.push(
      `${sizes.length} exemptions from the size rules, at most ${SIZE_EXEMPTIONS_MAX}: ${sizes.join(', ')}`,
    );
  }
  return problems;
}
