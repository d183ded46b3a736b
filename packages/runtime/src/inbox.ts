import type { InboxRow, Json, Stimulus, Verdict } from '@pawl/core';
import { ensureError, isObject } from '@pawl/core';
import { bounds } from './bounds.ts';
import type { Context } from './context.ts';
import type { Family } from './family.ts';
import type { MessageKey } from './run-table.ts';

/** Reads the messages of the worker's partitions, and knows which it holds until a commit has consumed them. */
export class Inbox {
  private readonly context: Context;
  private readonly held = new Set<string>();
  private readonly partitionOfHeld = new Map<string, number>();
  /** Messages among those held that are for runs which this worker does not advance. */
  private readonly passedOver = new Set<string>();
  /** Messages consumed while a read is under way: that read may still bring them. */
  private consumedMeanwhile: string[] = [];
  private reading = false;
  private again = false;

  constructor(context: Context) {
    this.context = context;
  }

  /** Messages in memory that no commit has consumed yet. */
  get size(): number {
    return this.held.size;
  }

  /** Reads what has come. One read at a time; a call meanwhile leads to another one after it. */
  poll(): void {
    const { ownership, draining, table, ports, only } = this.context;
    const full = only === undefined && (this.held.size >= bounds.messagesInMemory || table.size >= bounds.runsInMemory);
    this.again = this.reading || full;
    if (this.again || draining) return;
    const partitions = ownership.ready();
    if (partitions.length === 0) return;
    this.reading = true;
    ports.store
      .inbox(partitions, this.held, bounds.inboxRows)
      .then(
        (rows) => this.arrived(rows),
        (error: unknown) => {
          ports.log.warn({ err: ensureError(error) }, 'The inbox could not be read; Pawl tries again.');
          this.done();
        },
      )
      .catch((error: unknown) => this.context.settle.failed(ensureError(error)));
  }

  /** A commit has consumed the message. */
  consumed(message: MessageKey): void {
    if (this.reading) this.consumedMeanwhile.push(message.id);
    else {
      this.letGo(message.id);
      if (this.again && this.held.size * 2 <= bounds.messagesInMemory) this.poll();
    }
  }

  /** The message cannot be taken now: it is read again. */
  putBack(message: MessageKey): void {
    this.letGo(message.id);
  }

  /** This worker advances more runs than before: what was passed over is read again. */
  reconsider(): void {
    for (const id of this.passedOver) this.letGo(id);
    this.poll();
  }

  /** The partition is another worker's: its messages are not held any more. */
  forget(partition: number): void {
    for (const [id, owner] of this.partitionOfHeld) if (owner === partition) this.letGo(id);
  }

  private arrived(rows: readonly InboxRow[]): void {
    if (rows.length > 0) this.context.ports.fault('inbox.read');
    for (const row of rows) this.take(row);
    if (rows.length >= bounds.inboxRows) this.again = true;
    this.done();
  }

  private done(): void {
    this.reading = false;
    for (const id of this.consumedMeanwhile) this.letGo(id);
    this.consumedMeanwhile = [];
    if (this.again) this.context.ports.clock.soon(() => this.poll());
  }

  private take(row: InboxRow): void {
    const { context } = this;
    if (
      this.held.has(row.id) ||
      context.ownership.lease(row.partition) === undefined ||
      context.ownership.leaving(row.partition)
    )
      return;
    this.held.add(row.id);
    this.partitionOfHeld.set(row.id, row.partition);
    // Held, so that it is not read again; it is for whoever owns all runs of the partition.
    if (context.only !== undefined && !concerns(context.only, row)) {
      this.passedOver.add(row.id);
      return;
    }
    const { message } = row;
    if (message.kind === 'trigger' || message.kind === 'ended') return context.schedules.take(row, message);
    if (message.kind === 'start') {
      context.starts.fromInbox(row, message);
      return;
    }
    const key: MessageKey = { partition: row.partition, id: row.id };
    if (message.kind === 'resume') {
      this.resumed(row.run);
      context.committer.consume(key);
      return;
    }
    const stimulus = this.stimulusOf(row);
    const run = context.table.get(row.run);
    if (stimulus === undefined) context.committer.consume(key);
    else if (run === undefined) context.recovery.load(row.run, { stimulus, message: key });
    else context.advance.deliver(run, stimulus, key);
  }

  /** A run that was set aside is loaded again; one that never began is begun again, by its start that was kept back. */
  private resumed(run: string): void {
    if (this.context.table.get(run) !== undefined) return;
    this.letGo(run);
    this.again = true;
    this.context.recovery.load(run, undefined);
  }

  private stimulusOf({ id, run, message }: InboxRow): Stimulus | undefined {
    const at = this.context.now();
    if (message.kind === 'event') {
      const { step, key, event } = message;
      return { kind: 'event', at, step, key, event };
    }
    if (message.kind === 'child') {
      const { frame, child, end } = message;
      return { kind: 'child', at, frame, child, end };
    }
    if (message.kind !== 'cancel' && message.kind !== 'decision') return undefined;
    const reason = message.reason === undefined ? {} : { reason: message.reason };
    if (message.kind === 'cancel') return { kind: 'cancel', at, by: message.by, ...reason };
    const verdict = verdictOf(message.verdict);
    if (verdict !== undefined)
      return { kind: 'decision', at, id: message.decision, verdict, by: message.by, ...reason };
    this.context.ports.log.error(
      { run, message: id },
      'A decision cannot be understood; it is dropped and the question stays open.',
    );
    return undefined;
  }

  private letGo(id: string): void {
    this.held.delete(id);
    this.passedOver.delete(id);
    this.partitionOfHeld.delete(id);
  }
}

/**
 * Whether a message is for one of these runs. A start by one of them makes another of them; so does one below their head,
 * as another worker for the same run may have begun those between.
 */
function concerns(only: Family, { run, message }: InboxRow): boolean {
  const parent = message.kind === 'start' ? message.parent : undefined;
  if (parent !== undefined && (only.has(parent.run) || (parent.root !== undefined && only.has(parent.root))))
    only.add(run);
  return only.has(run);
}

/** A verdict as the inbox carries it; undefined where it is none. */
export function verdictOf(verdict: Json): Verdict | undefined {
  if (!isObject(verdict)) return undefined;
  if (verdict['fail'] === true) return { fail: true };
  if (verdict['applied'] === true) return { applied: true, output: verdict['output'] ?? null };
  const { decision, data } = verdict;
  if (decision === 'approved' || decision === 'rejected') return { decision, ...(data === undefined ? {} : { data }) };
  return verdict['applied'] === false ? { applied: false } : undefined;
}
