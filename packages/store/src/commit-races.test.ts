import { type Commit, type Store, type WorkerStore } from '@pawl/core';
import {
  cancelOf,
  commitOf,
  createTestDatabase,
  deployFlow,
  headOf,
  journalOf,
  keyOf,
  newRunId,
  own,
  startOf,
  type TestDatabase,
} from '@pawl/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitStatement, encodeCommit } from './encode-commit.ts';
import { openStore } from './open-store.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

describe('commits at once', () => {
  let server: TestServer;
  let database: TestDatabase;
  let store: Store;
  let worker: WorkerStore;
  let flow: string;
  let numbers: { workspace(): number; flow(): number };
  const sessions: pg.Client[] = [];

  beforeAll(async () => {
    server = await startTestServer();
    database = await createTestDatabase('pawl_store_races', server.url);
    store = await openStore({ url: database.url });
    worker = await store.joinAsWorker({ id: 'racer', shares: true });
    flow = (await deployFlow(store.api)).hash;
    const [row] = await database.query<{ workspace: number; flow: number }>(
      'select (select id from pawl.workspace) as workspace, (select id from pawl.flow) as flow',
    );
    numbers = { workspace: () => row!.workspace, flow: () => row!.flow };
    for (let i = 0; i < 2; i += 1) sessions.push(new pg.Client({ connectionString: database.url }));
    await Promise.all(sessions.map((session) => session.connect()));
  });
  afterAll(async () => {
    await Promise.all(sessions.map((session) => session.end()));
    await worker.close();
    await store.close();
    await database.drop();
    await server.stop();
  });

  const call = async (session: pg.Client, commit: Commit): Promise<{ run: string; winner: string }[]> => {
    const { rows } = await session.query<{ lost: string | null }>({
      ...commitStatement,
      values: encodeCommit(commit, numbers),
    });
    return JSON.parse(rows[0]?.lost ?? '[]') as { run: string; winner: string }[];
  };

  it('of the keys a, b and b, a do not deadlock, and each key has one run', async () => {
    for (let round = 0; round < 40; round += 1) {
      const keys = [`a${round}`, `b${round}`];
      const sides = [keys, [...keys].reverse()].map((names) => names.map((name) => ({ name, run: newRunId(1) })));
      const lost = await Promise.all(
        sides.map((side, i) =>
          call(
            sessions[i]!,
            commitOf([], {
              starts: side.map(({ name, run }) => startOf(run, flow, keyOf(name))),
              journal: side.map(({ run }) => journalOf(run, 1)),
              heads: side.map(({ run }) => headOf(run)),
            }),
          ),
        ),
      );
      for (const key of keys) {
        const runs = sides
          .flat()
          .filter(({ name }) => name === key)
          .map(({ run }) => run);
        const losers = lost.flat().filter(({ run }) => runs.includes(run));
        expect(losers).toHaveLength(1);
        const stored = await Promise.all(runs.map((run) => worker.run(run)));
        expect(stored.filter((run) => run !== undefined).map(({ run }) => run)).toEqual([losers[0]!.winner]);
      }
    }
  });

  it('wait for a key whose winner is still being written, and lose to it', async () => {
    const [winner, loser] = [newRunId(2), newRunId(2)];
    const start = (run: string) =>
      commitOf([], { starts: [startOf(run, flow, keyOf('slow'))], journal: [journalOf(run, 1)] });
    await sessions[0]!.query('begin');
    await call(sessions[0]!, start(winner));
    const waiting = call(sessions[1]!, start(loser));
    await sessions[0]!.query('commit');
    expect(await waiting).toMatchObject([{ run: loser, winner }]);
  });

  it('win a key whose first taker was rolled back', async () => {
    const [gone, next] = [newRunId(3), newRunId(3)];
    const start = (run: string) => commitOf([], { starts: [startOf(run, flow, keyOf('undone'))] });
    await sessions[0]!.query('begin');
    await call(sessions[0]!, start(gone));
    const waiting = call(sessions[1]!, start(next));
    await sessions[0]!.query('rollback');
    expect(await waiting).toEqual([]);
    expect(await worker.run(next)).toBeDefined();
  });

  it('keep a takeover waiting until they end; the takeover then sees what they wrote', async () => {
    const lease = await own(worker, 4);
    const run = newRunId(4);
    await worker.commit(commitOf([lease], { starts: [startOf(run, flow)] }));
    await sessions[0]!.query('begin');
    await call(sessions[0]!, commitOf([lease], { journal: [journalOf(run, 1)] }));
    let taken = false;
    const takeover = worker.takeOver(4, lease.epoch).finally(() => {
      taken = true;
    });
    await sessions[1]!.query('select pg_sleep(0.2)');
    expect(taken).toBe(false);
    await sessions[0]!.query('commit');
    expect(await takeover).toEqual({ partition: 4, epoch: lease.epoch + 1 });
    expect((await worker.run(run))?.journal).toHaveLength(1);
  });

  it('a start sent again while its owner begins it leaves no message behind', async () => {
    for (let round = 0; round < 20; round += 1) {
      const run = newRunId(5);
      const lease = await own(worker, 5);
      const start = {
        run,
        at: 1,
        message: { kind: 'start', workspace: 'default', flow, input: null, key: keyOf(`again${round}`) },
      } as const;
      await store.api.start(start);
      const begun = commitOf([lease], {
        starts: [startOf(run, flow, start.message.key)],
        consumed: [{ partition: 5, id: run }],
      });
      const [, ...answers] = await Promise.all([worker.commit(begun), store.api.start(start), store.api.start(start)]);
      expect(answers).toEqual([1, 2].map(() => ({ run, replayed: false, mismatch: false })));
      expect(await worker.inbox([5], new Set(), 10)).toEqual([]);
    }
  });

  it('sent side by side by one worker are written one after the other', async () => {
    const lease = await own(worker, 6);
    const runs = Array.from({ length: 20 }, () => newRunId(6));
    await Promise.all(
      runs.map((run) =>
        worker.commit(commitOf([lease], { starts: [startOf(run, flow)], journal: [journalOf(run, 1)] })),
      ),
    );
    expect(await worker.loadedRuns(6, null, 100)).toHaveLength(20);
  });

  it('with a row of a partition that they name no lease of are never sent', async () => {
    const lease = await own(worker, 7);
    const run = newRunId(8);
    await expect(worker.commit(commitOf([lease], { journal: [journalOf(run, 1)] }))).rejects.toMatchObject({
      code: 'PAWL_INTERNAL',
    });
    await expect(worker.commit(commitOf([lease], { consumed: [cancelOf(run, 'x')] }))).rejects.toMatchObject({
      code: 'PAWL_INTERNAL',
    });
  });
});
