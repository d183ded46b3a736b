import type { ActionRequest, Commit, CommitResult, InboxMessage, Intent, RunEvent, RunState } from '@pawl/core';
import { apply, canonicalJson, decodeRow, emptyState, stateToJson } from '@pawl/core';
import { simHash } from '../sim/hash.ts';
import type { Tables } from '../store/tables.ts';
import type { Invariant, Violation } from './violation.ts';

/** What the auditor knows of a run: the fold of all that was written, event by event. */
export interface AuditedRun {
  readonly state: RunState;
  readonly events: RunEvent[];
  /** Attempts whose intent is committed, by their key, guarantee and number. */
  readonly intents: AuditedIntent[];
}

/** An attempt that was decided. */
export interface AuditedIntent {
  readonly frame: number;
  readonly step: string;
  readonly attempt: number;
  readonly intent: Intent;
  /** The worker that committed it. */
  readonly worker: string;
}

/**
 * Reads along with every commit as it is written, and holds what it finds against what workers show and send. It shares
 * nothing with them but the fold.
 */
export class Auditor {
  readonly runs = new Map<string, AuditedRun>();
  /** Every message that was ever sent, by its id. */
  readonly messages = new Map<string, { readonly run: string; readonly message: InboxMessage }>();
  readonly violations: Violation[] = [];
  /** Runs that have begun and not ended. */
  living = 0;
  /** Attempts of histories that the database has lost, by run: they may have been sent. */
  readonly lostIntents = new Map<string, AuditedIntent[]>();
  private readonly lostRuns = new Set<string>();
  private readonly tables: Tables;
  private readonly sentIntents = new Set<string>();
  /** Steps by run and frame. */
  private readonly steps = new Map<string, string>();

  constructor(tables: Tables) {
    this.tables = tables;
  }

  /** A promise was broken. */
  report(invariant: Invariant, what: string): void {
    if (this.violations.length < mostViolations) this.violations.push({ invariant, what });
  }

  /** A commit was written. */
  written(worker: string, commit: Commit, result: CommitResult): void {
    const lost = new Set(result.lost.map((start) => start.run));
    for (const { run } of commit.starts) {
      if (lost.has(run)) continue;
      this.runs.set(run, { state: emptyState(run), events: [], intents: [] });
      this.living += 1;
    }
    for (const row of commit.journal) {
      const audited = lost.has(row.run) ? undefined : this.runs.get(row.run);
      if (audited === undefined) continue;
      if (row.from !== audited.state.seq + 1) {
        this.report('I4', `run ${row.run} has event ${row.from} after event ${audited.state.seq}`);
        continue;
      }
      const payloads = this.tables.runs.get(row.run)?.payloads;
      for (const event of decodeRow(row, simHash, (sha256) => payloads?.get(sha256)))
        this.append(worker, row.run, audited, event);
    }
    for (const row of commit.snapshots) this.checkSnapshot(row.run, row.seq, row.body);
    for (const message of commit.consumed) this.checkConsumed(message.id, lost);
  }

  /** The database went back to an earlier state: what it holds now is what there is. */
  wentBack(): void {
    const before = [...this.runs];
    this.runs.clear();
    this.living = 0;
    for (const [run, { intents }] of before) {
      this.lostIntents.set(run, [...(this.lostIntents.get(run) ?? []), ...intents]);
      const record = this.tables.runs.get(run);
      if (record === undefined) {
        this.lostRuns.add(run);
        continue;
      }
      const audited: AuditedRun = { state: emptyState(run), events: [], intents: [] };
      this.runs.set(run, audited);
      this.living += 1;
      for (const row of record.journal)
        for (const event of decodeRow(row, simHash, (sha256) => record.payloads.get(sha256)))
          this.append('', run, audited, event);
    }
  }

  /** The first byte of a request leaves. */
  left(request: ActionRequest): void {
    if (!this.sentIntents.has(intentName(request.run, request.step, request.key, request.attempt)))
      this.report(
        'output',
        `attempt ${request.attempt} of ${request.step} (key ${request.key}) left before its intent was committed`,
      );
  }

