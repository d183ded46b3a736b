import type { RunEvent, RunState } from '@pawl/core';
import { decodeSnapshot, foldRows } from '@pawl/core';
import { simHash } from '../sim/hash.ts';
import type { RunRecord, Tables } from '../store/tables.ts';
import { hasEnded } from '../store/tables.ts';
import type { Ledger } from '../targets/ledger.ts';
import type { AuditedRun, Auditor } from './auditor.ts';
import { textOf } from './auditor.ts';
import type { EventAudit } from './event-audit.ts';
import { eventsOnce, ticksOnce } from './event-invariants.ts';
import type { People } from './people.ts';
import type { Planner } from './planner.ts';

/** All that is known at the end of a seed. */
export interface Evidence {
  readonly ledger: Ledger;
  readonly tables: Tables;
  readonly auditor: Auditor;
  readonly people: People;
  readonly events: EventAudit;
  readonly planner: Planner;
  /** Runs that were rightly set aside: they wait for a person. */
  readonly setAside: number;
}

/** I1: an idempotent, keyed or transactional effect is applied exactly once if its step completed, else at most once. */
export function I1({ ledger, auditor }: Evidence): void {
  for (const entry of ledger.entries.values()) {
    if (entry.guarantee !== 'pure' && entry.guarantee !== 'once' && entry.applied > 1)
      auditor.report('I1', `${entry.step} (${entry.guarantee}, key ${entry.key}) was applied ${entry.applied} times`);
  }
  for (const [run, audited] of auditor.runs) {
    for (const { key, step } of completedEffects(audited)) {
      if (ledger.find(key)?.applied !== 1)
        auditor.report(
          'I1',
          `${step} of run ${run} (key ${key}) completed and was applied ${ledger.find(key)?.applied ?? 0} times`,
        );
    }
  }
}

/** I2: a `once` effect is applied at most once, is sent again only when a person says so, and each unknown one is listed. */
export function I2({ ledger, auditor, tables }: Evidence): void {
  for (const entry of ledger.entries.values()) {
    if (entry.guarantee === 'once' && entry.applied > 1)
      auditor.report('I2', `${entry.step} (once, key ${entry.key}) was applied ${entry.applied} times`);
  }
  for (const [run, audited] of auditor.runs) {
    for (const what of blindResends(audited)) auditor.report('I2', `run ${run}: ${what}`);
    for (const event of audited.events) {
      if (event.type === 'decision.asked' && tables.runs.get(run)?.decisions.has(event.id) !== true)
        auditor.report('I2', `the question ${event.id} is not listed`);
    }
    const open = new Set([...audited.state.frames.values()].map((frame) => frame.effect?.question));
    for (const decision of tables.runs.get(run)?.decisions.values() ?? []) {
      if ((decision.decided === null) !== open.has(decision.id))
        auditor.report('I2', `the question ${decision.id} is listed otherwise than its run has it`);
    }
  }
}

/** I3: no accepted start, message or decision is lost, and a start key has one run. */
export function I3({ people, tables, auditor }: Evidence): void {
  for (const { wish, answer } of people.answered) {
    if (!tables.runs.has(answer.run) && !tables.inbox.has(answer.run))
      auditor.report('I3', `the accepted start of run ${answer.run} is lost`);
    if (wish.key === null && answer.run !== wish.run)
      auditor.report('I3', `the start of run ${wish.run} was answered with run ${answer.run}`);
  }
  const keys = new Map<string, string>();
  for (const record of tables.runs.values()) {
    if (record.key === null) continue;
    const name = `${record.flow} ${record.key}`;
    const other = keys.get(name);
    if (other !== undefined) auditor.report('I3', `runs ${other} and ${record.run} have the same start key`);
    keys.set(name, record.run);
  }
  for (const { wish, answer } of people.answered) {
    if (wish.key === null) continue;
    const winner = keys.get(`${wish.flow} ${wish.key.key}`);
    if (winner !== undefined && winner !== answer.run)
      auditor.report(
        'I3',
        `the start with key ${wish.key.key} was answered with run ${answer.run}, but the key is run ${winner}'s`,
      );
    const mismatch =
      tables.dedup.get(`${Number.parseInt(wish.run.slice(-2), 16)}:${wish.key.keyHash}`)?.fingerprint !==
      wish.key.fingerprint;
    if (mismatch !== answer.mismatch)
      auditor.report(
        'I3',
        `the start of run ${wish.run} was answered as ${answer.mismatch ? 'a mismatch' : 'the same'}`,
      );
  }
}

