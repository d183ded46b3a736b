import type { WorkerStore } from '@pawl/core';
import type { Database } from './database.ts';
import { readFlow, readFlowVersion } from './flows.ts';
import { readInbox } from './inbox.ts';
import { readDueSchedules, readNextSchedule, readSchedule } from './schedules.ts';
import { readJournal, readLoadedRuns, readPayloads, readStoredRun } from './stored-runs.ts';
import { readDueTimers, readNextTimer } from './timers.ts';

type Reads =
  | 'loadedRuns'
  | 'run'
  | 'journal'
  | 'payloads'
  | 'inbox'
  | 'dueTimers'
  | 'nextTimer'
  | 'dueSchedules'
  | 'schedule'
  | 'nextSchedule'
  | 'flowNamed'
  | 'flow';

/** What a worker reads; each may be repeated. */
export function workerReads(database: Database): Pick<WorkerStore, Reads> {
  return {
    loadedRuns: (partition, after, limit) => readLoadedRuns(database, partition, after, limit),
    run: (run) => readStoredRun(database, run),
    journal: (run) => readJournal(database, run, 1),
    payloads: (run, sha256) => readPayloads(database, run, sha256),
    inbox: (partitions, held, limit) => readInbox(database, partitions, held, limit),
    dueTimers: (partitions, now, limit) => readDueTimers(database, partitions, now, limit),
    nextTimer: (partitions) => readNextTimer(database, partitions),
    dueSchedules: (partitions, now, limit) => readDueSchedules(database, partitions, now, limit),
    schedule: (schedule) => readSchedule(database, schedule),
    nextSchedule: (partitions) => readNextSchedule(database, partitions),
    flowNamed: (workspace, { namespace, name, version }) =>
      readFlowVersion(database, workspace, namespace, name, version === 'latest' ? undefined : version),
    flow: (hash) => readFlow(database, hash),
  };
}
