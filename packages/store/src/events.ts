import type { ApiStore, EventRow, EventView, JsonObject, Lease, ListPage } from '@pawl/core';
import { eventPartition } from '@pawl/core';
import { encodeEvents } from './commit-call.ts';
import { pageLimit, readCursor, writeCursor } from './cursors.ts';
import type { Database } from './database.ts';
import { eventKey, sha256 } from './event-keys.ts';
import type { Names } from './names.ts';
import { fencedError, tookTooLong } from './sql-errors.ts';
import { assertStorable, isStorable } from './storable.ts';

/** Accepts events; see `ApiStore.acceptEvents`. */
export async function acceptEvents(database: Database, names: Names, events: readonly EventRow[]): Promise<boolean[]> {
  for (const { source, id, type, attributes, body } of events) {
    const texts = [source, id, type, body, ...Object.keys(attributes), ...Object.values(attributes)];
    for (const text of texts) assertStorable(text, 'An attribute of the event');
  }
  await names.learn(
    events.map((event) => event.workspace),
    [],
  );
  const values = encodeEvents(events, names);
  const parameters = values.map((_, i) => `$${i + 1}`).join(', ');
  const [row] = await database.query<{ accepted: string[] | null }>(
    `select pawl.add_events(null, ${parameters}) as accepted`,
    values,
  );
  const accepted = new Set(row?.accepted);
  // The first one of an event is new, and those after it in the same call are not.
  return events.map((event) => accepted.delete(eventKey(event)));
}

interface EventColumns {
  readonly n: number;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly body: string;
  readonly given: number;
  readonly taken: number;
}

/** Accepted events of a workspace, newest first. */
export async function listEvents(
  database: Database,
  { workspace, type, wanted, cursor, limit }: Parameters<ApiStore['events']>[0],
): Promise<ListPage<EventView>> {
  const size = pageLimit(limit);
  const before = readCursor('events', cursor, ['number', 'number']);
  if (type !== undefined && !isStorable(type)) return { items: [], next: null };
  const conditions = [
    // All events of a type lie in one partition.
    ...(type === undefined ? [] : ['and e.type = $5 and e.partition = $6']),
    ...(wanted === undefined ? [] : [wanted ? 'and e.taken' : 'and not e.taken']),
  ];
  const rows = await database.query<EventColumns>(
    `select e.n, e.source, e.id, e.type, e.at, e.body, m.given, m.taken from (
       select * from pawl.event e
         where e.workspace = (select id from pawl.workspace where name = $1)
           and ($2::bigint is null or (e.at, e.n) < ($2, $3)) ${conditions.join(' ')}
         order by e.at desc, e.n desc limit $4) e
       cross join lateral (select count(*)::int as given, (count(*) filter (where m.taken))::int as taken
         from pawl.event_match m where m.event = e.key) m
       order by e.at desc, e.n desc`,
    [
      workspace,
      before?.[0] ?? null,
      before?.[1] ?? null,
      size + 1,
      ...(type === undefined ? [] : [type, eventPartition(workspace, type, { sha256 })]),
    ],
  );
  const items = rows.slice(0, size).map(viewOf);
  const last = rows.length > size ? rows[size - 1] : undefined;
  return { items, next: last === undefined ? null : writeCursor('events', [last.at, last.n]) };
}

function viewOf({ source, id, type, at, body, given, taken }: EventColumns): EventView {
  return { source, id, type, at, event: JSON.parse(body) as JsonObject, given, taken };
}

/** What a look at new events and subscriptions gave; `told` are the partitions of those who got something. */
interface Matched {
  readonly delivered: number;
  readonly more: boolean;
  readonly told: readonly number[];
}

/**
 * Gives events to listeners; see `WorkerStore.matchEvents`. A look that the server ended for its time (large events, many
 * listeners) is made again with fewer deliveries, and those after it grow slowly: it would else never come to its end.
 */
export function openMatcher(database: Database): (leases: readonly Lease[], limit: number) => Promise<Matched> {
  let most = Number.POSITIVE_INFINITY;
  return async (leases, limit) => {
    for (;;) {
      const rows = Math.min(limit, most);
      try {
        const matched = await matchEvents(database, leases, rows);
        most *= 2;
        return matched;
      } catch (error) {
        if (rows === 1 || !tookTooLong(error)) throw error;
        most = Math.ceil(rows / 10);
      }
    }
  };
}

async function matchEvents(database: Database, leases: readonly Lease[], limit: number): Promise<Matched> {
  const [row] = await fenced(
    database.query<{ delivered: number; more: boolean; told: number[] | null }>(
      'select m.delivered, m.more, m.told from pawl.match_events($1, $2, $3) m',
      [...leaseArrays(leases), limit],
    ),
  );
  return { delivered: row?.delivered ?? 0, more: row?.more ?? false, told: row?.told ?? [] };
}

/** Forgets old events; see `WorkerStore.pruneEvents`. */
export async function pruneEvents(
  database: Database,
  leases: readonly Lease[],
  before: number,
  limit: number,
): Promise<number> {
  const [row] = await fenced(
    database.query<{ pruned: number }>('select pawl.prune_events($1, $2, $3, $4) as pruned', [
      ...leaseArrays(leases),
      before,
      limit,
    ]),
  );
  return row?.pruned ?? 0;
}

function leaseArrays(leases: readonly Lease[]): [number[], number[]] {
  const sorted = [...leases].sort((a, b) => a.partition - b.partition);
  return [sorted.map((lease) => lease.partition), sorted.map((lease) => lease.epoch)];
}

/** A statement that is fenced rejects with a FencedError, as a commit does. */
async function fenced<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw fencedError(error) ?? error;
  }
}
