import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FaultPoint, faultPoints } from '@pawl/core';
import { type Engine, openEngine } from '@pawl/server';
import { type Ledger, type Program, startLedger, startProgram, tally, waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCluster, type TestCluster, type TestDatabase } from './support/database.ts';
import { startPawl } from './support/pawl.ts';
import { journalFacts } from './support/run-journal.ts';
import { silentLog } from './support/silent-log.ts';

/*
 * A run's owner dies from within, as kill -9 would have it, at a named fault point; the next owner dies at another, and
 * so on, until one lives. Each effect is applied once, and the journal has no gap and one end.
 */

const patienceMs = 60_000;
const effects = 50;

/** Effects with waits between them; enough events for a snapshot. */
function flowText(account: string): string {
  const charge = {
    call: 'http',
    metadata: {
      pawl: { key: `\${ "${account}-" + ($n | tostring) }`, keyIn: { header: 'Idempotency-Key', retention: 'P1D' } },
    },
    with: { method: 'post', endpoint: `${ledger.url}/keyed/${account}`, body: '${ {n: $n} }' },
  };
  const body = [{ charge }, { pause: { wait: { milliseconds: 20 } } }];
  return JSON.stringify({
    document: { dsl: '1.0.3', namespace: 'e2e', name: account, version: '1.0.0' },
    do: [{ chargeAll: { for: { each: 'n', in: `\${ [range(${effects})] }` }, do: body } }],
  });
}

interface Death {
  readonly point: FaultPoint;
  /** The visit at which the process dies. */
  readonly nth: number;
  /** `worker`: it goes on with the run. `starter`: it is asked to start it. `leaver`: it was told to end. Default: `worker`. */
  readonly victim?: 'starter' | 'leaver';
}

const chains: readonly { readonly account: string; readonly deaths: readonly Death[] }[] = [
  {
    account: 'accepted',
    deaths: [
      { point: 'inbox.read', nth: 1 },
      { point: 'commit.sent', nth: 1 },
      { point: 'commit.before', nth: 3 },
      { point: 'dispatch.sent', nth: 1 },
      { point: 'takeover.taken', nth: 100 },
    ],
  },
  {
    account: 'started',
    deaths: [
      { point: 'start.accepted', nth: 1, victim: 'starter' },
      { point: 'commit.after', nth: 2 },
      { point: 'dispatch.before', nth: 2 },
      { point: 'snapshot.before', nth: 1 },
      { point: 'release.before', nth: 1, victim: 'leaver' },
    ],
  },
  {
    account: 'waiting',
    deaths: [
      { point: 'timer.due', nth: 2 },
      { point: 'commit.sent', nth: 4 },
      { point: 'outcome.before', nth: 2 },
      { point: 'takeover.loaded', nth: 100 },
      { point: 'evict.before', nth: 1, victim: 'leaver' },
    ],
  },
];

let cluster: TestCluster;
let ledger: Ledger;
const visited = new Set<FaultPoint>();

beforeAll(async () => {
  cluster = await startTestCluster();
  ledger = await startLedger({ file: join(cluster.folder, 'ledger.jsonl') });
});

afterAll(async () => {
  await ledger?.close();
  await cluster?.stop();
});

describe('a run whose owners die at fault points', () => {
  it.concurrent.each(chains)(
    'is done once, although it was $account when they died',
    async ({ account, deaths }) => {
      const database = await cluster.createDatabase();
      const engine = await openEngine({ database: database.url(), worker: 'none', log: silentLog });
      const programs: Program[] = [];
      try {
        await engine.deploy(flowText(account));
        const run = await killAll(deaths, { database, engine, account, programs });
        const last = startWorker(database, {});
        programs.push(last);
        await waitUntil(
          'the run has completed',
          async () => (await engine.run(run)).status === 'completed',
          patienceMs,
        );
        expect(await last.stop(), last.stderr).toBe(0);
        await expectOnce(database, run, account);
      } finally {
        for (const program of programs) await program.kill();
        await engine.stop();
      }
    },
    patienceMs * 2,
  );

  it('was tried at every point that there is', () => {
    expect(faultPoints.filter((point) => !visited.has(point))).toEqual([]);
  });
});

interface World {
  readonly database: TestDatabase;
  /** Without a worker: it accepts starts and reads. */
  readonly engine: Engine;
  readonly account: string;
  readonly programs: Program[];
}

/** Lets one owner after the other die; answers their run. */
async function killAll(deaths: readonly Death[], world: World): Promise<string> {
  const { database, engine, account, programs } = world;
  let run = '';
  if (deaths[0]?.victim !== 'starter') {
    run = (await engine.start({ flow: { namespace: 'e2e', name: account }, input: null })).run;
  }
  for (const { point, nth, victim } of deaths) {
    const seen = run === '' ? 0 : (await engine.run(run)).seq;
    const env = { PAWL_FAULT: `${point}:${nth}:kill` };
    const program = victim === 'starter' ? startStarter(database, account, env) : startWorker(database, env);
    programs.push(program);
    if (victim === 'leaver') {
      await waitUntil('the run goes on', async () => (await engine.run(run)).seq > seen, patienceMs);
      program.child.kill('SIGTERM');
    }
    expect(await program.ended, `${point}: ${program.stderr}`).toBe('SIGKILL');
    expect(program.stderr).toContain(`PAWL_FAULT: kill at ${point}, visit ${nth}`);
    visited.add(point);
    if (run === '') run = await onlyRun(database);
  }
  return run;
}

const startHere = fileURLToPath(new URL('./support/start-here.ts', import.meta.url));

function startStarter(database: TestDatabase, account: string, env: Readonly<Record<string, string>>): Program {
  return startProgram({ args: [startHere, database.url(), `e2e/${account}`], env: { ...egress(), ...env } });
}

function startWorker(database: TestDatabase, env: Readonly<Record<string, string>>): Program {
  const data = join(cluster.folder, 'unused');
  return startPawl(['worker'], { env: { PAWL_DATABASE_URL: database.url(), PAWL_DATA: data, ...egress(), ...env } });
}

function egress(): Record<string, string> {
  return { PAWL_ALLOW_NETS: `127.0.0.1/32:${ledger.port}` };
}

async function onlyRun(database: TestDatabase): Promise<string> {
  const rows = await database.query<{ id: string }>('select id from pawl.run');
  expect(rows).toHaveLength(1);
  return rows[0]?.id ?? '';
}

async function expectOnce(database: TestDatabase, run: string, account: string): Promise<void> {
  const keys = Array.from({ length: effects }, (_, n) => `${account}-${n}`);
  const counts = (await ledger.counts())[account] ?? {};
  expect(tally(counts, keys)).toMatchObject({ duplicates: [], losses: [], strangers: [], effects });
  const ask = (sql: string, values: readonly unknown[]): Promise<object[]> => database.query(sql, values);
  expect(await journalFacts(ask, run)).toMatchObject({ gaps: 0, ends: 1 });
  expect(await database.query('select status from pawl.run')).toEqual([{ status: 'c' }]);
}
