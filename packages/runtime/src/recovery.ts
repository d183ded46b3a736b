import type { LineageView, RunState, Stimulus, StoredRun, Wire } from '@pawl/core';
import {
  decodeSnapshot,
  ensureError,
  foldRows,
  partitionOf,
  PawlError,
  payloadsOf,
  pending,
  statusOf,
  wireName,
} from '@pawl/core';
import type { Attempt } from './attempt.ts';
import { backoffMs, sleep } from './backoff.ts';
import { bounds } from './bounds.ts';
import type { Context } from './context.ts';
import { hasEnded } from './ends.ts';
import { lifeOf } from './life.ts';
import { openQuestions } from './questions.ts';
import type { MessageKey, Queued } from './run-table.ts';
import { Run } from './run-table.ts';
import { wishesOf } from './wishes.ts';
import type { Work } from './works.ts';

/** What a run's earlier object leaves to the one that is loaded in its place. */
interface Legacy {
  /** Attempts that this process has under way. */
  readonly attempts: readonly Attempt[];
  /** Its other open attempts were never sent, as this process knows. */
  readonly unsent: boolean;
}

/** Why there is no run to load: it is unknown or has ended, or it was set aside. */
type Absent = undefined | 'aside';

/** Brings runs from the store into memory. What comes for a run meanwhile waits for it. */
export class Recovery {
  private readonly context: Context;
  /** Runs on their way into memory, with what has come for them. */
  private readonly coming = new Map<string, Queued[]>();

  constructor(context: Context) {
    this.context = context;
  }

  /** Loads every run of a partition that its last owner had in memory. Gives up when the partition is lost. */
  async loadPartition(partition: number): Promise<void> {
    const { store } = this.context.ports;
    if (this.context.only !== undefined) {
      for (const run of this.context.only.of(partition)) {
        if (this.context.table.get(run) === undefined && !this.coming.has(run))
          await this.bringAndWait(run, () => this.read(run));
      }
      return;
    }
    let after: string | null = null;
    for (let failures = 1; this.context.ownership.lease(partition) !== undefined; ) {
      try {
        const page: readonly StoredRun[] = await store.loadedRuns(partition, after, bounds.loadRows);
        for (const stored of page) {
          if (this.context.ownership.lease(partition) === undefined) return;
          await this.enterStored(stored);
          after = stored.run;
        }
        if (page.length < bounds.loadRows) return;
        failures = 1;
      } catch (error) {
        await this.retryLater(error, failures++, { partition });
      }
    }
  }

  /** Loads a run for a message or a timer. A message to a run that is unknown or has ended is consumed; one that was set aside keeps it. */
  load(run: string, arrival: Queued | undefined): void {
    if (!this.coming.has(run)) this.bring(run, () => this.read(run));
    if (arrival !== undefined) this.coming.get(run)?.push(arrival);
  }

  /**
   * A child run that began under an earlier worker for one run. Where the runs of its partition have been loaded already,
   * it was passed over, and so was what came for it.
   */
  found(run: string): void {
    if (this.context.ownership.lease(partitionOf(run)) === undefined) return;
    this.load(run, undefined);
    this.context.inbox.reconsider();
  }

  /** Something came for a run on its way into memory; for any other it is too late. */
  arrive(run: string, arrival: Queued): void {
    this.coming.get(run)?.push(arrival);
  }

  /** Whether a run is on its way into memory. */
  isComing(run: string): boolean {
    return this.coming.has(run);
  }

  /** Whether runs of a partition are on their way into memory. */
  isComingIn(partition: number): boolean {
    for (const run of this.coming.keys()) if (partitionOf(run) === partition) return true;
    return false;
  }

  /** Brings a run into memory by `how`, tried again until it answers; `waiting` has come for it already. False: it is on its way. */
  bring(run: string, how: () => Promise<Run | Absent>, waiting: readonly Queued[] = []): boolean {
    if (this.coming.has(run)) return false;
    void this.bringAndWait(run, how, waiting);
    return true;
  }

  /** The database refused what a run wanted to write: it is loaded as it was and told so. */
  reload(run: Run, reason: string): void {
    const { departures } = this.context;
    if (run.refused) {
      departures.quarantine(run, new Error(reason));
      return;
    }
    const { consumed } = run;
    const waiting = lastingOf(run.queue);
    const legacy = { unsent: departures.replace(run), attempts: run.works.all() as Attempt[] };
    const reload = async (): Promise<Run | Absent> => {
      const fresh = await this.read(run.id, legacy);
      if (typeof fresh !== 'object') {
        this.dispose(fresh, consumed);
        return fresh;
      }
      fresh.refused = true;
      fresh.consumed = consumed;
      fresh.queue.unshift({ stimulus: { kind: 'rejected', at: this.context.now(), reason }, message: undefined });
      return fresh;
    };
    this.bring(run.id, reload, waiting);
  }

