/**
 * How fast one worker commits, and what a parked run weighs. Run by hand:
 *   node packages/store/src/commit.bench.ts [database server URL]
 */
import type { Lease, WorkerStore } from '@pawl/core';
import {
  commitOf,
  createTestDatabase,
  deployFlow,
  headOf,
  journalOf,
  newRunId,
  startOf,
  testEpoch,
  type TestDatabase,
} from '@pawl/testkit';
import { openStore } from './open-store.ts';

const batchSizes = (process.env.SIZES ?? '1,10,100,256,1000').split(',').filter(Boolean).map(Number);
const secondsPerSize = 3;
/** A body as a step's commit has it. */
const body = `[${'{"t":"step.completed","at":1790000000000,"p":"/do/0/pay","o":{"id":"order-1234567","total":12.5}},'.repeat(3).slice(0, 248)}]`;
const parkedRuns = 100_000;

const database = await createTestDatabase('pawl_store_bench', process.argv[2]);
const store = await openStore({ url: database.url });
try {
  const worker = await store.joinAsWorker({ id: 'bench', shares: true });
  const { hash: flow } = await deployFlow(store.api);
  const { leases } = await worker.view();
  const owned = await Promise.all(leases.map(({ partition, epoch }) => worker.takeOver(partition, epoch)));
  const held = owned.filter((lease) => lease !== undefined);
  for (const size of batchSizes) await measureRows(worker, held, flow, size);
  await measureParkedRun(database, worker, held, flow);
  await worker.close();
} finally {
  await store.close();
  await database.drop();
}

async function measureRows(worker: WorkerStore, leases: Lease[], flow: string, size: number): Promise<void> {
  const runs = Array.from({ length: size }, (_, i) => newRunId(i % leases.length));
  await worker.commit(commitOf(leases, { starts: runs.map((run) => startOf(run, flow)) }));
  const used = leases.slice(0, Math.min(size, leases.length));
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
  let rows = 0;
  let commits = 0;
  for (let seq = 1; performance.now() - startedAt < secondsPerSize * 1_000; seq += 1) {
    await worker.commit(commitOf(used, { journal: runs.map((run) => journalOf(run, seq, seq, body)) }));
    rows += size;
    commits += 1;
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const line = {
    batch: size,
    rowsPerSecond: Math.round(rows / seconds),
    msPerCommit: Number(((seconds * 1_000) / commits).toFixed(2)),
    nodeMicrosecondsPerRow: Number(((user + system) / rows).toFixed(1)),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Starts runs and parks them each in a later commit, as a worker does; then vacuums, as the server does. */
async function measureParkedRun(
  target: TestDatabase,
  worker: WorkerStore,
  leases: Lease[],
  flow: string,
): Promise<void> {
  await target.query('truncate pawl.run, pawl.journal');
  const size = 500;
  for (let done = 0; done < parkedRuns; done += size) {
    const runs = Array.from({ length: size }, (_, i) => newRunId((done + i) % leases.length));
    await worker.commit(
      commitOf(leases, {
        starts: runs.map((run) => startOf(run, flow)),
        journal: runs.map((run) => journalOf(run, 1, 3, body)),
      }),
    );
    const heads = runs.map((run) => headOf(run, { status: 'waiting', waitingFor: 'timer', loaded: false }));
    const timers = heads.map(({ partition, run }, i) => ({
      partition,
      run,
      at: testEpoch + 3_600_000 + 7 * (done + i),
    }));
    await worker.commit(commitOf(leases, { heads, timers }));
    if (done % 20_000 === 0) await target.query('vacuum pawl.run');
  }
  await target.query('vacuum pawl.run');
  const sizes = await target.query<{ name: string; bytes: number }>(
    `select c.relname as name, (pg_relation_size(c.oid) / $1)::int as bytes from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'pawl' and c.relkind in ('r', 'i') and (c.relname like 'run%' or c.relname like 'journal%')
         and pg_relation_size(c.oid) > 8192 order by 2 desc`,
    [parkedRuns],
  );
  const total = sizes.reduce((sum, part) => sum + part.bytes, 0);
  process.stdout.write(
    `${JSON.stringify({ parkedRuns, bytesPerRun: total, ...Object.fromEntries(sizes.map((part) => [part.name, part.bytes])) })}\n`,
  );
}
