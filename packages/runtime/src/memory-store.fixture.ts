import type {
  Commit,
  CommitResult,
  DecisionRow,
  FlowError,
  FlowName,
  FlowVersion,
  InboxRow,
  JournalRow,
  Lease,
  LeaseView,
  RunHead,
  RunStart,
  ScheduleRow,
  SnapshotRow,
  StoredRun,
  WorkerStore,
  WorkerView,
} from '@pawl/core';
import { FencedError, partitionCount, partitionOf, PawlError, PoisonError } from '@pawl/core';
import { MemoryEvents } from './memory-events.fixture.ts';

/** A run's rows as the fake database keeps them. */
export interface MemoryRun {
  start: RunStart;
  head: Omit<RunHead, 'partition' | 'run'>;
  journal: JournalRow[];
  snapshot: SnapshotRow | null;
  payloads: Map<string, string>;
  quarantined: FlowError | undefined;
}

/** What the worker store port promises, in plain maps, for tests of the runtime alone. */
export class MemoryDatabase {
  readonly runs = new Map<string, MemoryRun>();
  readonly timers = new Map<string, number>();
  readonly decisions = new Map<string, DecisionRow>();
  readonly flows = new Map<string, FlowVersion>();
  readonly events = new MemoryEvents();
  readonly commits: Commit[] = [];
  inbox: InboxRow[] = [];
  readonly leases: { epoch: number; worker: string | null }[] = Array.from({ length: partitionCount }, () => ({
    epoch: 0,
    worker: null,
  }));
  readonly workers = new Map<string, { beat: number; locked: boolean; shares: boolean }>();
  readonly dedup = new Map<string, { run: string; fingerprint: string }>();
  readonly marks = new Map<string, { seq: number; count: number; worker: string }>();
  /** Stands between a commit and the database: may hold it, fail it before or after it is applied. */
  onCommit: (commit: Commit, apply: () => CommitResult) => Promise<CommitResult> = async (_commit, apply) => apply();
  /** Refuses every call where it throws. */
  guard: (worker: string) => void = () => {};

  join(worker: string, shares = true): MemoryWorkerStore {
    this.workers.set(worker, { beat: 1, locked: true, shares });
    return new MemoryWorkerStore(this, worker);
  }

  apply(commit: Commit): CommitResult {
    this.commits.push(commit);
    this.check(commit);
    const lost = this.losers(commit.starts);
    const out = new Set(lost.map(({ run }) => run));
    for (const start of commit.starts) {
      if (out.has(start.run)) continue;
      if (start.key !== null)
        this.dedup.set(`${start.partition}:${start.key.keyHash}`, {
          run: start.run,
          fingerprint: start.key.fingerprint,
        });
      const head = { status: start.status, waitingFor: start.waitingFor, loaded: true, endedAt: null };
      this.runs.set(start.run, {
        start,
        head,
        journal: [],
        snapshot: null,
        payloads: new Map(),
        quarantined: undefined,
      });
    }
    for (const row of commit.journal) if (!out.has(row.run)) this.runOf(row.run).journal.push(row);
    for (const { partition: _partition, run, ...head } of commit.heads) if (!out.has(run)) this.runOf(run).head = head;
    for (const row of commit.snapshots) if (!out.has(row.run)) this.runOf(row.run).snapshot = row;
    for (const row of commit.payloads) if (!out.has(row.run)) this.runOf(row.run).payloads.set(row.sha256, row.body);
    for (const { run, at } of commit.timers) {
      if (at === null) this.timers.delete(run);
      else if (!out.has(run)) this.timers.set(run, at);
    }
    for (const row of commit.decisions) this.decisions.set(row.id, row);
    const consumed = new Set(commit.consumed.map(({ id }) => id));
    this.inbox = this.inbox.filter(({ id }) => !consumed.has(id));
    this.events.apply(commit, out);
    this.deliver((commit.messages ?? []).filter(({ from = '' }) => !out.has(from)));
    return { lost };
  }

  /** Messages whose ids are known are left out. */
  deliver(messages: readonly InboxRow[]): void {
    for (const row of messages) if (!this.inbox.some(({ id }) => id === row.id)) this.inbox.push(row);
  }

