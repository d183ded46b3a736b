import type { FlowError } from '../flow-error.ts';
import type { ScheduleRow } from './event-rows.ts';
import type {
  Commit,
  CommitResult,
  FlowName,
  FlowVersion,
  InboxRow,
  JournalRow,
  Lease,
  LeaseView,
  StoredRun,
  WorkerView,
} from './rows.ts';

/**
 * The history of the database that the store is in. A database that went back to an earlier point, or may have, begins a
 * new one, and all partitions are taken from their owners at epochs that none of them can have had.
 */
export interface LineageView {
  /** The first is 0. */
  readonly number: number;
  /** When it began: nothing of an earlier history that is lost was done much later (ms). */
  readonly at: number;
}

/** A worker's view of the store. Every method may reject with a PawlError `PAWL_STORE_UNREACHABLE`; reads may be repeated. */
export interface WorkerStore {
  readonly worker: string;
  /** Beats once, on the connection that holds the advisory lock. Rejects when that connection is gone (it reconnects by itself). */
  beat(): Promise<void>;
  /** Whether the lock connection is up and has held the advisory lock without a break since it was last asked. */
  lockHeld(): boolean;
  /** As one statement sees it, so that a lease of a new lineage is never seen with an older one. Default lineage: the first. */
  view(): Promise<{
    readonly leases: readonly LeaseView[];
    readonly workers: readonly WorkerView[];
    readonly lineage?: LineageView;
  }>;
  /**
   * Takes a partition whose epoch is still `epoch`, raising it by one; ends the old owner's commit backend where it
   * stands in the way. Undefined: somebody else was faster.
   */
  takeOver(partition: number, epoch: number): Promise<Lease | undefined>;
  /** Gives partitions back, so that others may take them at once. A lease that is lost is left alone. */
  release(leases: readonly Lease[]): Promise<void>;
  /** One round trip, all or nothing. Rejects with FencedError, PoisonError or UnknownCommitError; any other rejection: nothing was written. */
  commit(commit: Commit): Promise<CommitResult>;
  /** The runs of a partition to load at takeover (`loaded`, not ended), `limit` at a time after a run id. */
  loadedRuns(partition: number, after: string | null, limit: number): Promise<readonly StoredRun[]>;
  run(run: string): Promise<StoredRun | undefined>;
  /** All journal rows of a run, in order: what its state is made of where its snapshot cannot be read. */
  journal(run: string): Promise<readonly JournalRow[]>;
  /** Values by their sha-256. */
  payloads(run: string, sha256: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Inbox rows of these partitions, in order of acceptance; `held` are already in memory. */
  inbox(partitions: readonly number[], held: ReadonlySet<string>, limit: number): Promise<readonly InboxRow[]>;
  /** Parked runs of these partitions whose time has come, earliest first. */
  dueTimers(
    partitions: readonly number[],
    now: number,
    limit: number,
  ): Promise<readonly { readonly partition: number; readonly run: string; readonly at: number }[]>;
  /** The time of the next timer row of these partitions. */
  nextTimer(partitions: readonly number[]): Promise<number | undefined>;
  /**
   * Gives the events of these partitions that are new to the subscriptions that want them, and kept events to
   * subscriptions that are new: a message in the listener's inbox, once for each listener and event. Fenced like a commit.
   * `more`: it stopped at `limit` deliveries.
   */
  matchEvents(leases: readonly Lease[], limit: number): Promise<{ readonly delivered: number; readonly more: boolean }>;
  /** Forgets events accepted before a time and what is known of their deliveries; at most `limit` of them. */
  pruneEvents(leases: readonly Lease[], before: number, limit: number): Promise<number>;
  /** Schedules of these partitions whose time has come, earliest first; paused ones are left out. */
  dueSchedules(partitions: readonly number[], now: number, limit: number): Promise<readonly ScheduleRow[]>;
  schedule(id: string): Promise<ScheduleRow | undefined>;
  /** The time of the next schedule of these partitions. */
  nextSchedule(partitions: readonly number[]): Promise<number | undefined>;
  /** A flow version by name: the newest by semantic version where none is given, or `latest`. */
  flowNamed(workspace: string, flow: FlowName): Promise<FlowVersion | undefined>;
  /** Marks a run before it is decided (after repeated deaths), or clears the mark; answers how many owners died at this seq. */
  mark(run: string, seq: number | null): Promise<number>;
  quarantine(run: string, reason: FlowError): Promise<void>;
  /** The flow document of a version hash. */
  flow(hash: string): Promise<FlowVersion | undefined>;
  /** Calls back when something may have come for this worker (inbox, partitions to share). Wake-ups may be lost or doubled. */
  onWake(callback: () => void): void;
  /** Leaves: gives up the advisory lock and closes. */
  close(): Promise<void>;
}
