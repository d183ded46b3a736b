/**
 * How fast events are accepted and given to those who listen. Run by hand:
 *   COUNT=100000 node packages/store/src/events.bench.ts [database server URL]
 */
import type { EventRow, Lease, SubscriptionRow, WorkerStore } from '@pawl/core';
import { commitOf, createTestDatabase, eventOf, newRunId, subscriptionOf } from '@pawl/testkit';
import { openStore } from './open-store.ts';

const count = Number(process.env.COUNT ?? 100_000);
const limits = (process.env.LIMITS ?? '1000,10000').split(',').map(Number);
const batch = 1_000;

const database = await createTestDatabase('pawl_events_bench', process.argv[2]);
const store = await openStore({ url: database.url });
try {
  const worker = await store.joinAsWorker({ id: 'bench', shares: true });
  const { leases } = await worker.view();
  const owned = await Promise.all(leases.map(({ partition, epoch }) => worker.takeOver(partition, epoch)));
  const held = owned.filter((lease) => lease !== undefined);
  for (const limit of limits) await oneListener(worker, held, limit);
  for (const limit of limits) await ownSubjects(worker, held, limit, 'listeners first');
  for (const limit of limits) await ownSubjects(worker, held, limit, 'events first');
  for (const limit of limits) await broadcast(worker, held, limit);
  await worker.close();
} finally {
  await store.close();
  await database.drop();
}

/** All events to one listener. */
async function oneListener(worker: WorkerStore, held: Lease[], limit: number): Promise<void> {
  const type = `one ${limit}`;
  await subscribe(worker, held, [subscriptionOf(type, newRunId(1))]);
  await measure(`accepted (${batch} a call)`, limit, () => accept(someEvents(type)));
  await measure('to one listener', limit, () => matchEverything(worker, held, limit));
  await clear();
}

/** Each listener wants the events of its own subject. */
async function ownSubjects(worker: WorkerStore, held: Lease[], limit: number, order: string): Promise<void> {
  const type = `subjects ${limit} ${order}`;
  const rows = Array.from({ length: count }, (_, i) => {
    return subscriptionOf(type, newRunId(i % 256), { match: { subject: `s${i}` } });
  });
  const early = order === 'events first';
  if (early) {
    await accept(someEvents(type, 1));
    await measure('events without listeners', limit, () => matchEverything(worker, held, limit), 0);
  }
  await measure(`subscribed (${batch} a commit)`, limit, () => subscribe(worker, held, rows));
  if (!early) {
    await measure('subscriptions without events', limit, () => matchEverything(worker, held, limit), 0);
    await accept(someEvents(type));
  }
  await measure(`to listeners by subject, ${order}`, limit, () => matchEverything(worker, held, limit));
  await clear();
}

/** One event for many listeners. */
async function broadcast(worker: WorkerStore, held: Lease[], limit: number): Promise<void> {
  const type = `broadcast ${limit}`;
  const rows = Array.from({ length: count }, (_, i) => subscriptionOf(type, newRunId(i % 256)));
  await subscribe(worker, held, rows);
  await matchEverything(worker, held, limit);
  await store.api.acceptEvents([eventOf(type, 'e')]);
  await measure('one event to many', limit, () => matchEverything(worker, held, limit));
  await clear();
}

function someEvents(type: string, at?: number): EventRow[] {
  const time = at === undefined ? {} : { at };
  return Array.from({ length: count }, (_, i) =>
    eventOf(type, `e${i}`, { ...time, attributes: { subject: `s${i}` }, data: { order: i, total: 12.5 } }),
  );
}

async function accept(events: EventRow[]): Promise<void> {
  for (let i = 0; i < events.length; i += batch) await store.api.acceptEvents(events.slice(i, i + batch));
}

async function subscribe(worker: WorkerStore, held: Lease[], rows: SubscriptionRow[]): Promise<void> {
  for (let i = 0; i < rows.length; i += batch)
    await worker.commit(commitOf(held, { subscribe: rows.slice(i, i + batch) }));
}

async function matchEverything(worker: WorkerStore, held: Lease[], limit: number): Promise<number> {
  let delivered = 0;
  for (;;) {
    const answer = await worker.matchEvents(held, limit);
    delivered += answer.delivered;
    if (answer.more !== true) return delivered;
  }
}

async function measure(what: string, limit: number, work: () => Promise<unknown>, expected = count): Promise<void> {
  const startedAt = performance.now();
  const answer = await work();
  const ms = performance.now() - startedAt;
  if (typeof answer === 'number' && answer !== expected) throw new Error(`${what}: ${answer} deliveries`);
  const perSecond = Math.round((count / ms) * 1_000);
  process.stdout.write(`${JSON.stringify({ what, limit, count, ms: Math.round(ms), perSecond })}\n`);
}

async function clear(): Promise<void> {
  await database.query('truncate pawl.event, pawl.event_match, pawl.subscription, pawl.match_queue, pawl.inbox');
}
