import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root, runTool, type ToolResult } from './run-tool.ts';
import { tempTree } from './temp-tree.ts';

const TIMEOUT_MS = 60_000;
const configuration = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The tree with the repository's own configuration, as the tools find it. */
function configured(files: Record<string, string>): string {
  const folder = tempTree({
    ...Object.fromEntries(
      ['.oxlintrc.json', 'tsconfig.base.json', 'packages/core/tsconfig.json'].map((path) => [
        path,
        configuration(path),
      ]),
    ),
    ...files,
  });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function lint(files: Record<string, string>): Promise<ToolResult> {
  const folder = configured(files);
  const args = ['--type-aware', '-c', join(folder, '.oxlintrc.json'), '-f', 'unix', 'packages'];
  return runTool('oxlint', args, { live: false, timeoutMs: TIMEOUT_MS, cwd: folder });
}

describe('the lint rules', () => {
  test.each([
    ['filename-case', 'packages/core/src/badName.ts', 'export const a = 1;\n'],
    ['max-lines', 'packages/core/src/a.ts', `export const a = 1;\n${'//\n'.repeat(400)}`],
    ['max-lines-per-function', 'packages/core/src/a.ts', `export function f(): void {\n${'\n//\n'.repeat(40)}}\n`],
    ['max-statements', 'packages/core/src/a.ts', `export function f(): void {\n${'f();'.repeat(36)}}\n`],
    ['no-floating-promises', 'packages/store/src/a.ts', 'async function f(): Promise<void> {}\nf();\n'],
    ['no-floating-promises', 'packages/core/src/a.test.ts', 'async function f(): Promise<void> {}\nf();\n'],
    ['no-implied-eval', 'packages/store/src/a.ts', "setTimeout('alert(1)', 1);\n"],
    ['no-restricted-properties', 'packages/runtime/src/a.ts', 'export const a = Date.now();\n'],
    ['no-restricted-properties', 'packages/jq/src/a.ts', 'export const a = Math.random();\n'],
    ['no-restricted-globals', 'packages/actions/src/a.ts', "export const a = fetch('https://example.org');\n"],
  ])('%s refuses %s', async (rule, path, text) => {
    const { code, output } = await lint({ [path]: text });
    expect(output).toContain(`(${rule})`);
    expect(code).not.toBe(0);
  });

  test('leave the size of tests free', async () => {
    const text = `export function f(): void {\n${'f();\n'.repeat(500)}}\n`;
    expect(await lint({ 'packages/core/src/a.test.ts': text })).toMatchObject({ code: 0 });
  });
});

describe('the compiler, in a pure package', () => {
  test.each(["import 'node:fs';", 'setTimeout(() => {}, 1);', 'process.exit();', "fetch('x');", "console.log('x');"])(
    'refuses %s',
    async (text) => {
      const folder = configured({ 'packages/core/src/a.ts': `${text}\nexport const a = 1;\n` });
      const args = ['--noEmit', '-p', 'packages/core'];
      const { code, output } = await runTool('typescript tsc', args, {
        live: false,
        timeoutMs: TIMEOUT_MS,
        cwd: folder,
      });
      expect(output).toContain('packages/core/src/a.ts(1,');
      expect(code).not.toBe(0);
    },
  );
});
