import type {
  Commit,
  CommitResult,
  FlowError,
  FlowName,
  FlowVersion,
  InboxRow,
  JournalRow,
  Lease,
  LeaseView,
  ScheduleRow,
  LineageView,
  StoredRun,
  WorkerStore,
  WorkerView,
} from '@pawl/core';
import { ensureError, PoisonError, FencedError, UnknownCommitError } from '@pawl/core';
import type { Owner } from '../sim/timeline.ts';
import { outside } from '../sim/timeline.ts';
import { applyCommit, fence, lostPartitions } from './apply-commit.ts';
import { toldPartitions } from './apply-said.ts';
import { newestFlow } from './flow-lists.ts';
import type { Fate, StoreCall } from './gate.ts';
import { mutated } from './mutation.ts';
import { outcomeOf, partitionsOf, Silence, unreachable } from './session-replies.ts';
import type { SimStore } from './sim-store.ts';
import { openTransaction, unblocked } from './transactions.ts';

/** Until a call on a connection that is dead without notice is given up (ms). */
const beatTimeout = 3_000;
/** Pause before the lock connection is made again (ms). */
const reconnectAfter = 250;

/** A worker's session with the simulated store, and what may happen to its connections. */
export class WorkerSession implements WorkerStore {
  readonly worker: string;
  readonly owner: Owner;
  private readonly store: SimStore;
  private readonly shares: boolean;
  private readonly listeners: (() => void)[] = [];
  /** The lock connection as the worker knows it. */
  private lockUp = true;
  private lockBroken = false;
  /** Nothing of this worker reaches the server before this time. */
  private downUntil = 0;
  /** How often its connections broke: a reply of before a break is lost. */
  private breaks = 0;
  private closed = false;

  private constructor(store: SimStore, owner: Owner, shares: boolean) {
    this.store = store;
    this.owner = owner;
    this.worker = owner.name;
    this.shares = shares;
  }

  /** Joins: the advisory lock is held once the promise resolves. */
  static async open(store: SimStore, owner: Owner, shares: boolean): Promise<WorkerSession> {
    const session = new WorkerSession(store, owner, shares);
    await session.write('join', () => {
      store.tables.workers.set(owner.name, { shares, beat: 1, locked: true });
      store.sessions.set(owner.name, session);
    });
    return session;
  }

  beat(): Promise<void> {
    if (!this.lockUp) return Promise.reject(unreachable('the connection that holds the lock was lost'));
    return this.write('beat', () => {
      const record = this.store.tables.workers.get(this.worker);
      // The server has closed the connection already; the worker learns it later.
      if (record?.locked !== true) throw new Silence();
      record.beat += 1;
    });
  }

  lockHeld(): boolean {
    const held = this.lockUp && !this.lockBroken && !this.closed;
    this.lockBroken = false;
    return held;
  }

  view(): Promise<{
    readonly leases: readonly LeaseView[];
    readonly workers: readonly WorkerView[];
    readonly lineage: LineageView;
  }> {
    return this.read('view', () => {
      const { leases, workers, lineage } = this.store.tables;
      return {
        lineage: this.store.mutation.noLineage ? { number: 0, at: 0 } : lineage,
        leases: leases.map((lease, partition) => ({ partition, epoch: lease.epoch, worker: lease.worker })),
        workers: [...workers].map(([worker, { beat, locked, shares }]) => ({ worker, beat, locked, shares })),
      };
    });
  }

  takeOver(partition: number, epoch: number): Promise<Lease | undefined> {
    const take = (): Lease | undefined => {
      const next = this.store.tables.takeOver(partition, epoch, this.worker);
      return next === undefined ? undefined : { partition, epoch: next };
    };
    return this.write('takeOver', take, [partition]);
  }

  release(leases: readonly Lease[]): Promise<void> {
    if (leases.length === 0) return Promise.resolve();
    const give = (): void => {
      this.store.tables.release(this.worker, leases);
      this.store.wake();
    };
    return this.write('release', give, partitionsOf(leases));
  }

  commit(commit: Commit): Promise<CommitResult> {
    const fate = this.fate('commit', commit);
    return this.promise<CommitResult>((resolve, reject) => {
      const lost = (): void => reject(new UnknownCommitError(new Error('the connection was lost')));
      if (fate.loss === 'request') return this.later(fate.back, () => reject(unreachable('the connection was lost')));
      if (fate.loss === 'silence') return this.later(fate.there + fate.back, lost);
      if (this.store.mutation.acksEarly) this.later(fate.back, () => resolve({ lost: [] }));
      const { breaks } = this;
      let letIn = false;
      const transact = (): void => {
        const reply = this.transact(commit, letIn);
        this.later(fate.back, () => {
          if (fate.loss === 'reply' || breaks !== this.breaks) lost();
          else if ('result' in reply) resolve(reply.result);
          else reject(reply.refused);
        });
      };
      this.store.timeline.after(fate.there, outside, () => {
        letIn = this.store.mutation.noLeaseLock === true && lostPartitions(this.store.tables, commit).length === 0;
        openTransaction(this.store, commit, fate.open, transact, () => this.later(fate.back, lost));
      });
    });
  }

