import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkCode } from './check-code.ts';
import { checkDocs } from './check-docs.ts';
import { checkExemptions } from './check-exemptions.ts';
import { checkImports } from './check-imports.ts';
import { checkLockfile } from './check-lockfile.ts';
import { root, runTool } from './run-tool.ts';
import { listFiles, type SourceFile } from './source-files.ts';

/** One static check of the repository. `run` resolves to what is wrong, empty if nothing is. */
export interface Gate {
  readonly name: string;
  readonly run: () => Promise<string>;
}

const TOOL_TIMEOUT_MS = 300_000;
const PURE_PACKAGES = ['jq', 'core', 'runtime', 'prove'];

/** The static gates in the order in which they start; the slowest first. */
export const gates: readonly Gate[] = [
  { name: 'types', run: () => tool('typescript tsc', ['--noEmit', '-p', 'tsconfig.json']) },
  { name: 'types-pure', run: checkPureTypes },
  {
    name: 'lint',
    run: () => tool('oxlint', ['--type-aware', '--deny-warnings', '--report-unused-disable-directives', '-f', 'unix']),
  },
  { name: 'unused', run: () => tool('knip', ['--no-progress', '--no-config-hints']) },
  { name: 'format', run: () => tool('@biomejs/biome biome', ['format', '--reporter=summary', '.']) },
  { name: 'imports', run: async () => checkImports(sources(['.ts'])).join('\n') },
  { name: 'code', run: async () => checkCode(sources(['.ts', '.mjs'])).join('\n') },
  { name: 'exemptions', run: async () => checkExemptions(sources(['.ts', '.mjs'])).join('\n') },
  { name: 'docs', run: async () => (await checkDocs(root)).join('\n') },
  {
    name: 'lockfile',
    run: async () => checkLockfile(readFileSync(join(root, 'package-lock.json'), 'utf8')).join('\n'),
  },
];

async function tool(name: string, args: readonly string[]): Promise<string> {
  const { code, output } = await runTool(name, args, { live: false, timeoutMs: TOOL_TIMEOUT_MS });
  if (code === 0) return '';
  return output.trim() === '' ? `${name} ended with ${code}` : output;
}

/** The pure packages once more, without the types of Node: what they use of it does not compile. */
async function checkPureTypes(): Promise<string> {
  const outputs: string[] = [];
  for (const name of PURE_PACKAGES) {
    outputs.push(await tool('typescript tsc', ['--noEmit', '-p', `packages/${name}`]));
  }
  return outputs.filter((output) => output !== '').join('\n');
}

function sources(extensions: readonly string[]): SourceFile[] {
  return listFiles(root, extensions);
}
