import type { Cancellation, RunStatus } from '@pawl/core';
import { PawlError, partitionOf } from '@pawl/core';
import { bounds } from './bounds.ts';
import type { Context } from './context.ts';
import type { RunEnd } from './observe.ts';
import { endOf } from './observe.ts';

interface EndWaiter {
  readonly run: string;
  readonly resolve: (end: RunEnd | 'elsewhere') => void;
  readonly reject: (error: Error) => void;
}

/** Tells those who wait for a run's end. */
export class Ends {
  private readonly context: Context;
  private readonly waiters = new Map<string, Set<EndWaiter>>();
  private count = 0;

  constructor(context: Context) {
    this.context = context;
  }

  /**
   * Resolves once the run has ended, at once if it has already; 'elsewhere' where another worker owns it, where the
   * caller gives up, and for the longest wait where there are too many. A run that has not begun is waited for.
   */
  wait(run: string, cancellation?: Pick<Cancellation, 'onCancel'>): Promise<RunEnd | 'elsewhere'> {
    if (this.context.ownership.lease(partitionOf(run)) === undefined) return Promise.resolve('elsewhere');
    const ended = new Promise<RunEnd | 'elsewhere'>((resolve, reject) => {
      const waiter = { run, resolve, reject };
      const others = this.waiters.get(run);
      if (others === undefined) this.waiters.set(run, new Set([waiter]));
      else others.add(waiter);
      this.count += 1;
      cancellation?.onCancel(() => this.forget(waiter));
    });
    if (this.count > bounds.endWaiters) this.forgetOldest();
    if (this.context.table.get(run) === undefined) this.lookUp(run);
    return ended;
  }

  /** How many wait. */
  get size(): number {
    return this.count;
  }

  ended(end: RunEnd): void {
    for (const waiter of this.take(end.run)) waiter.resolve(end);
  }

  failed(run: string, error: Error): void {
    for (const waiter of this.take(run)) waiter.reject(error);
  }

  lostPartition(partition: number): void {
    if (this.waiters.size === 0) return;
    for (const run of [...this.waiters.keys()]) {
      if (partitionOf(run) !== partition) continue;
      for (const waiter of this.take(run)) waiter.resolve('elsewhere');
    }
  }

  /** The run is not in memory: it may have ended before anybody asked. */
  private lookUp(run: string): void {
    const { store } = this.context.ports;
    const find = async (): Promise<void> => {
      const stored = await store.run(run);
      if (stored?.quarantined)
        throw new PawlError('PAWL_RUN_QUARANTINED', `Run ${run} was set aside.`, { extra: { run } });
      if (stored === undefined || !hasEnded(stored.status)) return;
      this.ended(endOf(await this.context.recovery.foldStored(stored)));
    };
    find().catch((error: Error) => this.failed(run, error));
  }

  private forgetOldest(): void {
    for (const waiters of this.waiters.values()) {
      for (const waiter of waiters) return this.forget(waiter);
    }
  }

  private forget(waiter: EndWaiter): void {
    const waiters = this.waiters.get(waiter.run);
    if (waiters?.delete(waiter) !== true) return;
    this.count -= 1;
    if (waiters.size === 0) this.waiters.delete(waiter.run);
    waiter.resolve('elsewhere');
  }

  private take(run: string): Iterable<EndWaiter> {
    const waiters = this.waiters.get(run);
    if (waiters === undefined) return none;
    this.waiters.delete(run);
    this.count -= waiters.size;
    return waiters;
  }
}

/** Whether a status is final. */
export function hasEnded(status: RunStatus): boolean {
  return status === 'completed' || status === 'faulted' || status === 'cancelled';
}

const none: readonly EndWaiter[] = [];
