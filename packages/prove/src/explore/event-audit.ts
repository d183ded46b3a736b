import type { Commit, RunEvent } from '@pawl/core';
import type { Tables } from '../store/tables.ts';
import type { AuditedRun, Auditor } from './auditor.ts';

/** Reads along with what runs say to others: parents are told once, and nobody ends before a child run that it waits for. */
export class EventAudit {
  /** Messages that tell of an end, and how often each was written. */
  readonly ends = new Map<string, number>();
  /** Runs of a schedule that started before the one that they come after had ended. */
  readonly overlaps: string[] = [];
  private readonly auditor: Auditor;
  private readonly tables: Tables;
  /** Runs that tell a schedule of their end. */
  private readonly told: string[] = [];

  constructor(auditor: Auditor, tables: Tables) {
    this.auditor = auditor;
    this.tables = tables;
  }

  /** A commit was written, and the auditor has read it. */
  written(commit: Commit): void {
    // A database that went back lets runs do again what it has lost.
    if (this.tables.lineage.number > 0) return;
    for (const { id, message } of commit.messages ?? []) {
      if (message.kind !== 'child' && message.kind !== 'ended') continue;
      const times = (this.ends.get(id) ?? 0) + 1;
      this.ends.set(id, times);
      if (times > 1) this.auditor.report('I3', `the message ${id} was sent ${times} times`);
    }
    for (const { run } of commit.starts) this.checkOverlap(run);
    for (const { run } of commit.journal) {
      const audited = this.auditor.runs.get(run);
      if (audited !== undefined && audited.state.status !== 'running') this.checkChildren(run, audited);
    }
  }

  private checkOverlap(run: string): void {
    if (this.auditor.runs.get(run)?.state.parent?.frame !== 0) return;
    const before = this.told.find((other) => this.auditor.runs.get(other)?.state.status === 'running');
    if (before !== undefined) this.overlaps.push(`run ${run} of a schedule started while ${before} was under way`);
    this.told.push(run);
  }

  /** A child run is like an effect whose outcome is open: its parent's end waits for it. */
  private checkChildren(run: string, { state, events }: AuditedRun): void {
    // A run that the database refuses cannot wait for anything.
    if (state.error?.detail?.startsWith('The database refused') === true) return;
    for (const event of events) {
      if (event.type !== 'child.started' || event.detached) continue;
      const status = this.auditor.runs.get(event.child)?.state.status ?? 'pending';
      if (status === 'running' || status === 'pending')
        this.auditor.report('I3', `run ${run} has ended while its child run ${event.child} is ${status}`);
    }
  }
}

/** Events that a step has had twice, as `step event`. All that listen in it at the same moment have it once each. */
export function takenTwice(events: readonly RunEvent[]): string[] {
  const taken = new Map<string, number>();
  const twice: string[] = [];
  for (const event of events) {
    if (event.type === 'event.taken') {
      const name = `${event.step} ${event.key.partition}:${event.key.event}`;
      if ((taken.get(name) ?? event.at) !== event.at) twice.push(name);
      taken.set(name, event.at);
    }
    if (event.type === 'event.returned')
      for (const { partition, event: id } of event.keys) taken.delete(`${event.step} ${partition}:${id}`);
  }
  return twice;
}