  loadedRuns(partition: number, after: string | null, limit: number): Promise<readonly StoredRun[]> {
    return this.read('loadedRuns', () => this.store.tables.loadedRuns(partition, after, limit));
  }

  run(run: string): Promise<StoredRun | undefined> {
    return this.read('run', () => this.store.tables.stored(run));
  }

  journal(run: string): Promise<readonly JournalRow[]> {
    return this.read('run', () => [...(this.store.tables.runs.get(run)?.journal ?? [])]);
  }

  payloads(run: string, sha256: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.read('payloads', () => this.store.tables.payloads(run, sha256));
  }

  inbox(partitions: readonly number[], held: ReadonlySet<string>, limit: number): Promise<readonly InboxRow[]> {
    // What is held is sent along as it is now.
    const known = new Set(held);
    return this.read('inbox', () => {
      const rows = this.store.tables.messages(partitions, known, limit);
      if (this.store.mutation.readsOnce) for (const row of rows) this.store.tables.inbox.delete(row.id);
      return rows;
    });
  }

  dueTimers(
    partitions: readonly number[],
    now: number,
    limit: number,
  ): Promise<readonly { readonly partition: number; readonly run: string; readonly at: number }[]> {
    return this.read('dueTimers', () =>
      this.store.tables
        .timers(partitions)
        .filter((timer) => timer.at <= now)
        .slice(0, limit),
    );
  }

  nextTimer(partitions: readonly number[]): Promise<number | undefined> {
    return this.read('nextTimer', () => this.store.tables.timers(partitions)[0]?.at);
  }

  matchEvents(
    leases: readonly Lease[],
    limit: number,
  ): Promise<{ readonly delivered: number; readonly more: boolean }> {
    const { tables, timeline, mutation } = this.store;
    return this.write('matchEvents', () => {
      fence(tables, leases);
      const { messages, more } = tables.events.match(partitionsOf(leases), limit, timeline.time);
      if (!mutation.givesNothing) for (const message of messages) tables.inbox.set(message.id, message);
      if (mutation.givesAgain) tables.events.matches.clear();
      for (const partition of toldPartitions({ messages })) this.store.wake(partition);
      return { delivered: messages.length, more };
    });
  }

  pruneEvents(leases: readonly Lease[], before: number, limit: number): Promise<number> {
    const { tables } = this.store;
    return this.write('pruneEvents', () => {
      fence(tables, leases);
      return tables.events.prune(partitionsOf(leases), before, limit);
    });
  }

  dueSchedules(partitions: readonly number[], now: number, limit: number): Promise<readonly ScheduleRow[]> {
    const due = (): ScheduleRow[] => this.store.tables.events.timed(partitions).filter((row) => row.at <= now);
    return this.read('dueSchedules', () => due().slice(0, limit));
  }

  nextSchedule(partitions: readonly number[]): Promise<number | undefined> {
    return this.read('nextSchedule', () => this.store.tables.events.timed(partitions)[0]?.at);
  }

  schedule(id: string): Promise<ScheduleRow | undefined> {
    return this.read('schedule', () => this.store.tables.events.schedules.get(id));
  }

  flowNamed(workspace: string, { version, ...flow }: FlowName): Promise<FlowVersion | undefined> {
    const wanted = version === undefined || version === 'latest' ? flow : { ...flow, version };
    return this.read('flow', () => newestFlow(this.store.tables, workspace, wanted));
  }

  mark(run: string, seq: number | null): Promise<number> {
    return this.write('mark', () => this.store.tables.mark(this.worker, run, seq));
  }

  quarantine(run: string, reason: FlowError): Promise<void> {
    return this.write('quarantine', () => {
      const record = this.store.tables.runs.get(run);
      if (record !== undefined) record.quarantined ??= reason;
    });
  }

  flow(hash: string): Promise<FlowVersion | undefined> {
    return this.read('flow', () => this.store.tables.flows.get(hash));
  }

  onWake(callback: () => void): void {
    this.listeners.push(callback);
  }

  async close(): Promise<void> {
    await this.write('close', () => this.leave()).catch(() => this.leave());
    this.store.wake();
  }

  /** Its wake-up arrives after so long. */
  wakeAfter(ms: number): void {
    if (!this.lockUp) return;
    this.later(ms, () => {
      for (const listener of this.listeners) listener();
    });
  }