  /** A worker shows events, with its live state. */
  shown(run: string, firstSeq: number, events: readonly RunEvent[], state: RunState): void {
    const audited = this.runs.get(run);
    for (const [i, event] of events.entries()) {
      const stored = audited?.events[firstSeq - 1 + i];
      if (stored === undefined)
        this.report('output', `event ${firstSeq + i} of run ${run} was shown before it was committed`);
      else if (!isSame(stored, event))
        this.report(
          'I5',
          `event ${firstSeq + i} of run ${run} was shown as ${JSON.stringify(event)} and stored as ${JSON.stringify(stored)}`,
        );
    }
    if (audited !== undefined && audited.state.seq === state.seq && textOf(audited.state) !== textOf(state))
      this.report(
        'I5',
        `the live state of run ${run} at event ${state.seq} is not the fold of its journal:\n${textOf(state)}\n${textOf(audited.state)}`,
      );
  }

  private append(worker: string, run: string, audited: AuditedRun, event: RunEvent): void {
    const { state } = audited;
    if (state.status !== 'running' && state.seq > 0) {
      this.report('I4', `run ${run} is ${state.status} and has another event ${event.type}`);
      return;
    }
    apply(state, event);
    audited.events.push(event);
    if (state.status !== 'running') this.living -= 1;
    if (event.type === 'task.started') {
      this.steps.set(`${run} ${event.f}`, event.step);
      if (event.intent !== undefined) this.intend(worker, run, audited, event.f, 1, event.intent);
    }
    if (event.type === 'attempt.started') this.intend(worker, run, audited, event.f, event.a, event.intent);
  }

  private intend(
    worker: string,
    run: string,
    audited: AuditedRun,
    frame: number,
    attempt: number,
    intent: Intent,
  ): void {
    const step = this.steps.get(`${run} ${frame}`) ?? '';
    this.sentIntents.add(intentName(run, step, intent.key, attempt));
    audited.intents.push({ frame, step, attempt, intent, worker });
  }

  private checkSnapshot(run: string, seq: number, body: string): void {
    const audited = this.runs.get(run);
    if (audited === undefined) return;
    if (audited.state.seq !== seq)
      this.report('I5', `a snapshot of run ${run} says event ${seq} at event ${audited.state.seq}`);
    else if (textOf(audited.state) !== body)
      this.report('I5', `the snapshot of run ${run} at event ${seq} is not the fold of its journal`);
  }

  /** A message that is consumed must have done what it is for, in the same commit or before. */
  private checkConsumed(id: string, lost: ReadonlySet<string>): void {
    const sent = this.messages.get(id);
    if (sent === undefined) return;
    const { run, message } = sent;
    if (this.lostRuns.has(run)) return;
    const state = this.runs.get(run)?.state;
    if (message.kind === 'start') {
      if (state === undefined && !lost.has(run))
        this.report('I3', `the start of run ${run} was consumed and the run did not begin`);
    } else if (state === undefined) this.report('I3', `message ${id} to run ${run} was consumed before the run began`);
    else if (state.status !== 'running') return;
    else if (message.kind === 'cancel' && state.cancel === undefined)
      this.report('I3', `the cancel ${id} of run ${run} was consumed and not recorded`);
    else if (
      message.kind === 'decision' &&
      [...state.frames.values()].some((frame) => frame.effect?.question === message.decision)
    )
      this.report('I3', `the decision ${id} of run ${run} was consumed and its question is still open`);
  }
}

/** Further violations of a seed tell nothing new. */
const mostViolations = 20;

/** A state as it is stored. */
export function textOf(state: RunState): string {
  return JSON.stringify(stateToJson(state));
}

function intentName(run: string, step: string, key: string, attempt: number): string {
  return `${run} ${step} ${key} ${attempt}`;
}

function isSame(stored: RunEvent, shown: RunEvent): boolean {
  // Large values come back behind the others, so the order of members may differ.
  return (
    JSON.stringify(stored) === JSON.stringify(shown) ||
    canonicalJson(stored as never) === canonicalJson(JSON.parse(JSON.stringify(shown)))
  );
}
