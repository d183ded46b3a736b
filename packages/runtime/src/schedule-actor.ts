import type {
  CompiledFlow,
  EventKey,
  InboxRow,
  PoisonError,
  ReturnedEvent,
  ScheduledStart,
  ScheduleDecision,
  ScheduleRow,
  ScheduleSpec,
  ScheduleState,
  ScheduleStimulus,
  StartKey,
} from '@pawl/core';
import { canonicalJson, compileSchedule, decideSchedule, ensureError, partitionOf, startKeyOf } from '@pawl/core';
import { bounds } from './bounds.ts';
import type { Context } from './context.ts';
import type { PartOwner } from './part.ts';
import { loosePart } from './part.ts';
import { isStoreError } from './recovery.ts';
import type { MessageKey } from './run-table.ts';
import type { Said } from './said.ts';
import { silence, sizeOf } from './said.ts';

/** Something that happened to a schedule, and the message that brought it. */
export interface ScheduleArrival {
  readonly stimulus: ScheduleStimulus;
  readonly message: MessageKey | undefined;
  /** The event that it brought. */
  readonly event?: EventKey;
}

/**
 * One schedule while something happens to it: it is read, decided and written, one commit at a time. What it starts, what
 * it knows then and the end of the messages that led to it are one commit: it happens once or not at all.
 */
export class ScheduleActor implements PartOwner {
  readonly id: string;
  gone = false;
  private readonly context: Context;
  private waiting: ScheduleArrival[] = [];
  private writing: ScheduleArrival[] = [];
  private decided: ScheduleDecision | undefined;
  private readonly onIdle: (nextAt: number) => void;

  constructor(id: string, context: Context, onIdle: (nextAt: number) => void) {
    this.id = id;
    this.context = context;
    this.onIdle = onIdle;
  }

  /** Something happened. The first arrival begins its work. */
  take(arrival: ScheduleArrival): void {
    const isTick = arrival.stimulus.kind === 'tick';
    if (isTick && [...this.waiting, ...this.writing].some(({ stimulus }) => stimulus.kind === 'tick')) return;
    this.waiting.push(arrival);
    if (this.waiting.length === 1 && this.writing.length === 0) this.work();
  }

  committed(): void {
    const nextAt = this.decided?.at ?? Number.POSITIVE_INFINITY;
    this.writing = [];
    if (this.gone) return;
    if (this.waiting.length > 0) this.work();
    else this.onIdle(nextAt);
  }

  /** Its flow was changed between the read and the commit, or the database does not take what it wrote: it is decided again. */
  refused(error: PoisonError): void {
    this.context.ports.log.warn({ err: error, schedule: this.id }, 'A schedule is decided again.');
    this.giveUp();
  }

  private work(): void {
    this.writing = this.waiting;
    this.waiting = [];
    this.advance().catch((error: unknown) => {
      const { log } = this.context.ports;
      const fields = { err: ensureError(error), schedule: this.id };
      if (isStoreError(error)) log.warn(fields, 'A schedule could not be read; Pawl tries again.');
      else log.error(fields, 'A schedule could not be decided; Pawl tries again.');
      this.giveUp();
    });
  }

  /** What happened is read again from the store: its messages are still in the inbox, and its time is still due. */
  private giveUp(): void {
    const { context } = this;
    if (this.gone) return;
    for (const { message } of [...this.writing, ...this.waiting])
      if (message !== undefined) context.inbox.putBack(message);
    this.gone = true;
    this.onIdle(context.now() + bounds.beatEvery);
  }

  private async advance(): Promise<void> {
    const { store } = this.context.ports;
    const row = await store.schedule(this.id);
    const flow = row && (await this.context.flows.load(row.flow));
    const spec = flow && compileSchedule(flow.document);
    if (this.gone) return;
    const consumed = this.writing.flatMap(({ message }) => message ?? []);
    const part = { ...loosePart(partitionOf(this.id)), consumed, owner: this };
    this.decided = undefined;
    if (row === undefined || flow === undefined || spec === undefined) return this.context.committer.write(part);
    const said = this.decide(row, flow, spec);
    this.context.committer.write(said === null ? part : { ...part, said, characters: part.characters + sizeOf(said) });
  }

  /** One arrival after another; null: nothing comes of them. */
  private decide(row: ScheduleRow, flow: CompiledFlow, spec: ScheduleSpec): Said | null {
    const { id, partition } = row;
    const { hash, log } = this.context.ports;
    const starts: ScheduledStart[] = [];
    const taken: ReturnedEvent[] = [];
    let decided: ScheduleDecision | undefined;
    let state = stateOf(row);
    for (const { stimulus, event } of this.writing) {
      if (row.paused && stimulus.kind !== 'ended') continue;
      const known = JSON.stringify(state);
      decided = decideSchedule(id, spec, state, stimulus, hash);
      state = decided.state;
      starts.push(...decided.starts);
      if (event !== undefined && (decided.starts.length > 0 || JSON.stringify(state) !== known))
        taken.push({ ...event, listener: id, step: '' });
      if (decided.dropped !== undefined)
        log.warn(
          { schedule: id, events: decided.dropped },
          'A schedule gave up the oldest events that it had gathered.',
        );
    }
    this.decided = decided;
    if (decided === undefined) return null;
    const change = { id, partition, flow: row.flow, at: decided.at, state: JSON.stringify(decided.state) };
    const messages = starts.map((start) => this.startMessage(row, flow, start));
    return { ...silence, messages, taken, schedules: [change] };
  }

  private startMessage(row: ScheduleRow, flow: CompiledFlow, { run, input, tells }: ScheduledStart): InboxRow {
    const { workspace } = row;
    // A run whose end is waited for must not turn out to be another one.
    const key = tells ? null : this.keyOf(workspace, flow, input);
    // A keyed start lies where its key does.
    const id = key === null ? run : run.slice(0, -2) + key.keyHash.slice(-2);
    const parent = tells ? { parent: { run: row.id, frame: 0 } } : {};
    const message = { kind: 'start', workspace, flow: row.flow, input, key, ...parent } as const;
    return { partition: partitionOf(id), id, run: id, at: this.context.now(), message };
  }

  private keyOf(workspace: string, flow: CompiledFlow, input: ScheduledStart['input']): StartKey | null {
    const { hash, log } = this.context.ports;
    try {
      const key = startKeyOf(flow, input);
      if (key === undefined) return null;
      const keyHash = hash.sha256(canonicalJson([workspace, flow.namespace, flow.name, key]));
      return { key, keyHash, fingerprint: hash.sha256(canonicalJson(input)) };
    } catch (error) {
      log.warn(
        { err: ensureError(error), schedule: this.id },
        'The start key of a scheduled run could not be evaluated; the run starts without one.',
      );
      return null;
    }
  }
}

function stateOf({ state }: ScheduleRow): ScheduleState | undefined {
  return state === '' ? undefined : (JSON.parse(state) as ScheduleState);
}
