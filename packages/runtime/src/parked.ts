import type { WorkerStore } from '@pawl/core';
import { bounds } from './bounds.ts';
import type { Context } from './context.ts';
import type { DueSource } from './due-rows.ts';

type DueTimer = Awaited<ReturnType<WorkerStore['dueTimers']>>[number];

/** Timers of parked runs: their time brings them back into memory. */
export function parkedRuns(context: Context): DueSource<DueTimer> {
  return {
    name: 'timers of parked runs',
    due: (store, partitions, now) => store.dueTimers(partitions, now, bounds.timerRows),
    next: (store, partitions) => store.nextTimer(partitions),
    take: ({ run, partition }) => {
      if (context.ownership.lease(partition) === undefined || context.table.get(run) !== undefined) return;
      context.recovery.load(run, undefined);
    },
  };
}
