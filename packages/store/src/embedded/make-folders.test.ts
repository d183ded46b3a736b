import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeFolders } from './make-folders.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'pawl-folders-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

it('makes every missing folder of a path for its owner alone, and again without harm', () => {
  const folder = join(base, 'a', 'b', 'c');
  makeFolders(folder);
  makeFolders(folder);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

it.skipIf(!existsSync('/proc/self'))('ends below a folder that says of its own children that they are missing', () => {
  expect(() => makeFolders('/proc/pawl/data')).toThrow(/ENOENT/);
});

it('says so where a file is in the way', () => {
  writeFileSync(join(base, 'file'), '');
  expect(() => makeFolders(join(base, 'file', 'data'))).toThrow(/ENOTDIR/);
});
