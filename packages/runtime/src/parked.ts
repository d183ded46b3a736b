import type { WorkerStore } from '@pawl/core';
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
    this.poll();
  }

  /** Loads the runs whose time has come, then looks for the next time. One look at a time; a call meanwhile leads to another. */
  poll(): void {
    const { ownership, only, draining, settle } = this.context;
    if (only !== undefined || draining) return;
    this.again = this.reading;
    const partitions = ownership.ready();
    if (this.reading || partitions.length === 0) return;
    this.reading = true;
    this.look(partitions).catch((error: unknown) => settle.failed(ensureError(error)));
  }

  private async look(partitions: readonly number[]): Promise<void> {
    const { context } = this;
    const due = await this.ask((store) => store.dueTimers(partitions, context.now(), bounds.timerRows));
    if (due !== undefined && due.length > 0) context.ports.fault('timer.due');
    for (const { run, partition } of due ?? []) {
      if (context.ownership.lease(partition) === undefined || context.table.get(run) !== undefined) continue;
      context.recovery.load(run, undefined);
    }
    const wait =
      due !== undefined && due.length >= bounds.timerRows ? bounds.timerPollFull : await this.quietFor(due, partitions);
    this.reading = false;
    this.expect(context.now() + (this.again ? 0 : wait));
  }

  /** How long nothing will be due (ms). Rows of runs that were just loaded stay until their next commit, so it is never 0. */
  private async quietFor(due: readonly unknown[] | undefined, partitions: readonly number[]): Promise<number> {
    const next = due && (await this.ask(async (store) => ({ at: await store.nextTimer(partitions) })));
    if (next === undefined) return bounds.beatEvery;
    if (next.at === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(bounds.timerPollAtLeast, next.at - this.context.now());
  }

  /** What the store answers; undefined where it cannot be reached. */
  private async ask<T>(question: (store: WorkerStore) => Promise<T>): Promise<T | undefined> {
    try {
      return await question(this.context.ports.store);
    } catch (error) {
      this.context.ports.log.warn(
        { err: ensureError(error) },
        'The timers of parked runs could not be read; Pawl tries again.',
      );
      return undefined;
    }
  }
}
