import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lease, Store, WorkerStore } from '@pawl/core';
import { FencedError } from '@pawl/core';
import {
  commitOf,
  deployFlow,
  journalOf,
  newRunId,
  own,
  startOf,
  startTcpProxy,
  type TcpProxy,
  waitUntil,
} from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from './free-port.fixture.ts';
import { openStore } from './open-store.ts';

/** The programs of an installed PostgreSQL: the npm package has none that makes a standby. */
const binaries = ['18', '17', '16', '15']
  .map((version) => `/usr/lib/postgresql/${version}/bin`)
  .find((folder) => existsSync(join(folder, 'pg_basebackup')));
const isRoot = process.getuid?.() === 0;
/** PostgreSQL refuses to run as root; the owner of an installed one is at hand. */
const nobody = 65_534;
const patience = 120_000;

const run = (program: string, ...args: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const as = isRoot ? { uid: nobody, gid: nobody } : {};
    const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
    execFile(join(binaries ?? '', program), args, { ...as, env, cwd: '/' }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program}: ${stderr}`, { cause: error }));
    });
  });

describe.skipIf(binaries === undefined)(
  'a standby that was promoted (needs pg_basebackup under /usr/lib/postgresql)',
  () => {
    let root: string;
    let proxy: TcpProxy;
    let store: Store;
    let worker: WorkerStore;
    let flow: string;
    let ports: { primary: number; standby: number };

    const start = (name: string, port: number) =>
      run(
        'pg_ctl',
        ...['-D', join(root, name), '-l', join(root, `${name}.log`), '-w', '-t', '60'],
        ...['-o', `-p ${port} -k ${root} -c listen_addresses=127.0.0.1 -c fsync=on -c max_connections=40`, 'start'],
      );
    const stop = (name: string) => run('pg_ctl', '-D', join(root, name), '-m', 'immediate', '-w', 'stop');

    beforeAll(async () => {
      root = mkdtempSync(join(tmpdir(), 'pawl-standby-'));
      if (isRoot) chownSync(root, nobody, nobody);
      ports = { primary: await freePort(), standby: await freePort() };
      await run('initdb', '-D', join(root, 'primary'), '-U', 'postgres', '-A', 'trust', '--no-sync');
      await start('primary', ports.primary);
      const source = `postgresql://postgres@127.0.0.1:${ports.primary}`;
      await run('pg_basebackup', '-D', join(root, 'standby'), '-R', '-X', 'stream', '-c', 'fast', '-d', source);
      await start('standby', ports.standby);
      proxy = await startTcpProxy({ host: '127.0.0.1', port: ports.primary });
      store = await openStore({ url: `postgresql://postgres@127.0.0.1:${proxy.port}/postgres` });
      worker = await store.joinAsWorker({ id: 'w', shares: true });
      flow = (await deployFlow(store.api)).hash;
    }, patience);
    afterAll(async () => {
      await worker?.close();
      await store?.close();
      await proxy?.close();
      for (const name of readdirSync(root)) if (existsSync(join(root, name, 'postmaster.pid'))) await stop(name);
      rmSync(root, { recursive: true, force: true });
    }, patience);

    const write = (lease: Lease, id: string, seq: number) =>
      worker.commit(
        commitOf([lease], {
          ...(seq === 1 ? { starts: [startOf(id, flow)] } : {}),
          journal: [journalOf(id, seq)],
        }),
      );

    it(
      'is refused while it only reads, and begins a new lineage as the primary',
      async () => {
        const standby = `postgresql://postgres@127.0.0.1:${ports.standby}/postgres`;
        await expect(openStore({ url: standby })).rejects.toMatchObject({ code: 'PAWL_STORE_UNREACHABLE' });
        const lease = await own(worker, 1);
        const id = newRunId(1);
        await write(lease, id, 1);
        await waitUntil('the standby has it', async () => {
          const rows = await run('psql', '-XAt', '-d', standby, '-c', 'select count(*) from pawl.journal').catch(
            () => '',
          );
          return rows.trim() === '1';
        });
        // What is written from here on never reaches it.
        await run('psql', '-X', '-d', standby, '-c', 'select pg_wal_replay_pause()');
        await write(lease, id, 2);
        await stop('primary');
        await run('psql', '-X', '-d', standby, '-c', 'select pg_wal_replay_resume()');
        await run('pg_ctl', '-D', join(root, 'standby'), '-w', 'promote');
        proxy.redirect({ host: '127.0.0.1', port: ports.standby });
        let refused: unknown;
        await waitUntil('the commit is refused', async () => {
          refused = await write(lease, id, 3).catch((thrown: unknown) => thrown);
          return refused instanceof FencedError;
        });
        const { lineage, leases } = await worker.view();
        expect(lineage?.number).toBe(1);
        expect(leases[1]?.worker).toBeNull();
        await waitUntil('it beats', () =>
          worker.beat().then(
            () => true,
            () => false,
          ),
        );
        const next = await own(worker, 1);
        const last = (await worker.journal(id)).at(-1)?.to ?? 0;
        await write(next, id, last + 1);
        expect((await worker.view()).lineage?.number, 'once').toBe(1);
      },
      patience,
    );
  },
);