  /** All rows of a run; the whole journal, as nothing is ever removed. */
  stored(id: string): StoredRun | undefined {
    const run = this.runs.get(id);
    if (run === undefined) return undefined;
    const seq = run.snapshot?.seq ?? 0;
    return {
      partition: partitionOf(id),
      run: id,
      workspace: run.start.workspace,
      flow: run.start.flow,
      status: run.head.status,
      loaded: run.head.loaded,
      quarantined: run.quarantined !== undefined,
      snapshot: run.snapshot,
      journal: run.journal.filter((row) => row.from > seq),
    };
  }

  runOf(id: string): MemoryRun {
    const run = this.runs.get(id);
    if (run === undefined) throw new PoisonError('23503', `there is no run ${id}`, undefined);
    return run;
  }

  private losers(starts: readonly RunStart[]): { run: string; winner: string; fingerprint: string }[] {
    const lost: { run: string; winner: string; fingerprint: string }[] = [];
    for (const { run, partition, key } of starts) {
      const known = key === null ? undefined : this.dedup.get(`${partition}:${key.keyHash}`);
      if (known !== undefined && known.run !== run)
        lost.push({ run, winner: known.run, fingerprint: known.fingerprint });
    }
    return lost;
  }

  /** All or nothing: what is refused is refused before anything is written. */
  private check(commit: Commit): void {
    for (const start of commit.starts)
      if (this.runs.has(start.run)) throw new PoisonError('23505', `run ${start.run} exists`, undefined);
    for (const row of commit.journal) {
      const last = this.runs.get(row.run)?.journal.at(-1)?.to ?? 0;
      if (row.from !== last + 1)
        throw new PoisonError('23505', `journal of ${row.run} ends at ${last}, not before ${row.from}`, undefined);
      if (row.body.includes('poison')) throw new PoisonError('22021', 'invalid text', undefined);
    }
    this.events.check(commit);
  }
}

/** One worker's session with the fake database. */
export class MemoryWorkerStore implements WorkerStore {
  readonly worker: string;
  readonly database: MemoryDatabase;
  closed = false;
  /** Its process is gone, or cut off: nothing reaches the database, and its lock is free. */
  dead = false;
  private brokenLock = false;
  private wake: () => void = () => {};

  constructor(database: MemoryDatabase, worker: string) {
    this.database = database;
    this.worker = worker;
  }

  /** The lock connection drops and comes back. */
  breakLock(): void {
    this.brokenLock = true;
  }

  /** Cuts the worker off for good. */
  kill(): void {
    this.dead = true;
    const row = this.database.workers.get(this.worker);
    if (row !== undefined) row.locked = false;
  }

  /** A wake-up arrives. */
  ring(): void {
    this.wake();
  }

  async beat(): Promise<void> {
    this.guard();
    const row = this.database.workers.get(this.worker);
    if (row !== undefined) row.beat += 1;
  }

  lockHeld(): boolean {
    const held = !this.brokenLock && !this.dead;
    this.brokenLock = false;
    return held;
  }

  async view(): Promise<{ leases: readonly LeaseView[]; workers: readonly WorkerView[] }> {
    this.guard();
    const leases = this.database.leases.map(({ epoch, worker }, partition) => ({ partition, epoch, worker }));
    const workers = [...this.database.workers].map(([worker, row]) => ({ worker, ...row }));
    return { leases, workers };
  }

  async takeOver(partition: number, epoch: number): Promise<Lease | undefined> {
    this.guard();
    const lease = this.database.leases[partition];
    if (lease === undefined || lease.epoch !== epoch) return undefined;
    lease.epoch += 1;
    lease.worker = this.worker;
    return { partition, epoch: lease.epoch };
  }

  async release(leases: readonly Lease[]): Promise<void> {
    this.guard();
    for (const { partition, epoch } of leases) {
      const lease = this.database.leases[partition];
      if (lease?.worker === this.worker && lease.epoch === epoch) lease.worker = null;
    }
  }

  async commit(commit: Commit): Promise<CommitResult> {
    this.guard();
    return this.database.onCommit(commit, () => {
      this.fence(commit.leases);
      return this.database.apply(commit);
    });
  }

  async loadedRuns(partition: number, after: string | null, limit: number): Promise<readonly StoredRun[]> {
    this.guard();
    const ids = [...this.database.runs.keys()]
      .filter((id) => partitionOf(id) === partition && (after === null || id > after))
      .sort();
    const rows = ids.map((id) => this.database.stored(id) as StoredRun);
    return rows.filter((run) => run.loaded && !run.quarantined).slice(0, limit);
  }