  /** Folds a stored run to its state. Rejects where it cannot be read, or the store cannot. */
  async foldStored(stored: StoredRun): Promise<RunState> {
    const { hash, store } = this.context.ports;
    const base = this.readSnapshot(stored);
    const isDamaged = stored.snapshot !== null && base === undefined;
    const rows = isDamaged ? await store.journal(stored.run) : stored.journal;
    const wanted = rows.flatMap(payloadsOf);
    const payloads = wanted.length === 0 ? undefined : await store.payloads(stored.run, wanted);
    const find = (sha256: string): string | undefined => payloads?.get(sha256);
    return foldRows(stored.run, base, rows, hash, find);
  }

  /** The run in memory as it is stored, with the attempts that were found open queued as lost. It is not in the table yet. */
  async restore(stored: StoredRun, legacy?: Legacy): Promise<Run> {
    const { context } = this;
    const flow = context.flows.peek(stored.flow) ?? (await context.flows.load(stored.flow));
    const state = await this.foldStored(stored);
    const run = new Run(state, flow, stored.workspace, context.advance.wake);
    run.pending = pending(state, flow);
    const { status, waitingFor } = statusOf(state, flow, run.pending);
    run.storedStatus = stored.status;
    run.storedWaitingFor = status === stored.status ? waitingFor : null;
    run.storedLoaded = stored.loaded;
    // A parked run has a timer row; which one, the next commit need not know to overwrite it.
    run.storedTimer = stored.loaded ? null : undefined;
    run.rowsSince = stored.journal.length;
    run.eventsSince = state.seq - (stored.snapshot?.seq ?? 0);
    run.charactersSince = stored.journal.reduce((sum, row) => sum + row.body.length, 0);
    run.snapshotCharacters = stored.snapshot?.body.length ?? 0;
    run.suspect = context.ownership.suspicious(run.partition);
    run.questions = openQuestions(run.pending);
    run.storedWishes = wishesOf(run, run.pending);
    run.life = lifeOf(run, context.publishes, state);
    if (context.only !== undefined) context.only.follow(run, run.pending, context.ports.hash);
    const { lineage } = context.ownership;
    if ((state.lineage ?? 0) >= lineage.number) this.queueLost(run, await this.fatesOf(run), legacy);
    else {
      run.queue.push({ stimulus: reconcileWith(lineage, context.now()), message: undefined });
      // What this process or a wire file knows of the attempts is about a history that the database has lost.
      this.queueLost(run, new Map());
    }
    return run;
  }

  /** The state of a run's snapshot; undefined where there is none, or none that can be read: the journal has it all. */
  private readSnapshot({ run, snapshot }: StoredRun): RunState | undefined {
    const { hash, log } = this.context.ports;
    if (snapshot === null) return undefined;
    try {
      return decodeSnapshot(snapshot, hash);
    } catch (error) {
      log.warn({ err: ensureError(error), run }, 'A snapshot cannot be read; Pawl builds the state from the journal.');
      return undefined;
    }
  }

  private queueLost(run: Run, fates: Awaited<ReturnType<Recovery['fatesOf']>>, legacy?: Legacy): void {
    const answered = this.coming.get(run.id) ?? [];
    for (const one of run.pending) {
      if (one.kind !== 'attempt') continue;
      const known = legacy?.attempts.find((attempt) => attempt.frame === one.frame && attempt.attempt === one.attempt);
      if (known !== undefined) {
        known.run = run;
        if (!known.over) run.works.add(known);
      }
      const here = answered.some(
        ({ stimulus }) =>
          stimulus.kind === 'attempt' && stimulus.frame === one.frame && stimulus.attempt === one.attempt,
      );
      if (here || (known !== undefined && !known.over)) continue;
      run.works.add(lostWork(one.frame, one.attempt));
      const stimulus = {
        kind: 'lost',
        at: this.context.now(),
        frame: one.frame,
        attempt: one.attempt,
        // One that was sent and answered is not among those held back, whatever became of its answer.
        unsent: (known === undefined && (legacy?.unsent ?? false)) || fates.get(one.frame) === 'neverLeft',
        dead: known !== undefined || (fates.get(one.frame) ?? 'unknown') !== 'unknown',
      } as const;
      run.queue.push({ stimulus, message: undefined });
    }
  }

