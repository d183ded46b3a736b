#!/usr/bin/env node
// The `pawl` command. It is started by whatever Node the machine has and runs the
// sources on Node 24: in this very process where that is what started it, else as
// a child whose input, output, signals and exit code are its own.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { findNode24 } from '../scripts/node24.mjs';

const main = new URL('../packages/cli/src/main.ts', import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));

const node = findNode24(root);
if (node === undefined || !existsSync(new URL('../node_modules', import.meta.url))) {
  process.stderr.write('pawl: the dependencies are not installed yet; run `npm start` in the repository once.\n');
  process.exit(2);
}
if (node === process.execPath) {
  process.argv[1] = fileURLToPath(main);
  await import(main.href);
} else {
  runOn(node);
}

/** Runs the command as a child on `node` and ends as it ends. */
function runOn(node) {
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  // A terminal sends Ctrl-C to both processes; forwarded as well, it would count as two.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  child.on('error', (error) => {
    process.stderr.write(`pawl: Node 24 could not be started (${error.message}).\n`);
    process.exit(2);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
