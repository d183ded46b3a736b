import type { AuditEntry, Json, JsonObject, ScheduleRow } from '@pawl/core';
import { compileSchedule, decideSchedule, PawlError, scheduleId } from '@pawl/core';
import type { EngineContext } from './context.ts';
import type { Sender } from './messages.ts';
import { scheduleStateOf } from './schedules.ts';

/** A schedule as the API shows it. */
export interface PublicSchedule {
  readonly namespace: string;
  readonly name: string;
  /** The flow version in force; null where it cannot be read any more. */
  readonly version: string | null;
  readonly hash: string;
  /** What the flow says: `every`, `cron`, `after` or `on`. */
  readonly schedule: Json;
  /** When it is looked at next (ms); null: it is paused, or waits for a run or for events. */
  readonly next: number | null;
  readonly paused: boolean;
  /** The run whose end it waits for. */
  readonly run: string | null;
}

/** Schedules in force, by namespace and name. */
export async function listSchedules(
  context: EngineContext,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<{ readonly items: readonly PublicSchedule[]; readonly next: string | null }> {
  const { api, workspace } = context;
  const page = await api.schedules({ workspace, cursor, limit });
  const items: PublicSchedule[] = [];
  for (const row of page.items) items.push(await shown(context, row));
  return { items, next: page.next };
}

/** Starts no run by itself until it is resumed; a run under way goes on. Throws PAWL_SCHEDULE_UNKNOWN. */
export async function pauseSchedule(
  context: EngineContext,
  namespace: string,
  name: string,
  sender: Sender,
): Promise<PublicSchedule> {
  const row = await find(context, namespace, name);
  if (!row.paused) {
    await context.api.pauseSchedule(row.id, true, null, entryOf(context, row, sender));
    context.log.info({ schedule: `${namespace}/${name}`, by: sender.by }, 'A schedule was paused.');
  }
  return shown(context, await find(context, namespace, name));
}

/** Lets a schedule go on: what would have come meanwhile is left out. Throws PAWL_SCHEDULE_UNKNOWN. */
export async function resumeSchedule(
  context: EngineContext,
  namespace: string,
  name: string,
  sender: Sender,
): Promise<PublicSchedule> {
  const row = await find(context, namespace, name);
  if (row.paused) {
    await context.api.pauseSchedule(row.id, false, await nextLook(context, row), entryOf(context, row, sender));
    context.worker()?.wake();
    context.log.info({ schedule: `${namespace}/${name}`, by: sender.by }, 'A schedule was resumed.');
  }
  return shown(context, await find(context, namespace, name));
}

function entryOf(
  { clock, workspace }: EngineContext,
  { namespace, name, paused }: ScheduleRow,
  sender: Sender,
): AuditEntry {
  const act = paused ? 'schedule.resume' : 'schedule.pause';
  const object = `schedule/${namespace}/${name}`;
  return { workspace, at: clock.now(), ...sender, act, object, before: { paused }, after: { paused: !paused } };
}

/** When a resumed schedule is looked at. Nobody but its resumption writes what a paused clock knows: it ticks no more. */
async function nextLook({ api, clock, hash }: EngineContext, row: ScheduleRow): Promise<number | null> {
  const now = clock.now();
  const document = await documentOf(api, row);
  const spec = document === undefined ? undefined : compileSchedule(document);
  if (spec === undefined || spec.kind === 'on') return null;
  // Its run may end right now: its owner looks, and knows.
  if (spec.kind === 'after') return now;
  const { state, at } = decideSchedule(row.id, spec, scheduleStateOf(row), { kind: 'resumed', at: now }, hash);
  await api.setSchedule(row.id, {
    row: { ...row, at, state: JSON.stringify(state) },
    subscriptions: [],
    keeps: false,
  });
  return at;
}

async function find({ api, workspace, hash }: EngineContext, namespace: string, name: string): Promise<ScheduleRow> {
  const row = await api.schedule(scheduleId(workspace, namespace, name, hash));
  if (row !== undefined) return row;
  throw new PawlError('PAWL_SCHEDULE_UNKNOWN', `The flow ${namespace}/${name} has no schedule in force.`);
}

async function shown({ api }: EngineContext, row: ScheduleRow): Promise<PublicSchedule> {
  const { namespace, name, flow, paused } = row;
  const document = await documentOf(api, row);
  const version = (document?.['document'] as JsonObject | undefined)?.['version'];
  return {
    namespace,
    name,
    version: typeof version === 'string' ? version : null,
    hash: flow,
    schedule: document?.['schedule'] ?? null,
    next: paused ? null : row.at,
    paused,
    run: scheduleStateOf(row)?.run ?? null,
  };
}

async function documentOf(api: EngineContext['api'], { flow }: ScheduleRow): Promise<JsonObject | undefined> {
  const version = await api.flow(flow);
  return version === undefined ? undefined : (JSON.parse(version.document) as JsonObject);
}