  async run(run: string): Promise<StoredRun | undefined> {
    this.guard();
    return this.database.stored(run);
  }

  async journal(run: string): Promise<readonly JournalRow[]> {
    this.guard();
    return [...this.database.runOf(run).journal];
  }

  async payloads(run: string, sha256: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const known = this.database.runs.get(run)?.payloads ?? new Map<string, string>();
    return new Map([...known].filter(([sha]) => sha256.includes(sha)));
  }

  async inbox(partitions: readonly number[], held: ReadonlySet<string>, limit: number): Promise<readonly InboxRow[]> {
    this.guard();
    const aside = (row: InboxRow): boolean => this.database.runs.get(row.run)?.quarantined !== undefined;
    return this.database.inbox
      .filter((row) => partitions.includes(row.partition) && !held.has(row.id) && !(row.id !== row.run && aside(row)))
      .slice(0, limit);
  }

  async dueTimers(
    partitions: readonly number[],
    now: number,
    limit: number,
  ): Promise<readonly { partition: number; run: string; at: number }[]> {
    this.guard();
    const due = [...this.database.timers].filter(([run, at]) => at <= now && partitions.includes(partitionOf(run)));
    return due.map(([run, at]) => ({ partition: partitionOf(run), run, at })).slice(0, limit);
  }

  async nextTimer(partitions: readonly number[]): Promise<number | undefined> {
    this.guard();
    const times = [...this.database.timers]
      .filter(([run]) => partitions.includes(partitionOf(run)))
      .map(([, at]) => at);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  async matchEvents(leases: readonly Lease[], limit: number): Promise<{ delivered: number; more: boolean }> {
    this.guard();
    this.fence(leases);
    const partitions = leases.map(({ partition }) => partition);
    const { messages, more } = this.database.events.match(partitions, limit, 0);
    this.database.deliver(messages);
    return { delivered: messages.length, more };
  }

  async pruneEvents(leases: readonly Lease[], before: number, limit: number): Promise<number> {
    this.guard();
    this.fence(leases);
    return this.database.events.prune(
      leases.map(({ partition }) => partition),
      before,
      limit,
    );
  }

  async dueSchedules(partitions: readonly number[], now: number, limit: number): Promise<readonly ScheduleRow[]> {
    this.guard();
    return this.database.events
      .due(partitions)
      .filter(({ at }) => at !== null && at <= now)
      .slice(0, limit);
  }

  async schedule(id: string): Promise<ScheduleRow | undefined> {
    this.guard();
    return this.database.events.schedules.get(id);
  }

  async nextSchedule(partitions: readonly number[]): Promise<number | undefined> {
    this.guard();
    return this.database.events.due(partitions)[0]?.at ?? undefined;
  }

  async flowNamed(workspace: string, flow: FlowName): Promise<FlowVersion | undefined> {
    this.guard();
    return this.database.events.flowNamed(workspace, flow);
  }

  async mark(run: string, seq: number | null): Promise<number> {
    this.guard();
    const known = this.database.marks.get(run);
    if (seq === null) {
      this.database.marks.delete(run);
      return 0;
    }
    const count = known === undefined || known.seq !== seq ? 0 : known.count + (known.worker === this.worker ? 0 : 1);
    this.database.marks.set(run, { seq, count, worker: this.worker });
    return count;
  }

  async quarantine(run: string, reason: FlowError): Promise<void> {
    this.guard();
    const row = this.database.runs.get(run);
    if (row !== undefined) row.quarantined = reason;
  }

  async flow(hash: string): Promise<FlowVersion | undefined> {
    this.guard();
    return this.database.flows.get(hash);
  }

  onWake(callback: () => void): void {
    this.wake = callback;
  }

  async close(): Promise<void> {
    this.closed = true;
    const row = this.database.workers.get(this.worker);
    if (row !== undefined) row.locked = false;
  }

  private fence(leases: readonly Lease[]): void {
    const fenced = leases.filter(({ partition, epoch }) => {
      const lease = this.database.leases[partition];
      return lease?.worker !== this.worker || lease.epoch !== epoch;
    });
    if (fenced.length > 0) throw new FencedError(fenced.map(({ partition }) => partition));
  }

  private guard(): void {
    if (this.dead) throw new PawlError('PAWL_STORE_UNREACHABLE', 'The worker is cut off.');
    this.database.guard(this.worker);
  }
}
