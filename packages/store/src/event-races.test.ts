import type { EventRow, Lease, Store, WorkerStore } from '@pawl/core';
import {
  commitOf,
  createTestDatabase,
  deployFlow,
  eventOf,
  newRunId,
  own,
  startOf,
  subscriptionOf,
  type TestDatabase,
} from '@pawl/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitCall, encodeEvents } from './commit-call.ts';
import { openStore } from './open-store.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

describe('events and subscriptions at the same moment', () => {
  let server: TestServer;
  let database: TestDatabase;
  let store: Store;
  let worker: WorkerStore;
  let flow: string;
  let workspace: number;
  const sessions: pg.Client[] = [];

  beforeAll(async () => {
    server = await startTestServer();
    database = await createTestDatabase('pawl_store_event_races', server.url);
    store = await openStore({ url: database.url });
    worker = await store.joinAsWorker({ id: 'racer', shares: true });
    flow = (await deployFlow(store.api)).hash;
    [{ id: workspace } = { id: 0 }] = await database.query<{ id: number }>('select id from pawl.workspace');
    for (let i = 0; i < 2; i += 1) sessions.push(await session());
  });
  afterAll(async () => {
    await Promise.all(sessions.map((one) => one.end()));
    await worker.close();
    await store.close();
    await database.drop();
    await server.stop();
  });

  const session = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: database.url });
    client.on('error', () => {});
    await client.connect();
    return client;
  };
  const numbers = { workspace: () => workspace, flow: () => 0 };
  const listener = async (partition: number): Promise<{ run: string; lease: Lease }> => {
    const [lease, run] = [await own(worker, partition), newRunId(partition)];
    await worker.commit(commitOf([lease], { starts: [startOf(run, flow)] }));
    return { run, lease };
  };
  const accept = (client: pg.Client, event: EventRow) => {
    const values = encodeEvents([event], numbers);
    return client.query(`select pawl.add_events(null, ${values.map((_, i) => `$${i + 1}`).join(', ')})`, values);
  };
  const subscribe = (client: pg.Client, lease: Lease, run: string, type: string) =>
    client.query({ ...commitCall(commitOf([lease], { subscribe: [subscriptionOf(type, run)] }), numbers), name: '' });
  const match = async (leases: Lease[]) => (await worker.matchEvents(leases, 100)).delivered;
  const heard = async (partition: number, run: string) =>
    (await worker.inbox([partition], new Set(), 1_000)).filter((row) => row.run === run).length;

  it('find each other, whichever is committed first and whenever the owner looks', async () => {
    for (const [round, first] of (['event', 'subscription'] as const).entries()) {
      const type = `race ${first}`;
      const { run, lease } = await listener(10 + round);
      const mine = await own(worker, eventOf(type, 'e').partition);
      const [one, two] = sessions as [pg.Client, pg.Client];
      await one.query('begin');
      await two.query('begin');
      await accept(one, eventOf(type, 'e'));
      await subscribe(two, lease, run, type);
      expect(await match([mine]), 'neither is there').toBe(0);
      await (first === 'event' ? one : two).query('commit');
      expect(await match([mine]), 'one is not enough').toBe(0);
      await (first === 'event' ? two : one).query('commit');
      expect(await match([mine])).toBe(1);
      expect(await match([mine])).toBe(0);
      expect(await heard(10 + round, run)).toBe(1);
    }
  });

  it('by the hundred, with the owner looking all the time, are given once each', async () => {
    const type = 'busy';
    const mine = await own(worker, eventOf(type, 'e').partition);
    const runs = await Promise.all([20, 21, 22].map(listener));
    const listeners = runs.map(async ({ run, lease }, i) => {
      for (let round = 0; round < 20; round += 1) {
        const row = { ...subscriptionOf(type, run), since: 0 };
        await worker.commit(commitOf([lease], { unsubscribe: [row], subscribe: [row] }));
      }
      return 20 + i;
    });
    const emitters = Array.from({ length: 4 }, async (_, i) => {
      for (let round = 0; round < 25; round += 1) await store.api.acceptEvents([eventOf(type, `e${i}-${round}`)]);
    });
    let busy = true;
    const looking = Array.from({ length: 2 }, async () => {
      while (busy) await match([mine]);
    });
    const partitions = await Promise.all(listeners);
    await Promise.all(emitters);
    busy = false;
    await Promise.all(looking);
    await match([mine]);
    for (const [i, { run }] of runs.entries()) {
      const rows = (await worker.inbox([partitions[i]!], new Set(), 1_000)).filter((row) => row.run === run);
      const ids = rows.map(({ message }) => (message as unknown as { event: { id: string } }).event.id);
      expect(ids.length).toBe(100);
      expect(new Set(ids).size).toBe(100);
    }
  });

  it('are given by one of two owners that look at once, and by the next one where the first was killed', async () => {
    const type = 'two owners';
    const { run, lease } = await listener(30);
    const events = Array.from({ length: 20 }, (_, i) => eventOf(type, `e${i}`));
    const mine = await own(worker, events[0]!.partition);
    await worker.commit(commitOf([lease], { subscribe: [subscriptionOf(type, run)] }));
    await store.api.acceptEvents(events);
    const killed = await session();
    await killed.query('begin');
    const { rows } = await killed.query<{ pid: number; delivered: number }>(
      'select pg_backend_pid() as pid, m.delivered from pawl.match_events($1, $2, 100) m',
      [[mine.partition], [mine.epoch]],
    );
    expect(rows[0]!.delivered).toBe(20);
    // The other one meets the rows of the first, and waits for what becomes of them.
    const second = match([mine]);
    await sessions[0]!.query('select pg_terminate_backend($1)', [rows[0]!.pid]);
    expect(await second).toBe(20);
    expect(await heard(30, run)).toBe(20);
    expect(await match([mine])).toBe(0);
  });

  it('are not given by a worker whose partition was taken over meanwhile', async () => {
    const type = 'taken over';
    const { run, lease } = await listener(31);
    const { partition } = eventOf(type, 'e');
    const mine = await own(worker, partition);
    await worker.commit(commitOf([lease], { subscribe: [subscriptionOf(type, run)] }));
    await store.api.acceptEvents([eventOf(type, 'e')]);
    const [taker] = sessions as [pg.Client];
    await taker.query('begin');
    await taker.query('update pawl.lease set epoch = epoch + 1 where partition = $1', [partition]);
    const late = worker.matchEvents([mine], 100).catch((error: Error) => error.constructor.name);
    await taker.query('commit');
    expect(await late).toBe('FencedError');
    expect(await heard(31, run)).toBe(0);
    expect(await match([await own(worker, partition)])).toBe(1);
  });

  it('that take the server too long are given in smaller portions, until all are', async () => {
    const type = 'large';
    const { run, lease } = await listener(50);
    const mine = await own(worker, eventOf(type, 'e').partition);
    await worker.commit(commitOf([lease], { subscribe: [subscriptionOf(type, run)] }));
    await store.api.acceptEvents(Array.from({ length: 40 }, (_, i) => eventOf(type, `e${i}`)));
    await database.query(`
      create function public.refuse() returns trigger language plpgsql as $$
      begin
        if (select count(*) from added) > 5 then
          raise exception using errcode = '57014', message = 'canceling statement due to statement timeout';
        end if;
        return null;
      end $$;
      create trigger slow after insert on pawl.event_match referencing new table as added
        for each statement execute function public.refuse();`);
    let delivered = 0;
    for (let more = true; more; ) {
      const answer = await worker.matchEvents([mine], 100);
      delivered += answer.delivered;
      more = answer.more;
    }
    await database.query('drop trigger slow on pawl.event_match');
    expect(delivered).toBe(40);
    expect(await heard(50, run)).toBe(40);
  });

  it('taken by commits while they are given out do not deadlock', async () => {
    const type = 'taken at once';
    const { partition } = eventOf(type, 'e');
    const mine = await own(worker, partition);
    const runs = await Promise.all([40, 41].map(listener));
    for (const { run, lease } of runs)
      await worker.commit(commitOf([lease], { subscribe: [subscriptionOf(type, run)] }));
    for (let round = 0; round < 10; round += 1) {
      const events = Array.from({ length: 10 }, (_, i) => eventOf(type, `e${round}-${i}`));
      await store.api.acceptEvents(events);
      await match([mine]);
      const taken = await database.query<{ partition: number; event: string; listener: string }>(
        'select partition, event, listener from pawl.event_match where not taken order by random()',
      );
      const rows = taken.map((row) => ({ ...row, step: '/do/0/hear' }));
      const late = await listener(42);
      const settle = runs.map(({ run, lease }) =>
        sessions[runs.findIndex((one) => one.run === run)]!.query({
          ...commitCall(commitOf([lease], { taken: rows.filter((row) => row.listener === run) }), numbers),
          name: '',
        }),
      );
      const subscribed = worker
        .commit(commitOf([late.lease], { subscribe: [subscriptionOf(type, late.run)] }))
        .then(() => match([mine]));
      await Promise.all([...settle, subscribed, worker.pruneEvents([mine], 0, 10)]);
    }
    const [left] = await database.query<{ count: number }>(
      "select count(*)::int as count from pawl.event where type = 'taken at once' and not taken",
    );
    expect(left).toEqual({ count: 0 });
  });
});