/** I4: journals have no gaps, and their head says what their events say. Changes after the end are found as they are written. */
export function I4({ tables, auditor }: Evidence): void {
  for (const record of tables.runs.values()) {
    let last = 0;
    for (const row of record.journal) {
      if (row.from !== last + 1) auditor.report('I4', `run ${record.run} has event ${row.from} after event ${last}`);
      last = row.to;
    }
    const state = auditor.runs.get(record.run)?.state;
    if (state !== undefined && hasEnded(record.status) !== (state.status !== 'running'))
      auditor.report('I4', `run ${record.run} is listed as ${record.status} and is ${state.status}`);
    if (hasEnded(record.status) && record.loaded)
      auditor.report('I4', `run ${record.run} has ended and is listed as in memory`);
  }
}

/** I5: the fold of a journal, from its beginning and from its snapshot, is the state that was built event by event, byte for byte. */
export function I5({ tables, auditor }: Evidence): void {
  for (const record of tables.runs.values()) {
    const state = auditor.runs.get(record.run)?.state;
    if (state === undefined) continue;
    const wanted = textOf(state);
    if (textOf(fold(record, undefined)) !== wanted)
      auditor.report('I5', `the journal of run ${record.run} does not fold to its state`);
    const { snapshot } = record;
    if (snapshot !== null && textOf(fold(record, decodeSnapshot(snapshot, simHash))) !== wanted)
      auditor.report('I5', `the snapshot of run ${record.run} and what follows do not fold to its state`);
  }
}

/** I6: nothing is stuck: every run has ended, as nothing was left to wait for, and no message is left. */
export function I6({ tables, auditor, people, setAside }: Evidence): void {
  const records = [...tables.runs.values()];
  const aside = records.filter((record) => record.quarantined !== null);
  if (aside.length > setAside)
    auditor.report(
      'I6',
      `runs were set aside: ${JSON.stringify(aside.map(({ run, quarantined }) => [run, quarantined]))}`,
    );
  // What waits for a run that was set aside waits for the person who takes it back: those above it, and its messages.
  const held = new Set(aside.map(({ run }) => run));
  for (let size = -1; size !== held.size; ) {
    size = held.size;
    for (const [run, { events }] of auditor.runs)
      if (events.some((event) => event.type === 'child.started' && held.has(event.child))) held.add(run);
  }
  for (const record of records) {
    if (!held.has(record.run) && !hasEnded(record.status))
      auditor.report('I6', `run ${record.run} is ${record.status}, waiting for ${record.waitingFor ?? 'nothing'}`);
  }
  for (const { id, run } of tables.inbox.values())
    if (!held.has(run)) auditor.report('I6', `message ${id} was never taken`);
  if (people.waiting > 0) auditor.report('I6', `${people.waiting} requests were never answered`);
}

/** All invariants that hold at the end of a seed. */
export const invariants: readonly ((evidence: Evidence) => void)[] = [
  ...[I1, I2, I3, eventsOnce, ticksOnce],
  ...[I4, I5, I6],
];

/** Keys of effects, other than pure ones, whose step completed: by an answer, or as a person said that it was applied. */
function completedEffects({ events, intents }: AuditedRun): { key: string; step: string }[] {
  const found: { key: string; step: string }[] = [];
  for (const event of events) {
    if (event.type !== 'task.completed' || event.reused) continue;
    const effect = intents.findLast((one) => one.frame === event.f);
    // `end` completes the steps that are active around it; none of them has an effect.
    if (effect !== undefined && effect.intent.guarantee !== 'pure')
      found.push({ key: effect.intent.key, step: effect.step });
  }
  return found;
}

/** Attempts of `once` effects that follow one which may have been applied, without a word of anybody. */
function blindResends({ events, intents }: AuditedRun): string[] {
  const found: string[] = [];
  const open = new Set<number>();
  const once = new Set(intents.filter((one) => one.intent.guarantee === 'once').map((one) => one.frame));
  for (const event of events) {
    if (!('f' in event) || !once.has(event.f)) continue;
    if (isStart(event)) {
      if (open.has(event.f)) found.push(`frame ${event.f} is sent again though its outcome is not known`);
      open.add(event.f);
    } else if (event.type === 'attempt.ended' && !event.left) open.delete(event.f);
    else if (event.type === 'decision.made') open.delete(event.f);
  }
  return found;
}

function isStart(event: RunEvent): boolean {
  return event.type === 'attempt.started' || (event.type === 'task.started' && event.intent !== undefined);
}

function fold(record: RunRecord, base: RunState | undefined): RunState {
  const rows = base === undefined ? record.journal : record.journal.filter((row) => row.from > base.seq);
  return foldRows(record.run, base, rows, simHash, (sha256) => record.payloads.get(sha256));
}
