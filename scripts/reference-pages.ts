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

/** One row of the table of journal events. */
export interface EventEntry {
  readonly meaning: string;
  /** Meanings of its members, by their public names. */
  readonly fields: Readonly<Record<string, string>>;
}

/** One named bound, with the comment above it. */
export interface LimitEntry {
  readonly name: string;
  readonly value: string;
  /** Empty where the source says nothing, which the docs gate refuses. */
  readonly meaning: string;
}

/** The bounds of one part of Pawl. */
export interface LimitTable {
  readonly title: string;
  /** What the reader must know about all of them. */
  readonly about: string;
  readonly entries: readonly LimitEntry[];
}

const MADE_BY = '<!-- Made from the sources by `npm run docs`; edit the table, not this page. -->';

/** Every table of limits: its source, and how its section begins. */
const LIMIT_SOURCES = [
  {
    source: 'packages/core/src/limits.ts',
    title: 'Runs and flows',
    about: 'What one run and one flow document may be.',
  },
  {
    source: 'packages/core/src/flow/limits.ts',
    title: 'Reading a flow document',
    about: 'What the reader of YAML and JSON takes before a document counts as one.',
  },
  {
    source: 'packages/core/src/schema/limits.ts',
    title: 'JSON Schemas',
    about: 'For the schemas in flows, of file rows and of API requests.',
  },
  {
    source: 'packages/jq/src/limits.ts',
    title: 'Expressions',
    about: 'The budget of one evaluation. See also [expressions](jq.md#limits).',
  },
  {
    source: 'packages/actions/src/limits.ts',
    title: 'Actions',
    about: 'What reaches outside, and what comes back.',
  },
  {
    source: 'packages/actions/src/run/limits.ts',
    title: 'Scripts and programs',
    about: 'What `run` may use. See also [run](actions.md#run).',
  },
  {
    source: 'packages/runtime/src/bounds.ts',
    title: 'Workers',
    about: 'How a worker commits, beats and takes over. Times are in milliseconds, sizes in characters.',
  },
] as const;

/** The pages that are made from tables in the sources, by path; a table that does not exist yet has no page. */
export async function referencePages(root: string): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  const errors = await readTable<ErrorEntry>(root, 'packages/core/src/errors.ts', 'errors');
  if (errors !== undefined) pages.set('docs/reference/errors.md', errorsPage(errors));
  const problems = await readTable<string>(root, 'packages/core/src/flow/problem-codes.ts', 'problemCodes');
  if (problems !== undefined) pages.set('docs/reference/problems.md', problemsPage(problems));
  const events = await readTable<EventEntry>(root, 'packages/core/src/state/event-meanings.ts', 'journalEvents');
  if (events !== undefined) pages.set('docs/reference/journal.md', journalPage(events));
  const tables = await readLimitTables(root);
  if (tables.length > 0) pages.set('docs/reference/limits.md', limitsPage(tables));
  return pages;
}

/** All tables of limits that there are below `root`. */
export async function readLimitTables(root: string): Promise<LimitTable[]> {
  const tables: LimitTable[] = [];
  for (const { source, title, about } of LIMIT_SOURCES) {
    const file = join(root, source);
    if (!existsSync(file)) continue;
    const entries = readLimits(await readFile(file, 'utf8'));
    if (entries.length > 0) tables.push({ title, about, entries });
  }
  return tables;
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

/** The page of what checking a flow can tell, in the order of the source. */
export function problemsPage(table: Readonly<Record<string, string>>): string {
  const rows = Object.entries(table).map(([code, meaning]) => `| \`${code}\` | ${meaning.replaceAll('|', '\\|')} |`);
  const about =
    'What `pawl check` and a deployment say about a flow document. Each problem has a stable code, a place in the document, a sentence and, where one is known, a hint. A code that begins with `PAWL_FLOW_SCHEMA` means that the official schema of the language refuses the document too; the others are rules of Pawl.';
  return `# Problems of a flow\n\n${MADE_BY}\n\n${about}\n\n| code | meaning |\n|---|---|\n${rows.join('\n')}\n`;
}

/** The page of all journal events, in the order of the source. */
export function journalPage(table: Readonly<Record<string, EventEntry>>): string {
  const rows = Object.entries(table).map(([type, { meaning, fields }]) => {
    const members = Object.entries(fields).map(([name, text]) => `\`${name}\`: ${text}`);
    return `| \`${type}\` | ${meaning} | ${members.join('<br>')} |`.replaceAll('  |', ' |');
  });
  const about =
    'What happened in a run, event by event: `pawl show RUN --journal`, `pawl run --journal FILE`, `GET /api/v1/runs/{id}/journal` and its stream. Each event has `seq` (from 1, without gaps), `at` and `type`. An event about a step also has `step` (its JSON pointer in the document), `name`, `kind`, `visit`, and, where there is one, `iteration` and `attempt`.';
  return `# Journal events\n\n${MADE_BY}\n\n${about}\n\n| type | meaning | fields |\n|---|---|---|\n${rows.join('\n')}\n`;
}

/** The page of all named limits, a section for each table, in the order of its source. */
export function limitsPage(tables: readonly LimitTable[]): string {
  const sections = tables.map(({ title, about, entries }) => {
    const rows = entries.map(({ name, value, meaning }) => `| \`${name}\` | ${value} | ${meaning} |`);
    return `## ${title}\n\n${about}\n\n| name | default | meaning |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Limits\n\n${MADE_BY}\n\nNothing in Pawl grows without a bound. These are the bounds and their defaults.\n\n${sections.join('\n')}`;
}

/**
 * Reads the numbers `name: 1_000,` of a table's source, each with the comment `/** … *\/` above the first member of that
 * name: above the number itself, or above the member of the interface that types the table.
 */
export function readLimits(source: string): LimitEntry[] {
  const comments = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:readonly )?(\w+):/g;
  const meanings = new Map([...source.matchAll(comments)].map((match) => [match[2], sentence(match[1] ?? '')]));
  return [...source.matchAll(/^\s*(\w+): ([\d_]+),/gm)].map(([, name = '', value = '']) => ({
    name,
    value: Number(value.replaceAll('_', '')).toLocaleString('en').replaceAll(',', ' '),
    meaning: meanings.get(name) ?? '',
  }));
}

function sentence(comment: string): string {
  return comment
    .replace(/\s*\n\s*\*\s*/g, ' ')
    .replaceAll('|', '\\|')
    .trim();
}

async function readTable<Entry>(
  root: string,
  path: string,
  name: string,
): Promise<Readonly<Record<string, Entry>> | undefined> {
  const file = join(root, path);
  if (!existsSync(file)) return undefined;
  const module = (await import(pathToFileURL(file).href)) as Record<
    string,
    Readonly<Record<string, Entry>> | undefined
  >;
  return module[name];
}
