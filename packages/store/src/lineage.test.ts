import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lease, Store, WorkerStore } from '@pawl/core';
import { FencedError } from '@pawl/core';
import { commitOf, deployFlow, journalOf, newRunId, own, postmasterOf, startOf, waitUntil } from '@pawl/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeHarness, query } from './embedded/harness.ts';
import { type Embedded, startEmbedded } from './embedded/index.ts';
import { freePort } from './free-port.fixture.ts';
import { openStore } from './open-store.ts';

/** A server stops only when its clients are gone, or is not asked. */
const patience = 60_000;

describe('a database that went back', () => {
  const harness = makeHarness();
  let template: string;
  let folder: string;
  let port: number;
  let server: Embedded;
  let store: Store;
  let worker: WorkerStore;
  let flow: string;
  const open: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    template = await harness.makeTemplate();
    port = await freePort();
  }, patience);
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  }, patience);
  afterAll(() => harness.clean(), patience);

  const start = async () => {
    server = await startEmbedded({ dataDir: folder, claim: 'own', port, supervise: false });
  };
  const url = () => server.url.replace(/@[^/]*\//, `@127.0.0.1:${port}/`);
  const lineageFile = () => join(folder, 'lineage.json');
  const begin = async (options: { file?: boolean } = {}) => {
    store = await openStore({ url: url(), ...(options.file ? { lineageFile: lineageFile() } : {}) });
    worker = await store.joinAsWorker({ id: `w${newRunId(1)}`, shares: true });
    flow = (await deployFlow(store.api)).hash;
    const [opened, joined] = [store, worker];
    open.push(async () => {
      await joined.close();
      await opened.close();
    });
  };
  const startAll = async (options: { file?: boolean } = {}) => {
    folder = harness.dataFolder(template);
    await start();
    open.push(() => server.stop());
    await begin(options);
  };
  /** The cluster stops as by a cut of the power, so that its clients need not leave. */
  const cut = async () => {
    const cluster = join(folder, 'pg18');
    const pid = postmasterOf(cluster);
    if (pid !== undefined) process.kill(pid, 'SIGQUIT');
    await waitUntil('the server is gone', () => postmasterOf(cluster) === undefined);
    await server.stop();
  };
  const copy = () => {
    rmSync(join(folder, 'copy'), { recursive: true, force: true });
    cpSync(join(folder, 'pg18'), join(folder, 'copy'), { recursive: true, preserveTimestamps: true });
  };
  const putBack = () => {
    rmSync(join(folder, 'pg18'), { recursive: true, force: true });
    cpSync(join(folder, 'copy'), join(folder, 'pg18'), { recursive: true, preserveTimestamps: true });
    chmodSync(join(folder, 'pg18'), 0o700);
  };
  const beats = () =>
    waitUntil('it beats', () =>
      worker.beat().then(
        () => true,
        () => false,
      ),
    );
  const lineage = async () => (await worker.view()).lineage?.number;
  const write = async (lease: Lease, run: string, seq: number) => {
    await worker.commit(
      commitOf([lease], {
        ...(seq === 1 ? { starts: [startOf(run, flow)] } : {}),
        journal: [journalOf(run, seq)],
      }),
    );
  };

  it(
    'has one lineage as long as it only crashes, restarts, and is opened by others',
    async () => {
      await startAll({ file: true });
      const lease = await own(worker, 1);
      const run = newRunId(1);
      await write(lease, run, 1);
      await cut();
      await start();
      await beats();
      await waitUntil('it commits', () =>
        write(lease, run, 2).then(
          () => true,
          () => false,
        ),
      );
      await begin({ file: true });
      expect(await lineage()).toBe(0);
    },
    patience,
  );

  it(
    'is noticed by a worker that lives, at its next commit: an acknowledged row is missing',
    async () => {
      await startAll();
      const lease = await own(worker, 1);
      const run = newRunId(1);
      await write(lease, run, 1);
      await cut();
      copy();
      await start();
      await beats();
      await write(lease, run, 2);
      await cut();
      putBack();
      await start();
      let refused: unknown;
      await waitUntil('the commit is refused', async () => {
        refused = await write(lease, run, 3).catch((thrown: unknown) => thrown);
        return refused instanceof FencedError;
      });
      expect(refused).toMatchObject({ partitions: [1] });
      expect(await lineage()).toBe(1);
      expect((await worker.run(run))?.journal.map((row) => row.to)).toEqual([1]);
      const { leases } = await worker.view();
      expect(leases.every((view) => view.worker === null)).toBe(true);
      expect(leases[1]?.epoch).toBeGreaterThan(lease.epoch + 1_000_000);
      await write(await own(worker, 1), run, 2);
    },
    patience,
  );

  it(
    'is noticed by a worker that lives and has only beaten, by the length of the log',
    async () => {
      await startAll();
      await cut();
      copy();
      await start();
      await beats();
      await beats();
      await cut();
      putBack();
      await start();
      await beats();
      expect(await lineage()).toBe(1);
      await beats();
      expect(await lineage(), 'once').toBe(1);
    },
    patience,
  );

  it(
    'is noticed by a process that starts later, where a file beside it remembers',
    async () => {
      await startAll({ file: true });
      const lease = await own(worker, 1);
      await cut();
      copy();
      await start();
      await beats();
      await write(lease, newRunId(1), 1);
      await begin({ file: true });
      for (const close of open.splice(1).reverse()) await close();
      await cut();
      putBack();
      await start();
      await begin({ file: true });
      expect(await lineage()).toBe(1);
    },
    patience,
  );

  it(
    'is noticed by anybody when its log has another timeline',
    async () => {
      await startAll();
      for (const close of open.splice(1).reverse()) await close();
      await cut();
      const cluster = join(folder, 'pg18');
      writeFileSync(join(cluster, 'recovery.signal'), '');
      writeFileSync(join(cluster, 'custom.conf'), "restore_command = 'false'\n", { flag: 'a' });
      await start();
      // It takes connections before it has left the recovery.
      await waitUntil('it writes', () =>
        begin().then(
          () => true,
          () => false,
        ),
      );
      expect(await lineage()).toBe(1);
      await begin();
      expect(await lineage(), 'once').toBe(1);
    },
    patience,
  );

  it(
    'is noticed by anybody when it was copied within its cluster',
    async () => {
      await startAll();
      for (const close of open.splice(1).reverse()) await close();
      await query(server.url.replace(/\/pawl$/, '/postgres'), 'create database other template pawl');
      store = await openStore({ url: url().replace(/\/pawl$/, '/other') });
      worker = await store.joinAsWorker({ id: 'elsewhere', shares: true });
      const [opened, joined] = [store, worker];
      open.push(async () => {
        await joined.close();
        await opened.close();
      });
      expect(await lineage()).toBe(1);
    },
    patience,
  );

  it(
    'begins a new lineage when a person says so',
    async () => {
      await startAll();
      const lease = await own(worker, 3);
      await query(server.url, 'select pawl.begin_lineage()');
      await expect(write(lease, newRunId(3), 1)).rejects.toBeInstanceOf(FencedError);
      expect(await lineage()).toBe(1);
    },
    patience,
  );
});
