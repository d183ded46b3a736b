import type { ApiStore } from '@pawl/core';
import { partitionOf } from '@pawl/core';
import { keepAnswer, takeKey } from './answers.ts';
import type { Database } from './database.ts';
import { listDecisions, readDecision } from './decisions.ts';
import { openEventApi } from './event-api.ts';
import { openSinkApi } from './event-sinks.ts';
import { deployFlow, listFlows, readFlow, readFlowVersion } from './flows.ts';
import { acceptMessage, acceptStart, readAcceptedStart } from './inbox.ts';
import type { Names } from './names.ts';
import { listRuns, readSummary } from './run-lists.ts';
import { openScheduleApi } from './schedules.ts';
import { isRunId } from './storable.ts';
import { readJournal, readPayloads, readStoredRun } from './stored-runs.ts';
import { resumeRun } from './troubled-runs.ts';
import type { Waker } from './wake.ts';

/** The store as the API and the commands use it; ids come from outside, so any text is one. `close` closes the whole store. */
export function openApiStore(
  database: Database,
  names: Names,
  waker: Waker,
  clockOffset: number,
  close: () => Promise<void>,
): ApiStore {
  return {
    deploy: (version, options) => deployFlow(database, version, options),
    flows: (options) => listFlows(database, options),
    flowVersion: (workspace, namespace, name, version) =>
      readFlowVersion(database, workspace, namespace, name, version),
    flow: (hash) => readFlow(database, hash),
    ...openEventApi(database, names, waker),
    ...openScheduleApi(database, names, waker),
    ...openSinkApi(database),
    async start(start) {
      const answer = await acceptStart(database, names, start);
      if (!answer.replayed) waker.wake([partitionOf(start.run)]);
      return answer;
    },
    async send(workspace, row, entry) {
      if (!isRunId(row.run)) return false;
      const known = await acceptMessage(database, workspace, row, entry);
      if (known) waker.wake([row.partition]);
      return known;
    },
    async resume(resumption) {
      if (!isRunId(resumption.run)) return false;
      const resumed = await resumeRun(database, resumption);
      if (resumed) waker.wake([partitionOf(resumption.run)]);
      return resumed;
    },
    runs: (options) => listRuns(database, options),
    runSummary: async (workspace, run) => (isRunId(run) ? readSummary(database, workspace, run) : undefined),
    acceptedInput: async (workspace, run) =>
      isRunId(run) ? (await readAcceptedStart(database, workspace, run))?.message.input : undefined,
    stored: async (workspace, run) => (isRunId(run) ? readStoredRun(database, run, workspace) : undefined),
    journal: (run, from, limit) => readJournal(database, run, from, limit),
    payloads: async (run, sha256) => (isRunId(run) ? readPayloads(database, run, sha256) : new Map()),
    decisions: (options) => listDecisions(database, options),
    decision: (workspace, id) => readDecision(database, workspace, id),
    takeKey: (request) => takeKey(database, request),
    keepAnswer: (request) => keepAnswer(database, request),
    clockOffset: () => clockOffset,
    close,
  };
}
