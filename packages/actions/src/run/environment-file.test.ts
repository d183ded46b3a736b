import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { containerStart } from './container-action.ts';
import { withEnvironmentFile } from './environment-file.ts';

test('the environment of a container is in a file that nobody else can read, and that is gone afterwards', async () => {
  const path = await withEnvironmentFile({ A: 'x y=#"z"', EMPTY: '' }, async (file) => {
    expect(await readFile(file, 'utf8')).toBe('A=x y=#"z"\nEMPTY=\n');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    return file;
  });
  expect(existsSync(path)).toBe(false);
});

test.each([
  ['a line break that would set another variable', { A: 'x\nDOCKER_HOST=y' }],
  ['a name that is none', { 'A=B\nC': 'x' }],
])('%s is refused', async (_name, environment) => {
  await expect(withEnvironmentFile(environment, () => Promise.resolve())).rejects.toMatchObject({
    code: 'PAWL_ACTION_INPUT',
  });
});

test('the environment of a step does not steer the client of the engine', () => {
  const environment = { DOCKER_CONFIG: '/evil', LD_PRELOAD: 'secret' };
  const given = { arguments: [], stdin: '', environment, wanted: 'stdout' } as const;
  const start = containerStart('docker', { image: 'alpine' }, given, { name: 'n', network: false, file: '/tmp/e' });
  expect(Object.keys(start.environment)).not.toEqual(expect.arrayContaining(['DOCKER_CONFIG']));
  expect(JSON.stringify(start)).not.toMatch(/evil|secret/);
  expect(start.words).toEqual(expect.arrayContaining(['--env-file', '/tmp/e']));
});
