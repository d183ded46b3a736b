import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { isRunning, makeHarness, query } from './harness.ts';

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
const { root, dataFolder, startProcess, clean } = makeHarness();
afterAll(clean, 60_000);

// Only root can be root: elsewhere these are skipped, and the other tests run PostgreSQL as the current user.
describe.skipIf(!isRoot)('as root', { timeout: 60_000 }, () => {
  it('works in a user namespace, inside a home that only root may enter; the files stay root’s', async () => {
    const home = join(root, 'home');
    mkdirSync(home, { mode: 0o700 });
    const dataDir = dataFolder(undefined, home);
    const user = startProcess({ dataDir, claim: 'own' });
    const report = await user.report;
    expect(report).toMatchObject({ event: 'up' });
    expect(await query(report.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(statSync(join(dataDir, 'pg18')).uid).toBe(0);
    await user.stop();
    expect(isRunning(dataDir)).toBe(false);
  });

  it('works as another user where there are no user namespaces, inside such a home too, and again where there are', async () => {
    const home = join(root, 'home-2');
    mkdirSync(home, { mode: 0o700 });
    const dataDir = dataFolder(undefined, home);
    for (const env of [without('unshare'), without('unshare'), {}]) {
      const user = startProcess({ dataDir, claim: 'own' }, { env });
      const report = await user.report;
      expect(report).toMatchObject({ event: 'up' });
      expect(await query(report.url, 'select 1 as one')).toEqual([{ one: 1 }]);
      expect(statSync(join(dataDir, 'pg18')).uid).not.toBe(0);
      await user.stop();
      expect(isRunning(dataDir)).toBe(false);
    }
  });

  it('works as another user that reaches the data folder by itself', async () => {
    chmodSync(root, 0o755);
    const dataDir = dataFolder();
    const user = startProcess({ dataDir, claim: 'own' }, { env: without('unshare', 'setpriv') });
    const report = await user.report;
    // Where the programs themselves lie below a folder that only root may enter, this way is closed.
    const canReach = report.event === 'up';
    expect(report).toMatchObject(canReach ? { event: 'up' } : { event: 'refused', code: 'PAWL_STORE_ROOT' });
    const rows = canReach ? await query(report.url, 'select 1 as one') : [{ one: 1 }];
    expect(rows).toEqual([{ one: 1 }]);
    await (canReach ? user.stop() : user.kill());
    expect(isRunning(dataDir)).toBe(false);
  });

  it('says in one sentence that no account works', async () => {
    const home = join(root, 'home-3');
    mkdirSync(home, { mode: 0o700 });
    const user = startProcess(
      { dataDir: dataFolder(undefined, home), claim: 'own' },
      { env: without('unshare', 'setpriv') },
    );
    expect(await user.report).toMatchObject({ event: 'refused', code: 'PAWL_STORE_ROOT' });
  });

  it('says that the disk is full when there is no room for a cluster', async (context) => {
    const dataDir = dataFolder();
    mkdirSync(dataDir);
    const mounted = ['unshare', '--mount', '/bin/sh', '-c', 'mount -t tmpfs -o size=8m tmpfs "$0" && "$@"', dataDir];
    const mayMount = spawnSync(mounted[0] as string, [...mounted.slice(1), 'true']).status === 0;
    if (!mayMount) return context.skip('root may not mount a small disk here');
    const report = await startProcess({ dataDir, claim: 'own' }, { through: mounted }).report;
    const message = expect.stringContaining('is full');
    expect(report).toMatchObject({ event: 'refused', code: 'PAWL_STORE_EMBEDDED', message });
  });
});

/** An environment in which the programs named do not work. */
function without(...programs: string[]): NodeJS.ProcessEnv {
  const folder = mkdtempSync(join(root, 'path-'));
  chmodSync(folder, 0o755);
  for (const program of programs) writeFileSync(join(folder, program), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  return { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
}