  /**
   * The lock connection is lost: the server frees the lock now, the worker notices after `notice` ms, and makes it again
   * once `away` ms have passed.
   */
  breakLock(notice: number, away: number): void {
    const record = this.store.tables.workers.get(this.worker);
    if (record?.locked !== true || this.closed) return;
    record.locked = false;
    this.later(notice, () => {
      this.lockUp = false;
      this.lockBroken = true;
      this.later(Math.max(0, away - notice) + reconnectAfter, () => this.reconnect());
    });
  }

  /** The server that it was connected to is gone; another state of the database is reached after so long (ms). */
  moveOn(ms: number): void {
    const { workers } = this.store.tables;
    workers.set(this.worker, { shares: this.shares, beat: workers.get(this.worker)?.beat ?? 0, locked: true });
    this.cutOff(ms);
  }

  /** The server cannot be reached for so long (ms). */
  cutOff(ms: number): void {
    this.downUntil = Math.max(this.downUntil, this.store.timeline.time + ms);
    this.breaks += 1;
    this.breakLock(this.store.prng.between(0, Math.min(ms, beatTimeout)), ms);
  }

  /** Its connections are as good as new. */
  heal(): void {
    this.downUntil = 0;
  }

  /** The process has ended: the server frees its lock after so long (ms). */
  die(after: number): void {
    this.store.timeline.after(after, outside, () => {
      const record = this.store.tables.workers.get(this.worker);
      if (record !== undefined) record.locked = false;
      this.store.sessions.delete(this.worker);
    });
  }

  private reconnect(): void {
    const { time } = this.store.timeline;
    if (this.closed) return;
    if (time < this.downUntil) return this.later(this.downUntil - time + reconnectAfter, () => this.reconnect());
    const record = this.store.tables.workers.get(this.worker);
    this.store.tables.workers.set(this.worker, { shares: this.shares, beat: (record?.beat ?? 0) + 1, locked: true });
    this.lockUp = true;
  }

  private leave(): void {
    this.closed = true;
    const { leases, workers } = this.store.tables;
    const record = workers.get(this.worker);
    if (!leases.some((lease) => lease.worker === this.worker)) workers.delete(this.worker);
    else if (record !== undefined) record.locked = false;
    this.store.sessions.delete(this.worker);
  }

  private transact(
    commit: Commit,
    letIn: boolean,
  ): { readonly result: CommitResult } | { readonly refused: FencedError | PoisonError } {
    const { tables, mutation, gate } = this.store;
    const written = mutated(commit, mutation);
    try {
      const result = applyCommit(tables, written, letIn ? { ...mutation, noFence: true } : mutation);
      gate.written(this.worker, written, result);
      for (const partition of toldPartitions(written)) this.store.wake(partition);
      return { result };
    } catch (error) {
      if (!(error instanceof FencedError) && !(error instanceof PoisonError)) throw error;
      gate.refused(this.worker, commit, error);
      return { refused: error };
    }
  }

  /** A call that changes something: it happens once, at the server, and its reply may be lost. */
  private write<T>(call: StoreCall, work: () => T, partitions: readonly number[] = []): Promise<T> {
    const fate = this.fate(call);
    return this.promise<T>((resolve, reject) => {
      const lost = (): void => reject(unreachable('the connection was lost'));
      if (fate.loss === 'request' || fate.loss === 'silence') return this.later(fate.there + fate.back, lost);
      const { breaks } = this;
      const transact = (): void => {
        const reply = outcomeOf(work);
        if ('thrown' in reply && reply.thrown instanceof Silence) return this.later(beatTimeout, lost);
        this.later(fate.back, () => {
          if (fate.loss === 'reply' || breaks !== this.breaks) lost();
          else if ('thrown' in reply) reject(ensureError(reply.thrown));
          else resolve(reply.value);
        });
      };
      this.store.timeline.after(fate.there, outside, () => unblocked(this.store, partitions, transact));
    });
  }

  /** A call that reads: what it shows may be as old as the call, or as new as the reply. */
  private read<T>(call: StoreCall, work: () => T): Promise<T> {
    const fate = this.fate(call);
    return this.promise<T>((resolve, reject) => {
      const { breaks } = this;
      const early = fate.loss === undefined && this.store.prng.chance(0.5) ? { value: work() } : undefined;
      this.later(fate.there + fate.back, () => {
        if (fate.loss !== undefined || breaks !== this.breaks) reject(unreachable('the connection was lost'));
        else resolve(early === undefined ? work() : early.value);
      });
    });
  }

  private fate(call: StoreCall, commit?: Commit): Fate {
    if (this.closed) return { there: 0, back: 0, loss: 'request' };
    const fate = this.store.gate.call(this.worker, call, commit);
    return this.store.timeline.time < this.downUntil ? { ...fate, loss: 'request' } : fate;
  }

  /** A promise that nobody settles any more once the worker is dead. */
  private promise<T>(executor: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.owner.life !== 'dead') executor(resolve, reject);
    });
  }

  private later(ms: number, run: () => void): void {
    this.store.timeline.after(ms, this.owner, run);
  }
}
