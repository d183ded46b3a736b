import { join } from 'node:path';
import { type Engine, openEngine } from '@pawl/server';
import { type Ledger, type Program, startLedger, startTcpProxy, tally, type TcpProxy, waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCluster, type TestCluster, type TestDatabase } from './support/database.ts';
import { startPawl } from './support/pawl.ts';
import { journalFacts } from './support/run-journal.ts';
import { silentLog } from './support/silent-log.ts';

/*
 * A worker that owns everything is stopped where it stands (SIGSTOP) in the worst moments of a commit; another one takes
 * over; the first goes on (SIGCONT) as if nothing had happened. Never do both of them commit, and the rest goes on.
 */

const patienceMs = 90_000;
const runs = 8;
const effects = 60;
/** Name of the prepared statement that is a commit; it stands in each message that sends one. */
const commitName = 'pawl-commit';

let cluster: TestCluster;
let ledger: Ledger;

beforeAll(async () => {
  cluster = await startTestCluster();
  ledger = await startLedger({ file: join(cluster.folder, 'ledger.jsonl') });
});

afterAll(async () => {
  await ledger?.close();
  await cluster?.stop();
});

describe.concurrent('an owner that is frozen', { timeout: 4 * patienceMs }, () => {
  it('between two commits commits nothing after the takeover', () =>
    inWorld('idle', async (world) => {
      const owner = await world.startOwner();
      await owner.freeze();
      const second = await world.takeOver();
      owner.thaw();
      expect(await world.findings(owner, second)).toEqual(unharmed);
    }));

  it('with half of its commit sent cannot send the rest once another owns the runs', () =>
    inWorld('half', async (world) => {
      const owner = await world.startOwner();
      const release = await world.proxy.holdHalfAt(commitName);
      await owner.freeze();
      const second = await world.takeOver();
      await world.expectProgress();
      release();
      owner.thaw();
      expect(await world.findings(owner, second)).toEqual(unharmed);
    }));

  it('while its commit runs in the backend leaves nothing of it where the takeover comes first', () =>
    inWorld('ended', async (world) => {
      const owner = await world.startOwner();
      const blocked = await world.blockCommit();
      await owner.freeze();
      const rows = await world.journalRows();
      await waitUntil('the backend is gone', async () => !(await world.isConnected(blocked.pid)), patienceMs);
      expect(await world.journalRows()).toBe(rows);
      await blocked.release();
      const second = await world.takeOver();
      owner.thaw();
      expect(await world.findings(owner, second)).toEqual(unharmed);
    }));

  it('while its commit runs in the backend loses nothing of it where the commit comes first', () =>
    inWorld('landed', async (world) => {
      const owner = await world.startOwner();
      const blocked = await world.blockCommit();
      await owner.freeze();
      const rows = await world.journalRows();
      await blocked.release();
      // Nobody hears of this commit: its client is frozen.
      await waitUntil('the commit is there', async () => (await world.journalRows()) > rows, patienceMs);
      const second = await world.takeOver();
      owner.thaw();
      expect(await world.findings(owner, second)).toEqual(unharmed);
    }));
});

/** Every run completed once, no event is missing or there twice, each effect was applied once, and both workers left in order. */
const unharmed = {
  completed: runs,
  gaps: 0,
  ends: runs,
  duplicates: [] as readonly string[],
  losses: [] as readonly string[],
  strangers: [] as readonly string[],
  exits: [0, 0] as readonly (number | NodeJS.Signals)[],
};

interface BlockedCommit {
  /** The backend that runs the commit. */
  readonly pid: number;
  release(): Promise<void>;
}

/** Worlds at once: a world takes up to twenty of the sixty connections of the cluster. */
const mostWorlds = 2;
const worlds: Promise<void>[] = Array.from({ length: mostWorlds }, () => Promise.resolve());
let opened = 0;

/** Runs a test in a world of its own, as soon as there is room for one. */
function inWorld(account: string, use: (world: World) => Promise<void>): Promise<void> {
  const slot = opened++ % mostWorlds;
  const turn = (worlds[slot] as Promise<void>).then(() => inRoom(account, use));
  worlds[slot] = turn.catch(() => undefined);
  return turn;
}

async function inRoom(account: string, use: (world: World) => Promise<void>): Promise<void> {
  const database = await cluster.createDatabase();
  const proxy = await startTcpProxy({ host: '127.0.0.1', port: cluster.port });
  const engine = await openEngine({ database: database.url(), worker: 'none', log: silentLog });
  const world = new World(account, database, proxy, engine);
  try {
    await engine.deploy(flowText(account));
    await use(world);
  } finally {
    await world.killAll();
    await engine.stop();
    await proxy.close();
  }
}

/** Effects with waits between them: a loop that commits all the time. */
function flowText(account: string): string {
  const pawl = {
    key: `\${ $workflow.input.id + "-" + ($n | tostring) }`,
    keyIn: { header: 'Idempotency-Key', retention: 'P1D' },
  };
  const charge = {
    call: 'http',
    metadata: { pawl },
    with: { method: 'post', endpoint: `${ledger.url}/keyed/${account}`, body: '${ {n: $n} }' },
  };
  const body = [{ charge }, { pause: { wait: { milliseconds: 20 } } }];
  return JSON.stringify({
    document: { dsl: '1.0.3', namespace: 'e2e', name: 'frozen', version: '1.0.0' },
    do: [{ chargeAll: { for: { each: 'n', in: `\${ [range(${effects})] }` }, do: body } }],
  });
}

