import type { ApiStore, ScheduleRow } from '@pawl/core';
import { newestFlow } from './flow-lists.ts';
import { pageOf } from './list-page.ts';
import type { SimStore } from './sim-store.ts';

/** The schedules of a simulated store, as the API sets and lists them. */
export function scheduleLists(
  store: SimStore,
): Pick<ApiStore, 'setSchedule' | 'schedule' | 'schedules' | 'pauseSchedule'> {
  const { events } = store.tables;
  return {
    setSchedule: (id, schedule) =>
      store.serve(() => {
        const known = events.schedules.get(id);
        if (schedule === undefined) {
          events.schedules.delete(id);
          events.unsubscribe(id);
          return;
        }
        const { row, subscriptions, keeps } = schedule;
        const newest = newestFlow(store.tables, row.workspace, { namespace: row.namespace, name: row.name });
        if (newest !== undefined && newest.hash !== row.flow) return;
        events.schedules.set(id, {
          ...row,
          state: keeps ? (known?.state ?? row.state) : row.state,
          paused: known?.paused ?? row.paused,
        });
        events.unsubscribe(id);
        for (const subscription of subscriptions) events.subscribe(subscription);
        for (const { partition } of [row, ...subscriptions]) store.wake(partition);
      }),
    schedule: (id) => store.serve(() => events.schedules.get(id)),
    schedules: ({ workspace, ...page }) =>
      store.serve(() => {
        const found = [...events.schedules.values()].filter((row) => row.workspace === workspace).sort(byName);
        return pageOf('schedules', found, (row) => row.id, page);
      }),
    pauseSchedule: (id, paused, at) =>
      store.serve(() => {
        const row = events.schedules.get(id);
        if (row === undefined) return false;
        events.schedules.set(id, { ...row, paused, at: paused ? row.at : at });
        store.wake(row.partition);
        return true;
      }),
  };
}

function byName(a: ScheduleRow, b: ScheduleRow): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}
