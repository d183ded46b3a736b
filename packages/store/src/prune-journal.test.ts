import type { Lease, Store, WorkerStore } from '@pawl/core';
import {
  commitOf,
  createTestDatabase,
  deployFlow,
  headOf,
  journalOf,
  own,
  startOf,
  type TestDatabase,
} from '@pawl/testkit';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from './open-store.ts';
import { pruneJournal } from './prune-journal.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

const january = Date.UTC(2025, 0, 10);
const february = Date.UTC(2025, 1, 10);
const later = Date.UTC(2025, 5, 1);
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

describe('pruning the journal', () => {
  let server: TestServer;
  let database: TestDatabase;
  let store: Store;
  let worker: WorkerStore;
  let lease: Lease;
  let flow: string;
  let made = 0;

  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    database = await createTestDatabase('pawl_store_prune', server.url);
    store = await openStore({ url: database.url });
    worker = await store.joinAsWorker({ id: 'w', shares: true });
    flow = (await deployFlow(store.api)).hash;
    lease = await own(worker, 1);
    await database.query(`select pawl.extend_journal('2025-01-01T00:00:00Z')`);
  });
  afterEach(async () => {
    await worker.close();
    await store.close();
    await database.drop();
  });

  const idAt = (at: number) => {
    made += 1;
    const time = at.toString(16).padStart(12, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${made.toString(16).padStart(10, '0')}01`;
  };
  /** A run with three journal rows that ended so, or that lives. */
  const runAt = async (at: number, ended?: { status: 'completed' | 'faulted' | 'cancelled'; at: number }) => {
    const run = idAt(at);
    await worker.commit(
      commitOf([lease], {
        starts: [startOf(run, flow)],
        journal: [1, 2, 3].map((seq) => journalOf(run, seq)),
        payloads: [{ partition: 1, run, sha256: 'ab'.repeat(32), body: 'large' }],
        heads: ended === undefined ? [] : [headOf(run, { status: ended.status, loaded: false, endedAt: ended.at })],
      }),
    );
    return run;
  };
  const rowsOf = async (run: string) => (await worker.journal(run)).map((row) => row.to);
  const months = async () =>
    (await database.query<{ name: string }>('select name from pawl.journal_ranges()')).map((row) => row.name);
  const prune = (before = later, onStep?: (step: string) => Promise<void>) =>
    pruneJournal({ client: { connectionString: database.url } }, log, before, onStep);

  it('drops runs that ended before a time, and a month in which none is left', async () => {
    const gone = await runAt(january, { status: 'completed', at: january + 1 });
    const cancelled = await runAt(january, { status: 'cancelled', at: january + 1 });
    expect(await prune()).toEqual({ runs: 2, months: ['journal_202501'], busy: [] });
    for (const run of [gone, cancelled]) {
      expect(await worker.run(run)).toBeUndefined();
      expect(await rowsOf(run)).toEqual([]);
      expect(await worker.payloads(run, ['ab'.repeat(32)])).toEqual(new Map());
    }
    expect(await months()).not.toContain('journal_202501');
    expect(await database.query('select from pawl.journal where run = $1', [gone])).toEqual([]);
  });

  it('keeps all of a run that lives, that faulted, or that ended later, and lets it go on', async () => {
    await runAt(january, { status: 'completed', at: january + 1 });
    const living = await runAt(january);
    const faulted = await runAt(january, { status: 'faulted', at: january + 1 });
    const recent = await runAt(january, { status: 'completed', at: later + 1 });
    expect(await prune()).toEqual({ runs: 1, months: ['journal_202501'], busy: [] });
    for (const run of [living, faulted, recent]) {
      expect(await rowsOf(run)).toEqual([1, 2, 3]);
      expect((await worker.payloads(run, ['ab'.repeat(32)])).size).toBe(1);
    }
    await worker.commit(commitOf([lease], { journal: [journalOf(living, 4)] }));
    expect(await rowsOf(living)).toEqual([1, 2, 3, 4]);
    expect((await worker.run(living))?.journal).toHaveLength(4);
    expect(await months()).toContain('journal_202501');
  });

  it('leaves months alone that are not over at that time, and those with nothing to drop', async () => {
    const inFebruary = await runAt(february, { status: 'completed', at: february + 1 });
    await runAt(january);
    expect(await prune(Date.UTC(2025, 1, 20))).toEqual({ runs: 0, months: [], busy: [] });
    expect(await rowsOf(inFebruary)).toEqual([1, 2, 3]);
    expect(await prune()).toMatchObject({ runs: 1, months: ['journal_202502'] });
    expect(await prune()).toEqual({ runs: 0, months: [], busy: [] });
  });

  it('takes over what is written while it copies', async () => {
    await runAt(january, { status: 'completed', at: january + 1 });
    const living = await runAt(january);
    let begun = '';
    await prune(later, async (step) => {
      if (step !== 'kept' || begun !== '') return;
      await worker.commit(commitOf([lease], { journal: [journalOf(living, 4)] }));
      begun = await runAt(january);
    });
    expect(await rowsOf(living)).toEqual([1, 2, 3, 4]);
    expect(await rowsOf(begun)).toEqual([1, 2, 3]);
  });

  it('loses nothing of a living run wherever it is killed, and goes on where it was', async () => {
    for (let killAt = 1; ; killAt += 1) {
      const at = Date.UTC(2025, killAt + 5, 10);
      await database.query('select pawl.extend_journal(to_timestamp($1 / 1000.0))', [at]);
      await runAt(at, { status: 'completed', at: at + 1 });
      const living = await runAt(at);
      let steps = 0;
      const killed = await prune(Date.UTC(2026, 8, 1), async () => {
        steps += 1;
        if (steps === killAt) throw new Error('killed');
      }).then(
        () => false,
        () => true,
      );
      expect(await rowsOf(living), `killed after step ${killAt}`).toEqual([1, 2, 3]);
      await worker.commit(commitOf([lease], { journal: [journalOf(living, 4)] }));
      await prune(Date.UTC(2026, 8, 1));
      expect(await rowsOf(living)).toEqual([1, 2, 3, 4]);
      expect(await database.query('select from pawl.month_to_drop')).toEqual([]);
      expect(
        await database.query(
          `select from pg_class where relname like 'journal%kept' and relnamespace = 'pawl'::regnamespace`,
        ),
      ).toEqual([]);
      if (!killed) break;
      expect(killAt).toBeLessThan(7);
    }
  });

  it('does nothing by halves when its session dies within the swap', async () => {
    await runAt(january, { status: 'completed', at: january + 1 });
    const living = await runAt(january);
    await prune(later, async (step) => {
      if (step === 'kept') throw new Error('stop before the swap');
    }).catch(() => {});
    const session = new pg.Client({ connectionString: database.url });
    session.on('error', () => {});
    await session.connect();
    const [range] = await database.query<{ name: string; low: string; high: string }>(
      `select name, low::text, high::text from pawl.journal_ranges() where name = 'journal_202501'`,
    );
    await session.query('begin');
    await session.query('select pawl.swap_month($1, $2, $3)', [range!.name, range!.low, range!.high]);
    await session.query('select pg_terminate_backend(pg_backend_pid())').catch(() => {});
    expect(await rowsOf(living)).toEqual([1, 2, 3]);
    expect(await prune()).toMatchObject({ months: ['journal_202501'] });
    expect(await rowsOf(living)).toEqual([1, 2, 3]);
  });

  it('steps back from a long read, and commits go on', async () => {
    await runAt(january, { status: 'completed', at: january + 1 });
    const living = await runAt(january);
    const reader = new pg.Client({ connectionString: database.url });
    await reader.connect();
    await reader.query('begin');
    await reader.query('select count(*) from pawl.journal');
    const pruning = prune();
    await worker.commit(commitOf([lease], { journal: [journalOf(living, 4)] }));
    expect(await pruning).toEqual({ runs: 1, months: [], busy: ['journal_202501'] });
    await reader.query('commit');
    await reader.end();
    expect(await prune()).toEqual({ runs: 0, months: ['journal_202501'], busy: [] });
    expect(await rowsOf(living)).toEqual([1, 2, 3, 4]);
  });

  it('is done by one process at a time', async () => {
    await runAt(january, { status: 'completed', at: january + 1 });
    let other: unknown;
    await prune(later, async (step) => {
      if (step === 'pruned') other = await prune();
    });
    expect(other).toEqual({ runs: 0, months: [], busy: [] });
  });
});
