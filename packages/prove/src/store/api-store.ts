import type { ApiStore, InboxRow, Resumption, StartAnswer } from '@pawl/core';
import { partitionOf, PawlError } from '@pawl/core';
import { dedupName, isStorable } from './apply-commit.ts';
import { eventLists } from './event-lists.ts';
import { flowLists } from './flow-lists.ts';
import { runLists } from './run-lists.ts';
import { scheduleLists } from './schedule-lists.ts';
import { sinkLists } from './sink-lists.ts';
import type { SimStore } from './sim-store.ts';
import type { Tables } from './tables.ts';

/** How long an Idempotency-Key is remembered (ms). */
const requestRetention = 604_800_000;

/** The simulated store as the API sees it. */
export function apiStore(store: SimStore): ApiStore {
  const { tables } = store;
  return {
    ...flowLists(store),
    ...runLists(store),
    ...eventLists(store),
    ...scheduleLists(store),
    ...sinkLists(store),
    start: (start) =>
      store.serve(() => {
        const answer = acceptStart(tables, start);
        store.wake(partitionOf(start.run));
        return answer;
      }),
    send: (workspace, row) =>
      store.serve(() => {
        const known = acceptMessage(tables, workspace, row);
        store.wake(row.partition);
        return known;
      }),
    resume: (resumption) =>
      store.serve(() => {
        const resumed = resume(tables, resumption);
        store.wake(partitionOf(resumption.run));
        return resumed;
      }),
    acceptedInput: (workspace, run) =>
      store.serve(() => {
        const start = tables.acceptedStart(workspace, run);
        return start?.message.kind === 'start' ? start.message.input : undefined;
      }),
    stored: (workspace, run) =>
      store.serve(() => (tables.runs.get(run)?.workspace === workspace ? tables.stored(run) : undefined)),
    takeKey: ({ scope, key, fingerprint, at, until }) =>
      store.serve(() => {
        const name = JSON.stringify([scope, key]);
        const known = tables.answers.get(name);
        if (known !== undefined && known.until > at) return { fingerprint: known.fingerprint, answer: known.answer };
        tables.answers.set(name, { fingerprint, answer: null, until });
        return 'taken';
      }),
    keepAnswer: ({ scope, key, answer, until }) =>
      store.serve(() => {
        const name = JSON.stringify([scope, key]);
        const known = tables.answers.get(name);
        if (answer === null) tables.answers.delete(name);
        else if (known !== undefined) tables.answers.set(name, { ...known, answer, until });
      }),
    journal: (run, from) => store.serve(() => (tables.runs.get(run)?.journal ?? []).filter((row) => row.to >= from)),
    payloads: (run, sha256) => store.serve(() => tables.payloads(run, sha256)),
    clockOffset: () => 0,
    close: () => Promise.resolve(),
  };
}

/** Idempotency-Key first, then the start key, then the message, in one transaction. */
function acceptStart(tables: Tables, { run, at, message, request }: Parameters<ApiStore['start']>[0]): StartAnswer {
  const { key } = message;
  if (key !== null) assertStorable(key.key, 'The start key');
  const requestName = request === undefined ? undefined : JSON.stringify([request.scope, request.key]);
  if (request !== undefined && requestName !== undefined) {
    const known = tables.requests.get(requestName);
    if (known !== undefined && known.expiresAt > at && known.run !== run) {
      return { run: known.run, replayed: true, mismatch: known.fingerprint !== request.fingerprint };
    }
    tables.requests.set(requestName, { run, fingerprint: request.fingerprint, expiresAt: at + requestRetention });
  }
  if (key !== null) {
    const name = dedupName(partitionOf(run), key.keyHash);
    const winner = tables.dedup.get(name);
    if (winner === undefined)
      tables.dedup.set(name, { run, fingerprint: key.fingerprint, expiresAt: Number.POSITIVE_INFINITY });
    else if (winner.run !== run) {
      const mismatch = winner.fingerprint !== key.fingerprint;
      const remembered = requestName === undefined ? undefined : tables.requests.get(requestName);
      if (requestName !== undefined && mismatch) tables.requests.delete(requestName);
      else if (remembered !== undefined) remembered.run = winner.run;
      return { run: winner.run, replayed: true, mismatch };
    }
  }
  if (!tables.runs.has(run) && !tables.inbox.has(run))
    tables.inbox.set(run, { partition: partitionOf(run), id: run, run, at, message });
  return { run, replayed: false, mismatch: false };
}

function resume(tables: Tables, { workspace, run, at, message: id }: Resumption): boolean {
  const record = tables.runs.get(run);
  if (record === undefined || record.workspace !== workspace || record.quarantined === null) return false;
  record.quarantined = null;
  record.mark = null;
  tables.inbox.set(id, { partition: partitionOf(run), id, run, at, message: { kind: 'resume' } });
  return true;
}

function acceptMessage(tables: Tables, workspace: string, row: InboxRow): boolean {
  assertStorable(row.id, 'The id of the message');
  if (!tables.isKnown(workspace, row.run)) return false;
  if (!tables.inbox.has(row.id)) tables.inbox.set(row.id, row);
  return true;
}

function assertStorable(text: string, what: string): void {
  if (!isStorable(text))
    throw new PawlError(
      'PAWL_INPUT_INVALID',
      `${what} contains a character that cannot be stored; nothing was written.`,
    );
}
