import { isTestFile, lineAt, type SourceFile } from './source-files.ts';

interface Ban {
  readonly pattern: RegExp;
  readonly why: string;
  /** Files it holds for. */
  readonly where: (path: string) => boolean;
}

const anywhere = (path: string): boolean => !isTestFile(path);
const pure = (path: string): boolean => /^packages\/(jq|core|runtime|prove)\//.test(path) && !isTestFile(path);

/** What neither the compiler nor the linter reports, or what must not depend on their configuration. */
const BANS: readonly Ban[] = [
  { pattern: /(?<![\w.$])eval\(/g, why: 'no text is run as code', where: anywhere },
  { pattern: /\bnew Function\b/g, why: 'no text is run as code', where: anywhere },
  { pattern: /['"](?:node:)?vm['"]/g, why: 'no text is run as code', where: anywhere },
  {
    pattern: /\bimport\s*\{[^}]*\bexec(?:Sync)?\b[^}]*\}\s*from\s*['"]node:child_process['"]/g,
    why: 'a shell reads its argument as code: use spawn or execFile',
    where: anywhere,
  },
  { pattern: /\bshell:\s*true\b/g, why: 'a shell reads its argument as code', where: anywhere },
  { pattern: /\bnew Date\(\)/g, why: 'pure package: `now` is an argument', where: pure },
  {
    pattern: /\.localeCompare\(|\.toLocale\w*\(/g,
    why: 'pure package: the answer depends on the machine',
    where: pure,
  },
  {
    pattern: /\.(?:get|set)(?:FullYear|Month|Date|Day|Hours|Minutes|Seconds|Milliseconds)\(|\.getTimezoneOffset\(/g,
    why: 'pure package: the answer depends on the time zone; use the UTC method',
    where: pure,
  },
  {
    pattern: /^export \* from/gm,
    why: 'an index lists its names',
    where: (path) => /\/src\/(index|internal)\.ts$/.test(path),
  },
];

/** Constructs that the repository does without; a problem is `path:line: what (why)`. */
export function checkCode(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const text = withoutComments(file.text);
    return BANS.filter((ban) => ban.where(file.path)).flatMap((ban) =>
      [...text.matchAll(ban.pattern)].map(
        (match) => `${file.path}:${lineAt(text, match.index)}: ${match[0].trim()} (${ban.why})`,
      ),
    );
  });
}

/** Blanks comment lines and blocks, keeping the line numbers. A `//` after code stays: it may be part of a string. */
function withoutComments(text: string): string {
  return text.replace(/^[ \t]*(?:\/\*[\s\S]*?\*\/|\/\/.*)/gm, (comment) => comment.replace(/[^\n]/g, ' '));
}
