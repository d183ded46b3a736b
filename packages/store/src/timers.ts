import { type Database, pollTimeoutMs } from './database.ts';

/** A parked run and when it must be loaded. */
export interface DueTimer {
  readonly partition: number;
  readonly run: string;
  readonly at: number;
}

/** What timers are indexed by: spans of 2^16 ms, about a minute. Within a span rows are looked at one by one. */
const span = '(least(r.timer_at >> 16, 2147483647)::integer)';

/** A run that was set aside keeps its time, and is never loaded for it: each look would bring it again. */
const notSetAside = 'not exists (select from pawl.quarantine q where q.partition = r.partition and q.run = r.id)';

/**
 * Runs of these partitions whose time has come, earliest first. After a long stop there may be a million of them: then
 * each partition gives a few of its earliest, which are not the earliest of all to the letter.
 */
export async function readDueTimers(
  database: Database,
  partitions: readonly number[],
  now: number,
  limit: number,
): Promise<DueTimer[]> {
  const few = Math.ceil((2 * limit) / Math.max(partitions.length, 1));
  const rows = await readEarliest(database, partitions, now, limit, few);
  return rows.length < limit && few < limit ? readEarliest(database, partitions, now, limit, limit) : rows;
}

/** Partition by partition, so that each part is a short walk along the index however many timers lie ahead. */
function readEarliest(
  database: Database,
  partitions: readonly number[],
  now: number,
  limit: number,
  limitPerPartition: number,
): Promise<DueTimer[]> {
  return database.query<DueTimer>(
    `select t.* from unnest($1::smallint[]) as p (partition)
       cross join lateral (select r.partition, r.id as run, r.timer_at as at from pawl.run r
         where r.partition = p.partition and r.timer_at <= $2 and ${notSetAside} and ${span} <= least($2::bigint >> 16, 2147483647)
         order by ${span}, r.timer_at limit $4) t
       order by t.at, t.run limit $3`,
    [partitions, now, limit, limitPerPartition],
    pollTimeoutMs,
  );
}

/** Time of the next timer of these partitions. */
export async function readNextTimer(database: Database, partitions: readonly number[]): Promise<number | undefined> {
  const [row] = await database.query<{ at: number | null }>(
    `select min(t.at) as at from unnest($1::smallint[]) as p (partition)
       cross join lateral (select r.timer_at as at from pawl.run r
         where r.partition = p.partition and r.timer_at is not null and ${notSetAside} order by ${span}, r.timer_at limit 1) t`,
    [partitions],
    pollTimeoutMs,
  );
  return row?.at ?? undefined;
}
