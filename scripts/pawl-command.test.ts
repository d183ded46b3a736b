import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './run-tool.ts';
import { tempTree } from './temp-tree.ts';

const MAIN = 'const args: string[] = process.argv.slice(2);\nconsole.log(args.join());\nprocess.exitCode = 3;\n';

function pawl(files: Record<string, string>): { status: number | null; stdout: string; stderr: string } {
  const folder = tempTree(files);
  cpSync(join(root, 'bin/pawl.mjs'), join(folder, 'bin/pawl.mjs'));
  cpSync(join(root, 'scripts/node24.mjs'), join(folder, 'scripts/node24.mjs'));
  return spawnSync(process.execPath, [join(folder, 'bin/pawl.mjs'), 'run', 'a b.yaml'], { encoding: 'utf8' });
}

test('the pawl command runs the sources with its arguments and ends with their exit code', () => {
  const files = {
    'package.json': '{"type":"module"}',
    'packages/cli/src/main.ts': MAIN,
    'node_modules/a/index.js': '',
  };
  expect(pawl(files)).toMatchObject({ status: 3, stdout: 'run,a b.yaml\n' });
});

test('the pawl command says what to do when nothing is installed', () => {
  const { status, stderr } = pawl({ 'package.json': '{"type":"module"}', 'packages/cli/src/main.ts': MAIN });
  expect(status).toBe(2);
  expect(stderr).toContain('npm start');
});
