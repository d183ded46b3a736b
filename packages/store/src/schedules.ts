import type { ApiStore, ListPage, ScheduleRow } from '@pawl/core';
import { appendCall } from './audit.ts';
import { encodeSubscriptions } from './commit-call.ts';
import { pageLimit, readCursor, writeCursor } from './cursors.ts';
import { type Database, pollTimeoutMs } from './database.ts';
import type { Names } from './names.ts';
import { assertStorable, isRunId } from './storable.ts';
import type { Waker } from './wake.ts';

const scheduleColumns = `s.id, s.partition, w.name as workspace, s.namespace, s.name, encode(f.hash, 'hex') as flow, s.at,
  s.state, s.paused`;
const scheduleTables = 'pawl.schedule s join pawl.workspace w on w.id = s.workspace join pawl.flow f on f.id = s.flow';

/** A schedule that is put in force. */
type NewSchedule = NonNullable<Parameters<ApiStore['setSchedule']>[1]>;

/** Schedules as the API sees them. */
export function openScheduleApi(
  database: Database,
  names: Names,
  waker: Waker,
): Pick<ApiStore, 'setSchedule' | 'schedule' | 'schedules' | 'pauseSchedule'> {
  return {
    async setSchedule(id, schedule) {
      if (schedule === undefined) {
        await database.query('select pawl.drop_schedule($1)', [id]);
        return;
      }
      if (!(await putSchedule(database, names, schedule))) return;
      waker.wake([schedule.row.partition, ...schedule.subscriptions.map((row) => row.partition)]);
    },
    schedule: (id) => readSchedule(database, id),
    schedules: (options) => listSchedules(database, options),
    async pauseSchedule(id, paused, at, entry) {
      if (!isRunId(id)) return false;
      const values: unknown[] = [id, paused, at];
      const [row] = await database.query<{ partition: number }>(
        `with changed as (
           update pawl.schedule set paused = $2, at = case when $2 then at else $3 end where id = $1 returning partition
         )
         select partition${entry === undefined ? '' : `, ${appendCall(values, entry)} as audit`} from changed`,
        values,
      );
      if (row !== undefined) waker.wake([row.partition]);
      return row !== undefined;
    },
  };
}

async function putSchedule(
  database: Database,
  names: Names,
  { row, subscriptions, keeps }: NewSchedule,
): Promise<boolean> {
  assertStorable(row.namespace + row.name + row.state, 'The schedule');
  for (const { match, step } of subscriptions)
    for (const text of [step, ...Object.entries(match).flat()]) assertStorable(text, 'A filter of the schedule');
  await names.learn([row.workspace, ...subscriptions.map((one) => one.workspace)], [row.flow]);
  const values = [
    ...[row.id, row.partition, names.workspace(row.workspace), row.namespace, row.name, names.flow(row.flow)],
    ...[row.at, row.state, row.paused, keeps],
    ...encodeSubscriptions(subscriptions, names),
  ];
  const parameters = values.map((_, i) => `$${i + 1}`).join(', ');
  const [answer] = await database.query<{ done: boolean }>(`select pawl.set_schedule(${parameters}) as done`, values);
  return answer?.done === true;
}

async function listSchedules(
  database: Database,
  { workspace, cursor, limit }: Parameters<ApiStore['schedules']>[0],
): Promise<ListPage<ScheduleRow>> {
  const size = pageLimit(limit);
  const after = readCursor('schedules', cursor, ['string', 'string']);
  const rows = await database.query<ScheduleRow>(
    `select ${scheduleColumns} from ${scheduleTables}
       where w.name = $1 and ($2::text is null or (s.namespace, s.name) > ($2, $3))
       order by s.namespace, s.name limit $4`,
    [workspace, after?.[0] ?? null, after?.[1] ?? null, size + 1],
  );
  const last = rows.length > size ? rows[size - 1] : undefined;
  return {
    items: rows.slice(0, size),
    next: last === undefined ? null : writeCursor('schedules', [last.namespace, last.name]),
  };
}

/** Schedules of these partitions whose time has come, earliest first. */
export function readDueSchedules(
  database: Database,
  partitions: readonly number[],
  now: number,
  limit: number,
): Promise<ScheduleRow[]> {
  return database.query<ScheduleRow>(
    `select ${scheduleColumns} from ${scheduleTables}
       where s.partition = any ($1::smallint[]) and s.at <= $2 and not s.paused order by s.at, s.id limit $3`,
    [partitions, now, limit],
    pollTimeoutMs,
  );
}

/** The schedule of an id. */
export async function readSchedule(database: Database, id: string): Promise<ScheduleRow | undefined> {
  if (!isRunId(id)) return undefined;
  const [row] = await database.query<ScheduleRow>(`select ${scheduleColumns} from ${scheduleTables} where s.id = $1`, [
    id,
  ]);
  return row;
}

/** The time of the next schedule of these partitions. */
export async function readNextSchedule(database: Database, partitions: readonly number[]): Promise<number | undefined> {
  const [row] = await database.query<{ at: number | null }>(
    'select min(s.at) as at from pawl.schedule s where s.partition = any ($1::smallint[]) and s.at is not null and not s.paused',
    [partitions],
    pollTimeoutMs,
  );
  return row?.at ?? undefined;
}
