import type { Commit, WorkerStore } from '@pawl/core';
import { FencedError } from '@pawl/core';
import { openBeatLine } from './beat-line.ts';
import { openCommitLine } from './commit-line.ts';
import type { Database } from './database.ts';
import { openMatcher, pruneEvents } from './events.ts';
import { readView, releaseLeases, takeOver } from './leases.ts';
import type { Housekeeping } from './keep-house.ts';
import type { Lineage } from './lineage.ts';
import type { Names } from './names.ts';
import { markRun, quarantineRun } from './troubled-runs.ts';
import { type Waker, wokenPartitions } from './wake.ts';
import { workerReads } from './worker-reads.ts';

/** What the workers of a process share. */
export interface WorkerParts {
  readonly names: Names;
  readonly waker: Waker;
  readonly lineage: Lineage;
  readonly house: Housekeeping;
}

/** Joins as a worker: a lock connection, a commit connection, and the shared pool for everything else. */
export async function joinAsWorker(
  database: Database,
  { names, waker, lineage, house }: WorkerParts,
  { id, shares }: { readonly id: string; readonly shares: boolean },
): Promise<WorkerStore> {
  /** Partitions that this worker believes to own: whom a wake-up concerns. */
  const owned = new Set<number>();
  const listeners: (() => void)[] = [];
  const beatLine = await openBeatLine(database, { id, shares }, { lineage, house }, (payload) => {
    const partitions = wokenPartitions(payload);
    if (partitions !== 'all' && !partitions.some((partition) => owned.has(partition))) return;
    for (const listener of listeners) listener();
  });
  const commitLine = openCommitLine(database, names, id, lineage);
  const matcher = openMatcher(database);
  /** Tells the owners of partitions, and this worker itself without the way through the database. */
  const tell = (partitions: ReadonlySet<number>): void => {
    const others = [...partitions].filter((partition) => !owned.has(partition));
    if (others.length > 0) waker.wake(others);
    if (others.length < partitions.size) for (const listener of listeners) listener();
  };
  return {
    worker: id,
    beat: () => beatLine.beat(),
    lockHeld: () => beatLine.lockHeld(),
    view: () => readView(database),
    async takeOver(partition, epoch) {
      const backend = await commitLine.backend();
      const lease = await takeOver(database, { worker: id, backend }, { partition, epoch });
      if (lease !== undefined) owned.add(partition);
      return lease;
    },
    async release(leases) {
      if (leases.length === 0) return;
      for (const { partition } of leases) owned.delete(partition);
      const released = await releaseLeases(database, id, leases);
      if (released.length > 0) waker.wake('all');
    },
    async commit(commit) {
      const result = await noticingLoss(owned, commitLine.commit(commit));
      tell(toldPartitions(commit));
      return result;
    },
    ...workerReads(database),
    async matchEvents(leases, limit) {
      const { delivered, more, told } = await noticingLoss(owned, matcher(leases, limit));
      tell(new Set(told));
      return { delivered, more };
    },
    pruneEvents: (leases, before, limit) => noticingLoss(owned, pruneEvents(database, leases, before, limit)),
    mark: (run, seq) => markRun(database, id, run, seq),
    quarantine: (run, reason) => quarantineRun(database, id, run, reason),
    onWake(callback) {
      listeners.push(callback);
    },
    async close() {
      await commitLine.close();
      await beatLine.close();
      waker.wake('all');
    },
  };
}

/** What a fenced call names is not owned any more. */
async function noticingLoss<T>(owned: Set<number>, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof FencedError) for (const partition of error.partitions) owned.delete(partition);
    throw error;
  }
}

/** The partitions in which a commit leaves something to do. */
function toldPartitions({ messages = [], events = [], subscribe = [] }: Commit): ReadonlySet<number> {
  return new Set([...messages, ...events, ...subscribe].map((row) => row.partition));
}
