import { journalFormat, type Store, type WorkerStore } from '@pawl/core';
import {
  commitOf,
  createTestDatabase,
  deployFlow,
  headOf,
  newRunId,
  own,
  startOf,
  type TestDatabase,
} from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from './open-store.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

describe('a run in trouble', () => {
  let server: TestServer;
  let database: TestDatabase;
  let store: Store;
  let owner: WorkerStore;
  let former: WorkerStore;
  let flow: string;
  const reason = { type: 'runtime', title: 'it ends its workers', status: 500 } as never;

  beforeAll(async () => {
    server = await startTestServer();
    database = await createTestDatabase('pawl_store_troubled', server.url);
    store = await openStore({ url: database.url });
    owner = await store.joinAsWorker({ id: 'owner', shares: true });
    former = await store.joinAsWorker({ id: 'former', shares: true });
    flow = (await deployFlow(store.api)).hash;
  });
  afterAll(async () => {
    await owner.close();
    await former.close();
    await store.close();
    await database.drop();
    await server.stop();
  });

  it('stays with newer workers where its partition may have rows of a newer format', async () => {
    const lease = await own(owner, 4);
    await database.query('update pawl.lease set format = 99 where partition = 4');
    expect(await former.takeOver(4, lease.epoch)).toBeUndefined();
    await database.query('update pawl.lease set format = 0 where partition = 4');
    expect(await former.takeOver(4, lease.epoch)).toEqual({ partition: 4, epoch: lease.epoch + 1 });
    expect(await database.query('select format from pawl.lease where partition = 4')).toEqual([
      { format: journalFormat },
    ]);
  });

  it('is set aside by the owner of its partition alone', async () => {
    const lease = await own(owner, 1);
    const run = newRunId(1);
    await owner.commit(commitOf([lease], { starts: [startOf(run, flow)] }));
    await former.quarantine(run, reason);
    expect(await owner.run(run)).toMatchObject({ quarantined: false });
    await owner.quarantine(run, reason);
    expect(await owner.run(run)).toMatchObject({ quarantined: true });
  });

  it('keeps the mark of its owner when one that has lost it clears its own', async () => {
    const run = newRunId(2);
    await former.mark(run, 3);
    expect(await owner.mark(run, 3)).toBe(1);
    await former.mark(run, null);
    const next = await store.joinAsWorker({ id: 'next', shares: true });
    expect(await next.mark(run, 3)).toBe(2);
    await next.close();
  });

  it('is not loaded for its time once it is set aside, and hides no other', async () => {
    const lease = await own(owner, 3);
    const runs = [newRunId(3), newRunId(3)];
    await owner.commit(
      commitOf([lease], {
        starts: runs.map((run) => startOf(run, flow)),
        heads: runs.map((run) => ({ ...headOf(run), loaded: false })),
        timers: runs.map((run, i) => ({ partition: 3, run, at: 1_000 + i })),
      }),
    );
    await owner.quarantine(runs[0]!, reason);
    expect((await owner.dueTimers([3], 5_000, 1)).map(({ run }) => run)).toEqual([runs[1]]);
    expect(await owner.nextTimer([3])).toBe(1_001);
  });
});
