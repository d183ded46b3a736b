import { expect, test } from 'vitest';
import { checkLockfile } from './check-lockfile.ts';

const check = (entry: object): string[] =>
  checkLockfile(JSON.stringify({ packages: { '': {}, 'node_modules/a': entry } }));

test('the lockfile may name neither a registry nor a package without its hash', () => {
  expect(check({ version: '1.0.0', integrity: 'sha512-x' })).toEqual([]);
  expect(check({ resolved: 'packages/a', link: true })).toEqual([]);
  expect(check({ version: '1.0.0', integrity: 'sha512-x', resolved: 'https://example.org/a.tgz' })).toHaveLength(1);
  expect(check({ version: '1.0.0' })).toHaveLength(1);
});
