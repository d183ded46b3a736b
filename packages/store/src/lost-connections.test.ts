import { FencedError, type PawlError, type Store, UnknownCommitError, type WorkerStore } from '@pawl/core';
import {
  commitOf,
  createTestDatabase,
  deployFlow,
  journalOf,
  newRunId,
  own,
  startOf,
  startTcpProxy,
  type TcpProxy,
  type TestDatabase,
  waitUntil,
} from '@pawl/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from './open-store.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

describe('lost connections', () => {
  let server: TestServer;
  let database: TestDatabase;
  let proxy: TcpProxy;
  let store: Store;
  let worker: WorkerStore;
  let rival: WorkerStore;
  let flow: string;

  beforeAll(async () => {
    server = await startTestServer();
    database = await createTestDatabase('pawl_store_lost', server.url);
    const url = new URL(database.url);
    proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port || 5432) });
    url.host = `127.0.0.1:${proxy.port}`;
    store = await openStore({ url: url.href });
    worker = await store.joinAsWorker({ id: 'shaken', shares: true });
    rival = await store.joinAsWorker({ id: 'rival', shares: true });
    flow = (await deployFlow(store.api)).hash;
  });
  afterAll(async () => {
    await worker.close();
    await rival.close();
    await store.close();
    await proxy.close();
    await database.drop();
    await server.stop();
  });

  const begin = async (partition: number) => {
    const lease = await own(worker, partition);
    const run = newRunId(partition);
    await worker.commit(commitOf([lease], { starts: [startOf(run, flow)], journal: [journalOf(run, 1)] }));
    return { lease, run };
  };
  const recorded = async (partition: number) =>
    (await database.query<{ pid: number }>('select pid from pawl.lease where partition = $1', [partition]))[0]?.pid;

  it('a commit whose reply is lost is unknown; a takeover from oneself shows that it was written', async () => {
    const { lease, run } = await begin(1);
    const sprung = proxy.breakAt('pawl-commit', 'after');
    await expect(worker.commit(commitOf([lease], { journal: [journalOf(run, 2)] }))).rejects.toBeInstanceOf(
      UnknownCommitError,
    );
    await sprung;
    const next = await worker.takeOver(1, lease.epoch);
    expect(next).toEqual({ partition: 1, epoch: lease.epoch + 1 });
    expect((await worker.run(run))?.journal).toHaveLength(2);
    await worker.commit(commitOf([next!], { journal: [journalOf(run, 3)] }));
  });

  it('a commit that never arrived is unknown too, and found not written', async () => {
    const { lease, run } = await begin(2);
    const sprung = proxy.breakAt('pawl-commit', 'before');
    await expect(worker.commit(commitOf([lease], { journal: [journalOf(run, 2)] }))).rejects.toBeInstanceOf(
      UnknownCommitError,
    );
    await sprung;
    const next = await worker.takeOver(2, lease.epoch);
    expect((await worker.run(run))?.journal).toHaveLength(1);
    await worker.commit(commitOf([next!], { journal: [journalOf(run, 2)] }));
  });

  it('a zombie commit of before the takeover from oneself is fenced, however late it runs', async () => {
    const { lease, run } = await begin(3);
    await worker.takeOver(3, lease.epoch);
    await expect(worker.commit(commitOf([lease], { journal: [journalOf(run, 2)] }))).rejects.toBeInstanceOf(
      FencedError,
    );
    expect((await worker.run(run))?.journal).toHaveLength(1);
  });

  it('a commit that cannot be sent says that the database cannot be reached, and succeeds when it can', async () => {
    const { lease, run } = await begin(4);
    const pid = await recorded(4);
    proxy.refuse(true);
    proxy.breakAll();
    const row = commitOf([lease], { journal: [journalOf(run, 2)] });
    // The connection's end may reach the client only with the first commit: then nobody knows whether that one was sent.
    const first = await worker.commit(row).catch((error: unknown) => error);
    expect(first instanceof UnknownCommitError || (first as PawlError).code === 'PAWL_STORE_UNREACHABLE').toBe(true);
    const second = await worker.commit(row).catch((error: unknown) => error);
    expect((second as PawlError).code).toBe('PAWL_STORE_UNREACHABLE');
    await expect(worker.run(run)).rejects.toMatchObject({ code: 'PAWL_STORE_UNREACHABLE' });
    proxy.refuse(false);
    await worker.commit(row);
    expect((await worker.run(run))?.journal).toHaveLength(2);
    expect(await recorded(4), 'the lease names the new backend').not.toBe(pid);
  });

  it('a worker knows that its lock was lost in between, and holds it again by itself', async () => {
    await waitUntil('both workers hold their locks', () => worker.lockHeld() && rival.lockHeld());
    proxy.breakAll();
    await waitUntil('the loss is seen', async () =>
      worker.beat().then(
        () => false,
        () => true,
      ),
    );
    expect(worker.lockHeld()).toBe(false);
    await waitUntil('the lock is held again', async () =>
      worker.beat().then(
        () => true,
        () => false,
      ),
    );
    expect(worker.lockHeld()).toBe(true);
    const { workers } = await worker.view();
    expect(workers.find((view) => view.worker === 'shaken')?.locked).toBe(true);
  });

  it('takes its lock from an old connection of its own that the server still believes in', async () => {
    await waitUntil('the lock is held', async () =>
      worker.beat().then(
        () => true,
        () => false,
      ),
    );
    const holders = async () =>
      (
        await database.query<{ pid: number }>(
          "select pid from pg_locks where locktype = 'advisory' and objsubid = 2 and granted",
        )
      ).map((row) => row.pid);
    const before = await holders();
    worker.lockHeld();
    proxy.breakAll('silently');
    await waitUntil('the loss is seen', async () =>
      worker.beat().then(
        () => false,
        () => true,
      ),
    );
    await waitUntil('the lock is held again', async () =>
      worker.beat().then(
        () => true,
        () => false,
      ),
    );
    await waitUntil('the rival holds its lock again', async () => (await holders()).length === 2);
    expect((await holders()).filter((pid) => before.includes(pid))).toEqual([]);
  });

  it('a commit whose backend is ended by an administrator is unknown', async () => {
    const { lease, run } = await begin(5);
    const blocker = new pg.Client({ connectionString: database.url });
    await blocker.connect();
    await blocker.query('begin');
    await blocker.query(
      'insert into pawl.journal (run, seq_from, seq_to, checksum, partition, format, body) values ($1, 2, 2, 0, 5, 1, $2)',
      [run, '[]'],
    );
    const commit = worker.commit(commitOf([lease], { journal: [journalOf(run, 2)] }));
    commit.catch(() => {});
    const pid = await recorded(5);
    await waitUntil('the commit waits for the other transaction', async () => {
      const [row] = await database.query<{ waits: boolean }>('select cardinality(pg_blocking_pids($1)) > 0 as waits', [
        pid,
      ]);
      return row?.waits === true;
    });
    await database.query('select pg_terminate_backend($1)', [pid]);
    await expect(commit).rejects.toBeInstanceOf(UnknownCommitError);
    await blocker.query('rollback');
    await blocker.end();
    expect((await worker.run(run))?.journal).toHaveLength(1);
  });

  it('ends the recorded backend of an owner that stopped in the midst of a transaction', async () => {
    const { lease, run } = await begin(6);
    const zombie = await stoppedOwner(database, 6);
    const next = await rival.takeOver(6, lease.epoch);
    expect(next).toEqual({ partition: 6, epoch: lease.epoch + 1 });
    await expect(zombie.query('commit')).rejects.toThrow(/terminat|not queryable/);
    expect((await rival.run(run))?.journal).toHaveLength(1);
  });

  it('leaves a backend alone that is not the recorded one, even with the same process id', async () => {
    const { lease } = await begin(7);
    const bystander = await stoppedOwner(database, 7);
    await database.query("update pawl.lease set backend_start = backend_start - interval '1 hour' where partition = 8");
    await database.query(
      `update pawl.lease set pid = (select pid from pawl.lease where partition = 7),
         backend_start = (select backend_start - interval '1 second' from pawl.lease where partition = 7) where partition = 8`,
    );
    const epoch = (await worker.view()).leases.find((view) => view.partition === 8)!.epoch;
    expect(await database.query('select pawl.end_owner(8::smallint, $1, 0) as ended', [epoch])).toEqual([
      { ended: false },
    ]);
    await bystander.query('rollback');
    await bystander.end();
    expect(await rival.takeOver(7, lease.epoch)).toBeDefined();
  });

  it('gives up a look that the network swallows, and makes the next one on another connection', async () => {
    const swallowed = proxy.holdHalfAt('as leases');
    const look = worker.view().then(
      () => 'answered',
      (error: PawlError) => error.code,
    );
    await swallowed;
    expect((await worker.view()).leases).toHaveLength(256);
    expect(await look).toBe('PAWL_STORE_UNREACHABLE');
  }, 15_000);

  it('wakes nobody and harms nothing when a wake-up cannot be sent', async () => {
    const { run } = await begin(9);
    proxy.breakAll();
    const message = { kind: 'cancel', by: 'lena' } as const;
    await waitUntil('the message is accepted', () =>
      store.api.send('default', { partition: 9, id: 'after the break', run, at: 1, message }).catch(() => false),
    );
    await waitUntil('it is read', async () => {
      const rows = await worker.inbox([9], new Set(), 10).catch(() => []);
      return rows.length === 1;
    });
    expect((await worker.inbox([9], new Set(), 10)).map((row) => row.id)).toEqual(['after the break']);
  });
});

/** A session that holds the share lock of a partition's commits and does not go on, recorded as its owner's backend. */
async function stoppedOwner(database: TestDatabase, partition: number): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url });
  client.on('error', () => {});
  await client.connect();
  await client.query(
    `update pawl.lease l set pid = a.pid, backend_start = a.backend_start
       from pg_stat_activity a where a.pid = pg_backend_pid() and l.partition = $1`,
    [partition],
  );
  await client.query('begin');
  await client.query('select from pawl.lease where partition = $1 for share', [partition]);
  return client;
}
