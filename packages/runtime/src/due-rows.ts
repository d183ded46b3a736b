import type { WorkerStore } from '@pawl/core';
import { ensureError } from '@pawl/core';
import { bounds } from './bounds.ts';
import type { Context } from './context.ts';
import type { TimerItem } from './timers.ts';

/** Rows of the store that are due at a time. */
export interface DueSource<Row> {
  /** What they are, for the log. */
  readonly name: string;
  due(store: WorkerStore, partitions: readonly number[], now: number): Promise<readonly Row[]>;
  /** When the next one is due. */
  next(store: WorkerStore, partitions: readonly number[]): Promise<number | undefined>;
  take(row: Row): void;
}

/** Takes rows of the store when their time has come. All that it keeps of them is the earliest time. */
export class DueRows<Row> implements TimerItem {
  at = Number.POSITIVE_INFINITY;
  slot = -1;
  private readonly context: Context;
  private readonly source: DueSource<Row>;
  private reading = false;
  private again = false;

  constructor(context: Context, source: DueSource<Row>) {
    this.context = context;
    this.source = source;
  }

  /** A row is due then (ms; infinity: none is). */
  expect(at: number): void {
    if (this.context.only !== undefined) return;
    if (this.slot < 0 || at < this.at) this.context.timers.set(this, at);
  }

  due(): void {
    this.poll();
  }

  /** Takes what is due, then looks for the next time. One look at a time; a call meanwhile leads to another. */
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
    const { context, source } = this;
    const due = await this.ask((store) => source.due(store, partitions, context.now()));
    if (due !== undefined && due.length > 0) context.ports.fault('timer.due');
    for (const row of due ?? []) source.take(row);
    const wait =
      due !== undefined && due.length >= bounds.timerRows ? bounds.timerPollFull : await this.quietFor(due, partitions);
    this.reading = false;
    this.expect(context.now() + (this.again ? 0 : wait));
  }

  /** How long nothing will be due (ms). What was just taken is still due in the store until its next commit, so it is never 0. */
  private async quietFor(due: readonly Row[] | undefined, partitions: readonly number[]): Promise<number> {
    const next = due && (await this.ask(async (store) => ({ at: await this.source.next(store, partitions) })));
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
        `The ${this.source.name} could not be read; Pawl tries again.`,
      );
      return undefined;
    }
  }
}
