import type { RunStatus } from '@pawl/core';
import { PawlError, partitionOf } from '@pawl/core';
import type { Context } from './context.ts';
import type { RunEnd } from './observe.ts';
import { endOf } from './observe.ts';

interface EndWaiter {
  readonly resolve: (end: RunEnd | 'elsewhere') => void;
  readonly reject: (error: Error) => void;
}

/** Tells those who wait for a run's end. */
export class Ends {
  private readonly context: Context;
  private readonly waiters = new Map<string, EndWaiter[]>();

  constructor(context: Context) {
    this.context = context;
  }

  /** Resolves once the run has ended, at once if it has already; 'elsewhere' where another worker owns it. A run that has not begun is waited for. */
  wait(run: string): Promise<RunEnd | 'elsewhere'> {
    if (this.context.ownership.lease(partitionOf(run)) === undefined) return Promise.resolve('elsewhere');
    const ended = new Promise<RunEnd | 'elsewhere'>((resolve, reject) => {
      const waiter = { resolve, reject };
      const others = this.waiters.get(run);
      if (others === undefined) this.waiters.set(run, [waiter]);
      else others.push(waiter);
    });
    if (this.context.table.get(run) === undefined) this.lookUp(run);
    return ended;
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

  private take(run: string): readonly EndWaiter[] {
    if (this.waiters.size === 0) return none;
    const waiters = this.waiters.get(run);
    this.waiters.delete(run);
    return waiters ?? none;
  }
}

/** Whether a status is final. */
export function hasEnded(status: RunStatus): boolean {
  return status === 'completed' || status === 'faulted' || status === 'cancelled';
}

const none: readonly EndWaiter[] = [];