  /** What became of the open `once` attempts of other workers, by frame, as their wire files tell. */
  private async fatesOf(run: Run): Promise<ReadonlyMap<number, Awaited<ReturnType<Wire['fate']>>>> {
    const { wire, store } = this.context.ports;
    const fates = new Map<number, Awaited<ReturnType<Wire['fate']>>>();
    if (wire === undefined) return fates;
    for (const one of run.pending) {
      const by = one.kind === 'attempt' ? run.state.frames.get(one.frame)?.effect?.by : undefined;
      if (one.kind !== 'attempt' || by === undefined || by === store.worker) continue;
      fates.set(one.frame, await wire.fate(by, wireName(run.id, one.frame, one.attempt)));
    }
    return fates;
  }

  private async enterStored(stored: StoredRun): Promise<void> {
    if (stored.quarantined || this.context.table.get(stored.run) !== undefined || this.coming.has(stored.run)) return;
    await this.bringAndWait(stored.run, () => this.restore(stored));
  }

  private async read(id: string, legacy?: Legacy): Promise<Run | Absent> {
    const stored = await this.context.ports.store.run(id);
    if (stored === undefined || hasEnded(stored.status)) return undefined;
    if (stored.quarantined) return 'aside';
    return this.restore(stored, legacy);
  }

  private async bringAndWait(
    id: string,
    how: () => Promise<Run | Absent>,
    waiting: readonly Queued[] = [],
  ): Promise<void> {
    const { context } = this;
    const partition = partitionOf(id);
    const arrivals = [...waiting];
    this.coming.set(id, arrivals);
    for (let failures = 1; ; failures += 1) {
      const epoch = context.ownership.lease(partition)?.epoch;
      if (epoch === undefined) break;
      try {
        const run = await how();
        // Lost and taken again meanwhile: what was read may be older than what the owner in between wrote.
        if (context.ownership.lease(partition)?.epoch !== epoch && !isBegun(run)) continue;
        this.coming.delete(id);
        if (typeof run === 'object') this.enter(run, arrivals);
        else this.dispose(run, messagesOf(arrivals));
        return;
      } catch (error) {
        if (isStoreError(error)) await this.retryLater(error, failures, { run: id });
        else {
          this.coming.delete(id);
          this.context.ends.failed(id, ensureError(error));
          this.context.departures.setAside(id, ensureError(error));
          this.dispose('aside', messagesOf(arrivals));
          return;
        }
      }
    }
    this.coming.delete(id);
  }

  /** Puts a run into the table, decides what waited for it, and starts what must be under way. */
  private enter(run: Run, arrivals: readonly Queued[]): void {
    const { context } = this;
    if (run.phase === 'idle') context.table.add(run);
    for (const arrival of arrivals) run.queue.push(arrival);
    for (const one of run.pending) if (one.kind === 'page' && one.reload) context.dispatch.page(run, one);
    context.advance.drain(run);
  }

  /** Messages that found no run end with it; those to a run that was set aside wait in the inbox until it is taken back. */
  private dispose(absent: Absent, messages: readonly MessageKey[]): void {
    const { inbox, committer } = this.context;
    for (const message of messages) {
      if (absent === 'aside') inbox.putBack(message);
      else committer.consume(message);
    }
  }

  private async retryLater(error: unknown, failures: number, what: Record<string, unknown>): Promise<void> {
    const { log, clock, random } = this.context.ports;
    log.warn({ err: ensureError(error), ...what }, 'Runs could not be loaded; Pawl tries again.');
    await sleep(clock, backoffMs(failures, random));
  }
}

/** Tells a run that its database has another history. Who has not noticed yet stops within a lease. */
function reconcileWith({ number, at }: LineageView, now: number): Stimulus {
  return { kind: 'reconcile', at: now, lineage: number, until: at + bounds.lease };
}

/** What must not be lost with a run's object: messages, and answers to attempts. All else is read off the state again. */
export function lastingOf(queue: readonly Queued[]): Queued[] {
  return queue.filter(({ stimulus, message }) => message !== undefined || stimulus.kind === 'attempt');
}

function messagesOf(arrivals: readonly Queued[]): MessageKey[] {
  return arrivals.flatMap(({ message }) => message ?? []);
}

/** Whether the run is a new one of this worker's, which nothing stored can be ahead of. */
function isBegun(run: Run | Absent): boolean {
  return typeof run === 'object' && run.start !== null && run.phase !== 'gone';
}

/** Stands for an attempt that another owner sent: it is never sent here, only found lost. */
function lostWork(frame: number, attempt: number): Work {
  return { kind: 'lost', frame, attempt, cancel: () => {} };
}

/** Whether the store could not be reached, so that a repeat may help. Anything else is wrong with the run itself. */
export function isStoreError(error: unknown): boolean {
  return error instanceof PawlError && (error.code.startsWith('PAWL_STORE_') || error.code === 'PAWL_UNAVAILABLE');
}
