import { ensureError } from '@pawl/core';
import { bounds } from './bounds.ts';
import type { Context } from './context.ts';
import type { TimerItem } from './timers.ts';

/** Brings parked runs back when their time has come. All that it keeps of them is the earliest time. */
export class Parked implements TimerItem {
  at = Number.POSITIVE_INFINITY;
  slot = -1;
  private readonly context: Context;
  private reading = false;
  private again = false;

  constructor(context: Context) {
    this.context = context;
  }

  /** A run is parked until then (ms; infinity: no time brings it back). */
  expect(at: number): void {
    if (this.context.only !== undefined) return;
    if (this.slot < 0 || at < this.at) this.context.timers.set(this, at);
  }

  due(): void {
    void this.poll();
  }

  /** Loads the runs whose time has come, then looks for the next time. */
  async poll(): Promise<void> {
    const { context } = this;
    if (context.only !== undefined || context.draining) return;
    if (this.reading) {
      this.again = true;
      return;
    }
    const partitions = context.ownership.ready();
    if (partitions.length === 0) return;
    this.reading = true;
    this.again = false;
    const { store, log, fault } = context.ports;
    let next = context.now() + bounds.beatEvery;
    try {
      const due = await store.dueTimers(partitions, context.now(), bounds.timerRows);
      if (due.length > 0) fault('timer.due');
      for (const { run, partition } of due) {
        if (context.ownership.lease(partition) === undefined || context.table.get(run) !== undefined) continue;
        context.recovery.load(run, undefined);
      }
      // Rows of runs that were just loaded stay until their next commit: the next look waits a little for that.
      const earliest = due.length >= bounds.timerRows ? 0 : await store.nextTimer(partitions);
      next =
        earliest === undefined ? Number.POSITIVE_INFINITY : Math.max(earliest, context.now() + bounds.timerPollAtLeast);
    } catch (error) {
      log.warn({ err: ensureError(error) }, 'The timers of parked runs could not be read; Pawl tries again.');
    } finally {
      this.reading = false;
    }
    this.expect(this.again ? context.now() : next);
  }
}
