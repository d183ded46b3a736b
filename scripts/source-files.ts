import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** One file of the repository: its path from the root, with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** One import or re-export. */
export interface Import {
  readonly specifier: string;
  /** `import type` or `export type`: gone at run time. */
  readonly typeOnly: boolean;
  /** The names taken; `*` for a namespace, `default` for the default, empty for a bare or a dynamic import. */
  readonly names: readonly string[];
  /** 1-based. */
  readonly line: number;
}

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'coverage', 'fixtures']);

/** All files below `root` that end in one of `extensions`, hidden folders and generated ones left out, by path. */
export function listFiles(root: string, extensions: readonly string[]): SourceFile[] {
  const found: SourceFile[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.') || SKIPPED_FOLDERS.has(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (extensions.some((extension) => entry.name.endsWith(extension))) {
        found.push({ path: relative(root, path).split(sep).join('/'), text: readFileSync(path, 'utf8') });
      }
    }
  };
  visit(root);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Whether the file serves tests or measurements only. */
export function isTestFile(path: string): boolean {
  return /\.(test|testsuite|fixture|bench|spec)\.ts$|\/src\/testing\//.test(path);
}

const STATIC_IMPORT =
  /^[ \t]*(?:import|export)\b(?:\s+(type)\b(?!\s*,|\s+from))?([^'"`;()=]*?)(?:\bfrom\s*)?(['"])([^'"\n]+)\3/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*(['"])([^'"\n]+)\1/g;

/**
 * The imports of a formatted TypeScript file. Statements are read by pattern, not parsed: an import begins its line,
 * as the formatter sees to, and a comment line does not look like one.
 */
export function importsOf(text: string): Import[] {
  const imports: Import[] = [];
  for (const match of text.matchAll(STATIC_IMPORT)) {
    const clause = (match[2] ?? '').trim();
    const statement = match[0].trimStart();
    // `export const x = 'y'` has no `from`; `import 'x'` has no clause.
    if (clause !== '' && !/\bfrom\s*['"]/.test(statement)) continue;
    if (clause === '' && statement.startsWith('export')) continue;
    const names = namesOf(clause);
    imports.push({
      specifier: match[4] ?? '',
      typeOnly:
        match[1] !== undefined ||
        (names.length > 0 && clause.startsWith('{') && names.every((n) => n.startsWith('type '))),
      names: names.filter((name) => !name.startsWith('type ')),
      line: lineAt(text, match.index + (match[0].length - statement.length)),
    });
  }
  for (const match of text.matchAll(DYNAMIC_IMPORT)) {
    imports.push({ specifier: match[2] ?? '', typeOnly: false, names: [], line: lineAt(text, match.index) });
  }
  return imports;
}

/** The 1-based line of a position. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function namesOf(clause: string): string[] {
  const names: string[] = [];
  const braces = /\{([^}]*)\}/.exec(clause);
  for (const part of braces?.[1]?.split(',') ?? []) {
    const name = part.trim().split(/\s+as\s+/)[0];
    if (name !== undefined && name !== '') names.push(name);
  }
  const outside = clause.replace(/\{[^}]*\}/, '');
  if (outside.includes('*')) names.push('*');
  else if (/[A-Za-z_$]/.test(outside)) names.push('default');
  return names;
}
