import type { ApiStore, Store } from '@pawl/core';
import { simulationStart } from '../sim/clock.ts';
import type { Prng } from '../sim/prng.ts';
import type { Owner, Timeline } from '../sim/timeline.ts';
import { outside } from '../sim/timeline.ts';
import { apiStore } from './api-store.ts';
import type { StoreMutation } from './mutation.ts';
import type { Gate } from './gate.ts';
import { latency, openGate } from './gate.ts';
import type { TablesCopy } from './restore.ts';
import { restoreTables } from './restore.ts';
import { Tables } from './tables.ts';
import { WorkerSession } from './worker-session.ts';

/** How a simulated store is made. */
export interface SimStoreOptions {
  readonly timeline: Timeline;
  readonly prng: Prng;
  /** Number of partitions. */
  readonly partitions: number;
  readonly gate?: Gate;
  readonly mutation?: StoreMutation;
}

/** A transaction of the server that has not ended. */
export interface OpenTransaction {
  readonly partitions: readonly number[];
  readonly endsAt: number;
  aborted: boolean;
}

/**
 * The Store port in memory and in virtual time, with the protocol of the real one: epochs fence, commits are all or
 * nothing, one start wins a key, a takeover waits for the old owner's transaction or ends it.
 */
export class SimStore implements Store {
  readonly tables: Tables;
  readonly api: ApiStore;
  readonly timeline: Timeline;
  readonly prng: Prng;
  readonly gate: Gate;
  readonly mutation: StoreMutation;
  readonly sessions = new Map<string, WorkerSession>();
  readonly openTransactions = new Set<OpenTransaction>();

  constructor(options: SimStoreOptions) {
    this.timeline = options.timeline;
    this.prng = options.prng;
    this.gate = options.gate ?? openGate(options.prng);
    this.mutation = options.mutation ?? {};
    this.tables = new Tables(options.partitions);
    this.api = apiStore(this);
  }

  joinAsWorker(worker: { readonly id: string; readonly shares: boolean }): Promise<WorkerSession> {
    return this.join({ name: worker.id, life: 'running', backlog: [] }, worker.shares);
  }

  /** Joins as a worker whose process may be paused and killed. */
  join(owner: Owner, shares: boolean): Promise<WorkerSession> {
    return WorkerSession.open(this, owner, shares);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Tells the owner of a partition, or every worker, that something may have come. */
  wake(partition?: number): void {
    for (const session of this.sessions.values()) {
      if (partition !== undefined && this.tables.leases[partition]?.worker !== session.worker) continue;
      const how = this.gate.wake(session.worker);
      if (how === 'lost') continue;
      session.wakeAfter(latency(this.prng));
      if (how === 'doubled') session.wakeAfter(latency(this.prng) * 10);
    }
  }

  /**
   * The database goes back to an earlier state, as by a failover or restore that lost the last commits. Whoever meets it
   * begins a new lineage before anything is written, so that is done here.
   */
  restore(copy: TablesCopy): void {
    const { tables } = this;
    const epoch = 1_000_000 + Math.max(...tables.leases.map((lease) => lease.epoch));
    const number = tables.lineage.number + 1;
    restoreTables(tables, copy);
    tables.lineage = { number, at: Math.floor(simulationStart + this.timeline.time) };
    for (const lease of tables.leases) Object.assign(lease, { epoch, worker: null });
    for (const record of tables.workers.values()) record.locked = false;
    for (const transaction of this.openTransactions) transaction.aborted = true;
    for (const session of this.sessions.values()) session.moveOn(this.prng.between(0, 500));
  }

  /** Runs one transaction of somebody who is no worker. */
  serve<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.timeline.after(latency(this.prng), outside, () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }
}