/** A database with runs, two workers that fight for them, and a proxy before the first. */
class World {
  readonly account: string;
  readonly database: TestDatabase;
  readonly proxy: TcpProxy;
  private readonly engine: Engine;
  private readonly programs: Program[] = [];
  private started: string[] = [];

  constructor(account: string, database: TestDatabase, proxy: TcpProxy, engine: Engine) {
    this.account = account;
    this.database = database;
    this.proxy = proxy;
    this.engine = engine;
  }

  /** An owner of everything whose connections go through the proxy, with all runs under way. */
  async startOwner(): Promise<Program> {
    const owner = this.startWorker(this.proxy.port);
    await waitUntil('the first worker owns everything', async () => (await this.owners()).length === 1, patienceMs);
    for (let n = 0; n < runs; n += 1) {
      const input = { id: `${this.account}-${n}` };
      this.started.push((await this.engine.start({ flow: { namespace: 'e2e', name: 'frozen' }, input })).run);
    }
    await waitUntil('all runs are under way', async () => (await this.runsPast(10)) === runs, patienceMs);
    return owner;
  }

  /** A second worker, once it owns everything. */
  async takeOver(): Promise<Program> {
    const [first] = await this.owners();
    const second = this.startWorker(cluster.port);
    await waitUntil(
      'the second worker owns everything',
      async () => {
        if (!second.living) throw new Error(second.stderr);
        const now = await this.owners();
        return now.length === 1 && now[0] !== first;
      },
      patienceMs,
    );
    return second;
  }

  /** Waits until a commit stands in the backend, behind a lock that `release` lets go. */
  async blockCommit(): Promise<BlockedCommit> {
    const blocker = await this.database.connect();
    await blocker.query('begin');
    await blocker.query('lock table pawl.journal in share mode');
    let pid = 0;
    await waitUntil(
      'a commit waits in the backend',
      async () => {
        const [row] = await this.database.query<{ pid: number }>(
          `select pid from pg_stat_activity
             where datname = current_database() and application_name = 'pawl commit' and state = 'active' and wait_event_type = 'Lock'`,
        );
        pid = row?.pid ?? 0;
        return pid !== 0;
      },
      patienceMs,
    );
    return { pid, release: () => blocker.query('commit').then(() => blocker.end()) };
  }

  async isConnected(pid: number): Promise<boolean> {
    return (await this.database.query('select from pg_stat_activity where pid = $1', [pid])).length > 0;
  }

  async journalRows(): Promise<number> {
    return (await this.database.query<{ n: number }>('select count(*)::int as n from pawl.journal'))[0]?.n ?? 0;
  }

  async expectProgress(): Promise<void> {
    const rows = await this.journalRows();
    await waitUntil('the runs go on', async () => (await this.journalRows()) > rows, patienceMs);
  }

  /** What is there once every run has ended and both workers were told to leave. */
  async findings(first: Program, second: Program): Promise<typeof unharmed> {
    await waitUntil('all runs have ended', async () => (await this.ended()) === runs, patienceMs);
    const completed = await this.database.query("select from pawl.run where status = 'c'");
    const ask = (sql: string, values: readonly unknown[]): Promise<object[]> => this.database.query(sql, values);
    const journals = await Promise.all(this.started.map((run) => journalFacts(ask, run)));
    const keys = Array.from(
      { length: runs * effects },
      (_, n) => `${this.account}-${n % runs}-${Math.floor(n / runs)}`,
    );
    const { duplicates, losses, strangers } = tally((await ledger.counts())[this.account] ?? {}, keys);
    return {
      completed: completed.length,
      gaps: journals.reduce((sum, { gaps }) => sum + gaps, 0),
      ends: journals.reduce((sum, { ends }) => sum + ends, 0),
      duplicates,
      losses,
      strangers,
      exits: [await first.stop(), await second.stop()],
    };
  }

  async killAll(): Promise<void> {
    for (const program of this.programs) await program.kill();
  }

  private startWorker(port: number): Program {
    const env = {
      PAWL_DATABASE_URL: this.database.url(port),
      PAWL_DATA: join(cluster.folder, 'unused'),
      PAWL_ALLOW_NETS: `127.0.0.1/32:${ledger.port}`,
    };
    const program = startPawl(['worker'], { env });
    this.programs.push(program);
    return program;
  }

  /** The workers that own partitions, where all partitions are owned; none otherwise. */
  private async owners(): Promise<string[]> {
    const rows = await this.database.query<{ worker: string | null }>('select distinct worker from pawl.lease');
    return rows.flatMap(({ worker }) => worker ?? []).filter((_, __, all) => all.length === rows.length);
  }

  private async runsPast(seq: number): Promise<number> {
    const rows = await this.database.query('select run from pawl.journal group by run having max(seq_to) > $1', [seq]);
    return rows.length;
  }

  private async ended(): Promise<number> {
    return (await this.database.query('select from pawl.run where ended_at is not null')).length;
  }
}
