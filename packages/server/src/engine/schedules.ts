import type { FlowVersion, JsonObject, ScheduleRow, ScheduleSpec, ScheduleState, SubscriptionRow } from '@pawl/core';
import {
  compileSchedule,
  decideSchedule,
  ensureError,
  eventPartition,
  partitionCount,
  partitionOf,
  scheduleId,
  scheduleMatches,
} from '@pawl/core';
import type { EngineContext } from './context.ts';

/** Flows that are looked at in one go when an engine starts. */
const pageSize = 200;

/**
 * Puts the schedule of a flow name in force: that of its newest version, or none where that has none. Called again it
 * changes nothing, so that what was cut off between a deploy and this is mended by the next one.
 */
export async function enforceSchedule(context: EngineContext, namespace: string, name: string): Promise<void> {
  const { api, workspace, hash } = context;
  const newest = await api.flowVersion(workspace, namespace, name);
  if (newest !== undefined) await enforce(context, newest, scheduleId(workspace, namespace, name, hash));
}

/** The same for all flows of the workspace. A flow that cannot be read is left out and told in the log. */
export async function enforceSchedules(context: EngineContext): Promise<void> {
  const { api, workspace, log } = context;
  const names = new Map<string, { readonly namespace: string; readonly name: string }>();
  let cursor: string | null = null;
  do {
    const page = await api.flows({ workspace, cursor, limit: pageSize });
    for (const { namespace, name } of page.items) names.set(JSON.stringify([namespace, name]), { namespace, name });
    cursor = page.next;
  } while (cursor !== null);
  for (const { namespace, name } of names.values()) {
    try {
      await enforceSchedule(context, namespace, name);
    } catch (error) {
      log.error({ err: ensureError(error), flow: `${namespace}/${name}` }, 'A schedule could not be put in force.');
    }
  }
}

async function enforce(context: EngineContext, version: FlowVersion, id: string): Promise<void> {
  const { api, clock, hash, workspace } = context;
  const spec = compileSchedule(JSON.parse(version.document) as JsonObject);
  const known = await api.schedule(id);
  if (spec === undefined) {
    if (known !== undefined) await api.setSchedule(id, undefined);
    return;
  }
  const stored = known === undefined ? undefined : scheduleStateOf(known);
  if (known?.flow === version.hash && stored?.text === spec.text) return;
  const now = clock.now();
  const { state } = decideSchedule(id, spec, undefined, { kind: 'deployed', at: now }, hash);
  const row: ScheduleRow = {
    id,
    partition: partitionOf(id),
    workspace,
    namespace: version.namespace,
    name: version.name,
    flow: version.hash,
    // Its owner looks at once, and finds out from what it knows when to look again.
    at: spec.kind === 'on' ? null : now,
    state: JSON.stringify(state),
    paused: known?.paused ?? false,
  };
  // Where the same events are asked for, none that came meanwhile may fall between the old subscriptions and the new.
  const same = stored?.text === spec.text;
  const since = same ? stored.anchor : now;
  const subscriptions = subscriptionsOf(context, row, spec, since);
  await api.setSchedule(id, { row, subscriptions, keeps: known !== undefined && (same || spec.kind !== 'on') });
}

function subscriptionsOf(
  { hash }: EngineContext,
  { id, workspace }: ScheduleRow,
  spec: ScheduleSpec,
  since: number,
): SubscriptionRow[] {
  return scheduleMatches(spec).flatMap((match, filter) => {
    const { type } = match;
    const partitions =
      type === undefined
        ? Array.from({ length: partitionCount }, (_, i) => i)
        : [eventPartition(workspace, type, hash)];
    return partitions.map((partition) => ({
      ...{ partition, workspace, listener: id, step: '', filter, match, since, kept: false },
    }));
  });
}

/** What a schedule knows; undefined before it was decided. */
export function scheduleStateOf({ state }: ScheduleRow): ScheduleState | undefined {
  return state === '' ? undefined : (JSON.parse(state) as ScheduleState);
}
