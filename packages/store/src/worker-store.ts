import type { Commit, WorkerStore } from '@pawl/core';
import { FencedError } from '@pawl/core';
import { openBeatLine } from './beat-line.ts';
import { openCommitLine } from './commit-line.ts';
import type { Database } from './database.ts';
import { matchEvents, pruneEvents } from './events.ts';
import { readFlow, readFlowVersion } from './flows.ts';
import { readInbox } from './inbox.ts';
import { readView, releaseLeases, takeOver } from './leases.ts';
import type { Lineage } from './lineage.ts';
import type { Names } from './names.ts';
import { readDueSchedules, readNextSchedule, readSchedule } from './schedules.ts';
import { readJournal, readLoadedRuns, readPayloads, readStoredRun } from './stored-runs.ts';
import { readDueTimers, readNextTimer } from './timers.ts';
import { markRun, quarantineRun } from './troubled-runs.ts';
import { type Waker, wokenPartitions } from './wake.ts';

/** Joins as a worker: a lock connection, a commit connection, and the shared pool for everything else. */
export async function joinAsWorker(
  database: Database,
  names: Names,
  waker: Waker,
  lineage: Lineage,
  { id, shares }: { readonly id: string; readonly shares: boolean },
): Promise<WorkerStore> {
  /** Partitions that this worker believes to own: whom a wake-up concerns. */
  const owned = new Set<number>();
  const listeners: (() => void)[] = [];
  const beatLine = await openBeatLine(database, { id, shares }, lineage, (payload) => {
    const partitions = wokenPartitions(payload);
    if (partitions !== 'all' && !partitions.some((partition) => owned.has(partition))) return;
    for (const listener of listeners) listener();
  });
  const commitLine = openCommitLine(database, names, id, lineage);
  const noticingLoss = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof FencedError) for (const partition of error.partitions) owned.delete(partition);
      throw error;
    }
  };
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
      const result = await noticingLoss(commitLine.commit(commit));
      tell(toldPartitions(commit));
      return result;
    },
    loadedRuns: (partition, after, limit) => readLoadedRuns(database, partition, after, limit),
    run: (run) => readStoredRun(database, run),
    journal: (run) => readJournal(database, run, 1),
    payloads: (run, sha256) => readPayloads(database, run, sha256),
    inbox: (partitions, held, limit) => readInbox(database, partitions, held, limit),
    dueTimers: (partitions, now, limit) => readDueTimers(database, partitions, now, limit),
    nextTimer: (partitions) => readNextTimer(database, partitions),
    async matchEvents(leases, limit) {
      const { delivered, more, told } = await noticingLoss(matchEvents(database, leases, limit));
      tell(new Set(told));
      return { delivered, more };
    },
    pruneEvents: (leases, before, limit) => noticingLoss(pruneEvents(database, leases, before, limit)),
    dueSchedules: (partitions, now, limit) => readDueSchedules(database, partitions, now, limit),
    schedule: (schedule) => readSchedule(database, schedule),
    nextSchedule: (partitions) => readNextSchedule(database, partitions),
    flowNamed: (workspace, { namespace, name, version }) =>
      readFlowVersion(database, workspace, namespace, name, version === 'latest' ? undefined : version),
    mark: (run, seq) => markRun(database, id, run, seq),
    quarantine: (run, reason) => quarantineRun(database, id, run, reason),
    flow: (hash) => readFlow(database, hash),
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

/** The partitions in which a commit leaves something to do. */
function toldPartitions({ messages = [], events = [], subscribe = [] }: Commit): ReadonlySet<number> {
  return new Set([...messages, ...events, ...subscribe].map((row) => row.partition));
}
