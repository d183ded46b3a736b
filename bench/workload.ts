// One workload in a process of its own; child of run.ts. Sends its figures to the parent.
import pg from 'pg';
import adapter from './adapters/pawl.mjs';
import { marks } from './lib/common.mjs';
import type { Measured } from './table.ts';

interface Options {
  readonly workload: string;
  readonly runs: number;
  readonly conc: number;
  readonly steps: number;
  readonly database: string;
}

const mebibyte = 1_048_576;

type Figures = Readonly<Record<string, number>>;

const options = JSON.parse(process.argv[2] ?? '{}') as Options;
const workloads: Record<string, (options: Options) => Promise<Figures>> = {
  w1: throughput,
  w2: latency,
  w4: long,
  w5: parked,
  parked,
  loop: long,
};
const workload = workloads[options.workload];
if (workload === undefined) throw new Error(`no workload ${options.workload}`);
await adapter.boot();
const figures = await workload(options);
process.send?.({ workload: options.workload, ...figures } satisfies Measured, () => process.exit(0));

/** W1: runs of ten steps, all at once. */
async function throughput({ runs, conc }: Options): Promise<Figures> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await adapter.startMany('ten', runs, conc);
  await adapter.waitDone('ten', runs);
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    runs,
    runsPerSecond: runs / seconds,
    stepsPerSecond: (runs * 10) / seconds,
    cpuMicrosPerStep: (user + system) / (runs * 10),
    peakMiB: process.resourceUsage().maxRSS / 1024,
  };
}

/** W2: one run of ten steps after another. */
async function latency({ runs }: Options): Promise<Figures> {
  for (let i = 0; i < 20; i += 1) await adapter.runOne('ten', 1_000_000 + i);
  const times: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    const begun = performance.now();
    await adapter.runOne('ten', i);
    times.push(performance.now() - begun);
  }
  return { runs, p50Ms: percentile(times, 50), p95Ms: percentile(times, 95), p99Ms: percentile(times, 99) };
}

/** W4: one run of many steps; what a step costs at its end beside what it cost at its start. */
async function long({ steps }: Options): Promise<Figures> {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const begun = performance.now();
  await adapter.runOne('long', 1);
  const seconds = (performance.now() - begun) / 1000;
  globalThis.gc?.();
  const times = (marks as number[]).slice(1).map((mark, i) => mark - ((marks as number[])[i] ?? mark));
  const window = Math.min(5000, Math.floor(times.length / 4));
  const first = percentile(times.slice(0, window), 50);
  const last = percentile(times.slice(-window), 50);
  return {
    steps,
    stepsPerSecond: steps / seconds,
    firstMsPerStep: first,
    lastMsPerStep: last,
    lastToFirst: last / first,
    heapGrownMiB: (process.memoryUsage().heapUsed - before) / mebibyte,
  };
}

/**
 * W5: runs that sleep for an hour; what each weighs in memory and on disk. Half as many go before, so that the memory of
 * a worker that has never worked is not the yardstick.
 */
async function parked({ runs, conc, database }: Options): Promise<Figures> {
  await adapter.startMany('park', runs / 2, conc);
  await adapter.waitParked();
  const [memory, disk] = [await restingMemory(), await databaseBytes(database)];
  const begun = performance.now();
  await adapter.startMany('park', runs, conc);
  await adapter.waitParked();
  const seconds = (performance.now() - begun) / 1000;
  const after = await restingMemory();
  return {
    runs,
    seconds,
    rssGrownMiB: (after.rss - memory.rss) / mebibyte,
    heapGrownMiB: (after.heapUsed + after.external - memory.heapUsed - memory.external) / mebibyte,
    diskBytesPerRun: ((await databaseBytes(database)) - disk) / runs,
  };
}

/** Memory once what is garbage is gone: collected until a collection frees no more. */
async function restingMemory(): Promise<NodeJS.MemoryUsage> {
  let before = Number.POSITIVE_INFINITY;
  for (;;) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const memory = process.memoryUsage();
    if (memory.heapUsed > before - mebibyte) return memory;
    before = memory.heapUsed;
  }
}

async function databaseBytes(url: string): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('vacuum');
  await client.query('checkpoint').catch(() => {}); // not a superuser
  const { rows } = await client.query<{ bytes: string }>('select pg_database_size(current_database()) as bytes');
  await client.end();
  return Number(rows[0]?.bytes);
}

function percentile(times: readonly number[], p: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((p / 100) * sorted.length))] ?? 0;
}
