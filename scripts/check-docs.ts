import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readLimitTables, referencePages } from './reference-pages.ts';
import { lineAt, listFiles, type SourceFile } from './source-files.ts';

/** Links between pages and headings resolve, and the pages made from tables say what the tables say. */
export async function checkDocs(root: string): Promise<string[]> {
  const pages = listFiles(root, ['.md']);
  const problems = pages.flatMap((page) => checkLinks(root, page));
  for (const [path, wanted] of await referencePages(root)) {
    const file = join(root, path);
    const present = existsSync(file) ? readFileSync(file, 'utf8') : '';
    problems.push(...comparePage(path, present, wanted));
  }
  return [...problems, ...(await checkMeanings(root))];
}

/** A limit without a comment would have an empty line on its page. */
async function checkMeanings(root: string): Promise<string[]> {
  const entries = (await readLimitTables(root)).flatMap((table) => table.entries);
  const silent = entries.filter(({ meaning }) => meaning === '');
  return silent.map(
    ({ name }) => `docs/reference/limits.md: the limit ${name} has no comment in its table that says what it means`,
  );
}

function checkLinks(root: string, page: SourceFile): string[] {
  const text = withoutCode(page.text);
  return [...text.matchAll(/\[[^\]]*\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].flatMap((match) => {
    const problem = checkLink(root, page.path, match[1] ?? '');
    return problem === undefined ? [] : [`${page.path}:${lineAt(text, match.index)}: ${problem}`];
  });
}

function checkLink(root: string, from: string, link: string): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return undefined;
  const [path = '', heading] = link.split('#');
  const target = path === '' ? join(root, from) : join(root, path.startsWith('/') ? path : join(dirname(from), path));
  if (!existsSync(target)) return `the link ${link} leads nowhere`;
  if (heading === undefined || !target.endsWith('.md')) return undefined;
  return headingsOf(readFileSync(target, 'utf8')).has(heading)
    ? undefined
    : `there is no heading #${heading} in ${path || from}`;
}

/** Headings as GitHub names them in links. */
function headingsOf(text: string): Set<string> {
  return new Set(
    [...withoutCode(text).matchAll(/^#{1,6}\s+(.+?)\s*$/gm)].map((match) =>
      (match[1] ?? '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}

/** Blanks code, keeping the line numbers; a heading may hold code, so its words stay. */
function withoutCode(text: string): string {
  return text
    .replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, ' '))
    .replace(/^(?!#).*`[^`\n]*`.*$/gm, (line) => line.replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length)));
}

function comparePage(path: string, present: string, wanted: string): string[] {
  if (present === wanted) return [];
  const wantedNames = namesIn(wanted);
  const presentNames = namesIn(present);
  const missing = [...wantedNames].filter((name) => !presentNames.has(name));
  const gone = [...presentNames].filter((name) => !wantedNames.has(name));
  const details = [
    missing.length > 0 ? `lacks ${missing.join(', ')}` : '',
    gone.length > 0 ? `still has ${gone.join(', ')}` : '',
  ];
  return [
    `${path}: not what the source says; run \`npm run docs\` (${details.filter(Boolean).join('; ') || 'other text'})`,
  ];
}

/** What a made page lists: its headings and the first cells of its table. */
function namesIn(page: string): Set<string> {
  return new Set([...page.matchAll(/^(?:## (PAWL_\w+)|\| `(\w+)`)/gm)].map((match) => match[1] ?? match[2] ?? ''));
}
