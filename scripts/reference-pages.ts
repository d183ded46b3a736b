import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** One row of the error table of packages/core. */
export interface ErrorEntry {
  readonly status: number;
  readonly text: string;
  readonly hint: string;
}

/** One named bound, with the comment above it. */
export interface LimitEntry {
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
}

const MADE_BY = '<!-- Made from the sources by `npm run docs`; edit the table, not this page. -->';

/** The pages that are made from tables in the sources, by path; a table that does not exist yet has no page. */
export async function referencePages(root: string): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  const errors = join(root, 'packages/core/src/errors.ts');
  if (existsSync(errors)) {
    const table = ((await import(pathToFileURL(errors).href)) as { errors?: Record<string, ErrorEntry> }).errors;
    if (table !== undefined) pages.set('docs/reference/errors.md', errorsPage(table));
  }
  const limits = join(root, 'packages/core/src/limits.ts');
  if (existsSync(limits)) {
    const entries = readLimits(await readFile(limits, 'utf8'));
    if (entries.length > 0) pages.set('docs/reference/limits.md', limitsPage(entries));
  }
  return pages;
}

/** The page of all error codes, in the order of the alphabet; each code has its own heading to link to. */
export function errorsPage(table: Readonly<Record<string, ErrorEntry>>): string {
  const sections = Object.keys(table)
    .sort()
    .map((code) => {
      const { status, text, hint } = table[code] as ErrorEntry;
      return `## ${code}\n\n${text}. HTTP status ${status}.\n\n${hint}\n`;
    });
  return `# Errors\n\n${MADE_BY}\n\nEvery error that Pawl reports has a stable code. An API answer carries it as \`code\` in its problem document, a command prints it before its message.\n\n${sections.join('\n')}`;
}

/** The page of all named limits, in the order of the source. */
export function limitsPage(entries: readonly LimitEntry[]): string {
  const rows = entries.map(({ name, value, meaning }) => `| \`${name}\` | ${value} | ${meaning} |`);
  return `# Limits\n\n${MADE_BY}\n\nNothing in Pawl grows without a bound. These are the bounds and their defaults.\n\n| name | default | meaning |\n|---|---|---|\n${rows.join('\n')}\n`;
}

/** Reads entries of the form `/** meaning *\/ name: value,` from the source of the limits table. */
export function readLimits(source: string): LimitEntry[] {
  const entry = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(\w+):\s*([^,;\n]+),/g;
  return [...source.matchAll(entry)].map((match) => ({
    name: match[2] ?? '',
    value: (match[3] ?? '').replaceAll('_', ' ').trim(),
    meaning: (match[1] ?? '')
      .replace(/\s*\n\s*\*\s*/g, ' ')
      .replaceAll('|', '\\|')
      .trim(),
  }));
}
