import type { Hash, JournalRow, Limits, PayloadRow, Pending, RunHead, TimerRow } from '@pawl/core';
import { encodeRow, pending, statusOf } from '@pawl/core';
import { bounds } from './bounds.ts';
import { withLife } from './life.ts';
import { outwardOf } from './outward.ts';
import { earliestTimer, parkingOf } from './park.ts';
import type { Part } from './part.ts';
import { decisionRows } from './questions.ts';
import type { Said } from './said.ts';
import { silence, sizeOf } from './said.ts';
import type { Run } from './run-table.ts';
import { subscriptionChange, wishesOf } from './wishes.ts';
import { checkSample, countRow, followRow, snapshotFor } from './snapshots.ts';

/** What preparing a run's share of a commit needs. */
export interface PrepareWith {
  readonly now: number;
  readonly limits: Limits;
  readonly hash: Hash;
  /** Whether runs may leave memory here. */
  readonly parks: boolean;
  /** Which types of lifecycle events are published; undefined: none. */
  readonly publishes: ((type: string) => boolean) | undefined;
}

/**
 * Nets all that a run has to write into its share of the next commit: one row, one head, one timer, one snapshot.
 * Leaves in `run.pending` what must be under way once it is committed.
 */
export function prepare(run: Run, using: PrepareWith): Part {
  const { state, flow, partition } = run;
  const list = pending(state, flow);
  run.pending = list;
  const ended = state.status !== 'running';
  const parks = !ended && using.parks && run.queue.length === 0 && leavesMemory(run, list, using.now);
  const { journal, payloads } = encodeEvents(run, using.hash);
  const decisions = decisionRows(run, list);
  const said = saidOf(run, list, using);
  if (ended || parks) checkSample(run);
  const snapshot = ended ? null : snapshotFor(run, parks, using.limits, using.hash);
  const timer = timerRow(run, parks, list);
  const { consumed, start } = run;
  const head = headRow(run, statusOf(state, flow, list), parks, using.now);
  run.consumed = [];
  let characters = (journal?.body.length ?? 0) + (snapshot?.body.length ?? 0) + 256;
  for (const payload of payloads) characters += payload.body.length;
  if (said !== null) characters += sizeOf(said);
  return {
    run,
    partition,
    characters,
    start: withStatus(start, run),
    journal,
    head,
    snapshot,
    timer,
    payloads,
    decisions,
    consumed,
    said,
    parks,
  };
}

/** Whether the run leaves memory now. One that waits for messages stays until it has been quiet for a while, unless it was parked and nothing has come of what it was loaded for. */
function leavesMemory(run: Run, list: readonly Pending[], now: number): boolean {
  const parking = parkingOf(list, now);
  const happened = run.events.length > 0;
  if (parking === 'quiet' && (happened || run.parkDue === Number.POSITIVE_INFINITY))
    run.parkDue = now + bounds.parkQuiet;
  const leaves = parking === 'now' || (parking === 'quiet' && (run.parkDue <= now || (!run.storedLoaded && !happened)));
  if (leaves || parking === 'no') run.parkDue = Number.POSITIVE_INFINITY;
  return leaves;
}

/** What the commit says to others: messages, events, and what the run listens for from now on. */
function saidOf(run: Run, list: readonly Pending[], { hash, publishes }: PrepareWith): Said | null {
  const said = withLife(run, outwardOf(run, hash), hash, publishes);
  const wishes = wishesOf(run, list);
  if (run.storedWishes === undefined && wishes === undefined) return said;
  const change = subscriptionChange(run, wishes ?? [], hash);
  run.storedWishes = wishes;
  if (said === null && change.subscribe.length === 0 && change.unsubscribe.length === 0) return null;
  return { ...(said ?? silence), ...change };
}

function encodeEvents(run: Run, hash: Hash): { journal: JournalRow | null; payloads: readonly PayloadRow[] } {
  if (run.events.length === 0) return nothing;
  const { row, payloads } = encodeRow(
    run.events,
    { partition: run.partition, run: run.id, from: run.committedSeq + 1 },
    hash,
  );
  countRow(run, row);
  followRow(run, row, payloads, hash);
  return { journal: row, payloads };
}

/** A head is written when the status changes, when a wait has lasted a while, and when the run leaves memory or comes back. */
function headRow(
  run: Run,
  { status, waitingFor }: ReturnType<typeof statusOf>,
  parks: boolean,
  now: number,
): RunHead | null {
  const { state } = run;
  const ended = state.status !== 'running';
  const loaded = !ended && !parks;
  const same = status === run.storedStatus && waitingFor === run.storedWaitingFor;
  if (same) run.headDue = Number.POSITIVE_INFINITY;
  const waits = status === 'waiting' && !parks;
  if (!same && waits && run.headDue === Number.POSITIVE_INFINITY) run.headDue = now + bounds.headAfter;
  const early = waits && run.headDue > now;
  if (loaded === run.storedLoaded && (same || early)) return null;
  run.headDue = Number.POSITIVE_INFINITY;
  run.storedStatus = status;
  run.storedWaitingFor = waitingFor;
  run.storedLoaded = loaded;
  return {
    partition: run.partition,
    run: run.id,
    status,
    waitingFor,
    loaded,
    endedAt: ended ? (state.endedAt ?? state.at) : null,
  };
}

function timerRow(run: Run, parks: boolean, list: readonly Pending[]): TimerRow | null {
  const earliest = parks ? earliestTimer(list) : Number.POSITIVE_INFINITY;
  const at = earliest === Number.POSITIVE_INFINITY ? null : earliest;
  if (at === run.storedTimer) return null;
  run.storedTimer = at;
  return { partition: run.partition, run: run.id, at };
}

/** A new run's row shows the status that its head row, if there is one, will show. */
function withStatus(start: Part['start'], run: Run): Part['start'] {
  if (start === null || (start.status === run.storedStatus && start.waitingFor === run.storedWaitingFor)) return start;
  return { ...start, status: run.storedStatus, waitingFor: run.storedWaitingFor };
}

const nothing = { journal: null, payloads: [] };
