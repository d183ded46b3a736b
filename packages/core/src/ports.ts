import type { Fault } from './faults.ts';
import type { FlowError } from './flow-error.ts';
import type { Guarantee, KeyIn } from './guarantee/classes.ts';
import type { Json, JsonObject } from './json.ts';
import type { Outcome } from './outcome.ts';
import type { RunStatus, WaitingFor } from './state/state.ts';

/** Number of partitions of a store, fixed for its life. A run's partition is the last byte of its id. */
export const partitionCount = 256;

/** The partition of a run id (a uuid whose last two hex digits name it). */
export function partitionOf(run: string): number {
  return Number.parseInt(run.slice(-2), 16);
}

/** Time. `now` is wall time in step with the database's clock (ms since the epoch); `mono` never goes back (ms). */
export interface Clock {
  now(): number;
  mono(): number;
  /** Calls back once after `ms`; the returned function takes it back. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back soon, after what is already queued. */
  soon(callback: () => void): void;
}

/** Randomness: a number in [0, 1), and random bytes as hex. */
export interface Random {
  next(): number;
  hex(bytes: number): string;
}

/** Hashes of UTF-8 text. */
export interface Hash {
  /** sha-256, lower-case hex. */
  sha256(text: string): string;
  /** crc-32 as an unsigned number. */
  crc32(text: string): number;
}

/** Where the runtime says what happens; bound to pino by the server. */
export interface Log {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

// ---------------------------------------------------------------------------------------------------------------------
// Actions

/** Tells a running attempt that its deadline has passed or that it is no longer wanted. */
export interface Cancellation {
  readonly cancelled: boolean;
  /** Registers a callback; it is called at once when already cancelled. */
  onCancel(callback: () => void): void;
}

/** What an action is, as the engine and the linter need it. */
export interface ActionDescription {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  /** JSON Schemas of the arguments (`with`) and the output. */
  readonly input: JsonObject;
  readonly output: Json;
  /** The guarantee of a call with these arguments, where the step declares none. */
  guarantee(args: JsonObject, keyIn: KeyIn | undefined): Guarantee;
  /** Guarantees that a step may declare instead; empty: the action knows best. */
  readonly declarable: readonly Guarantee[];
  /** Name of the target whose permits, limits and health a call shares, such as `http://host:port`. */
  target(args: JsonObject): string;
  /** Calls under way at once per target and worker. */
  readonly concurrency: number;
  /** Default attempt timeout (ms). */
  readonly timeoutMs: number;
}

/** One attempt, frozen: a resend of the same effect carries the same bytes. */
export interface ActionRequest {
  readonly action: string;
  readonly args: JsonObject;
  readonly guarantee: Guarantee;
  /** The effect key, or the step's natural key as it stands. */
  readonly key: string;
  readonly keyIn?: KeyIn;
  readonly attempt: number;
  /** For logs and traces. */
  readonly run: string;
  readonly step: string;
  /** Namespace and name of the flow: some connections and nets are open to certain flows only. */
  readonly flow: { readonly namespace: string; readonly name: string };
}

/** Rows of a dataset after a cursor. */
export interface Page {
  readonly rows: readonly Json[];
  /** Where the next page begins. */
  readonly next: Json;
  /** Nothing follows this page. */
  readonly last: boolean;
}

/** The Actions port: everything that reaches outside. */
export interface Actions {
  describe(name: string): ActionDescription | undefined;
  /** Names of all actions, sorted. */
  names(): readonly string[];
  /**
   * Runs one attempt. Never rejects: whatever happens is an outcome. `onLeft` is called before the first byte of the
   * request is handed to an established connection. At cancellation it ends soon, `ambiguous` if something left.
   */
  run(request: ActionRequest, cancellation: Cancellation, onLeft: () => void): Promise<Outcome>;
  /** Reads a page of a dataset (pure). `cursor` null is the start. Rejects with a PawlError. */
  readPage(dataset: Json, cursor: Json, size: number): Promise<Page>;
}

// ---------------------------------------------------------------------------------------------------------------------
// Store: what a worker needs

/** All events of one run in one commit. */
export interface JournalRow {
  readonly partition: number;
  readonly run: string;
  /** First and last event's number; rows of a run follow each other without gaps from 1. */
  readonly from: number;
  readonly to: number;
  readonly format: number;
  /** JSON array of events; values longer than `limits.inlineValue` are `{"$payload": sha256}`-marked by the codec. */
  readonly body: string;
  /** crc-32 of `body`. */
  readonly checksum: number;
}

/** A new run. */
export interface RunStart {
  readonly partition: number;
  readonly run: string;
  readonly workspace: string;
  readonly flow: string;
  readonly startedAt: number;
  readonly status: RunStatus;
  readonly waitingFor: WaitingFor | null;
  /** Start key, its dedup entry and fingerprint; null: an unkeyed start. */
  readonly key: StartKey | null;
}

/** The natural key of a start. */
export interface StartKey {
  readonly key: string;
  /** sha-256 of canonical [workspace, flow namespace, flow name, key]: unique within the run's partition. */
  readonly keyHash: string;
  /** sha-256 of the canonical input: another one under the same key is a mismatch. */
  readonly fingerprint: string;
}

/** A change of a run's head. */
export interface RunHead {
  readonly partition: number;
  readonly run: string;
  readonly status: RunStatus;
  readonly waitingFor: WaitingFor | null;
  /** In memory of the partition's owner, hence to be loaded at a takeover. False once it is parked or has ended. */
  readonly loaded: boolean;
  readonly endedAt: number | null;
}

/** Folded state at an event. */
export interface SnapshotRow {
  readonly partition: number;
  readonly run: string;
  readonly seq: number;
  readonly format: number;
  readonly body: string;
  readonly checksum: number;
}

/** A large value of one run. */
export interface PayloadRow {
  readonly partition: number;
  readonly run: string;
  readonly sha256: string;
  readonly body: string;
}

/** The earliest time at which a parked run must be loaded; one row a run. `at` null removes it. */
export interface TimerRow {
  readonly partition: number;
  readonly run: string;
  readonly at: number | null;
}

/** A question to a person, open or decided. */
export interface DecisionRow {
  readonly partition: number;
  readonly run: string;
  readonly id: string;
  readonly step: string;
  readonly askedAt: number;
  readonly reason: string;
  /** Null while it is open. */
  readonly decided: { readonly at: number; readonly by: string; readonly verdict: Json; readonly message: string } | null;
}

/** A message to a run, decided by the run's owner alone, in order. */
export interface InboxRow {
  readonly partition: number;
  /** Unique id of the message; a repeat is ignored. */
  readonly id: string;
  readonly run: string;
  readonly at: number;
  readonly message: InboxMessage;
}

/** What a message says. */
export type InboxMessage =
  | { readonly kind: 'start'; readonly workspace: string; readonly flow: string; readonly input: Json; readonly key: StartKey | null; readonly only?: string }
  | { readonly kind: 'cancel'; readonly by: string; readonly reason?: string }
  | { readonly kind: 'decision'; readonly decision: string; readonly verdict: Json; readonly by: string; readonly reason?: string };

/** The right to write a partition, as a worker believes to have it. */
export interface Lease {
  readonly partition: number;
  readonly epoch: number;
}

/** Everything of one commit: all of it or nothing. At most one head, timer and snapshot per run (netted by the caller). */
export interface Commit {
  readonly leases: readonly Lease[];
  readonly starts: readonly RunStart[];
  readonly journal: readonly JournalRow[];
  readonly heads: readonly RunHead[];
  readonly snapshots: readonly SnapshotRow[];
  readonly payloads: readonly PayloadRow[];
  readonly timers: readonly TimerRow[];
  readonly decisions: readonly DecisionRow[];
  /** Inbox rows that are done with. */
  readonly consumed: readonly { readonly partition: number; readonly id: string }[];
}

/** The starts of a commit that lost to an earlier run with their key; all their rows were left out. */
export interface CommitResult {
  readonly lost: readonly { readonly run: string; readonly winner: string; readonly fingerprint: string }[];
}

/** Another worker owns a partition of the batch: nothing was written. */
export class FencedError extends Error {
  readonly partitions: readonly number[];
  constructor(partitions: readonly number[]) {
    super(`another worker owns partitions ${partitions.join(', ')}`);
    this.name = 'FencedError';
    this.partitions = partitions;
  }
}

/** The reply of a commit was lost: it may or may not have been written. The caller takes its partitions over from itself. */
export class UnknownCommitError extends Error {
  constructor(cause: unknown) {
    super('the reply to a commit was lost', { cause });
    this.name = 'UnknownCommitError';
  }
}

/** The database refuses the data of the batch (SQLSTATE class 22, 23 or 54): nothing was written. */
export class PoisonError extends Error {
  readonly sqlState: string;
  constructor(sqlState: string, message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'PoisonError';
    this.sqlState = sqlState;
  }
}

/** A run as it is loaded: its last snapshot and all journal rows after it, in order. */
export interface StoredRun {
  readonly partition: number;
  readonly run: string;
  readonly flow: string;
  readonly status: RunStatus;
  readonly loaded: boolean;
  readonly quarantined: boolean;
  readonly snapshot: SnapshotRow | null;
  readonly journal: readonly JournalRow[];
}

/** Who owns a partition, as one worker sees it. */
export interface LeaseView {
  readonly partition: number;
  readonly epoch: number;
  readonly worker: string | null;
}

/** Another worker, as one worker sees it. */
export interface WorkerView {
  readonly worker: string;
  /** Grows with each beat. */
  readonly beat: number;
  /** Whether its advisory lock is held: false proves that its lock connection is gone. */
  readonly locked: boolean;
  /** It wants partitions of its own (a worker that only runs one run does not). */
  readonly shares: boolean;
}

/** A worker's view of the store. Every method may reject with a PawlError `PAWL_STORE_UNREACHABLE`; reads may be repeated. */
export interface WorkerStore {
  readonly worker: string;
  /** Beats once, on the connection that holds the advisory lock. Rejects when that connection is gone (it reconnects by itself). */
  beat(): Promise<void>;
  /** Whether the lock connection is up and has held the advisory lock without a break since it was last asked. */
  lockHeld(): boolean;
  view(): Promise<{ readonly leases: readonly LeaseView[]; readonly workers: readonly WorkerView[] }>;
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
  /** Values by their sha-256. */
  payloads(run: string, sha256: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Inbox rows of these partitions, in order of acceptance; `held` are already in memory. */
  inbox(partitions: readonly number[], held: ReadonlySet<string>, limit: number): Promise<readonly InboxRow[]>;
  /** Parked runs of these partitions whose time has come, earliest first. */
  dueTimers(partitions: readonly number[], now: number, limit: number): Promise<readonly { readonly partition: number; readonly run: string; readonly at: number }[]>;
  /** The time of the next timer row of these partitions. */
  nextTimer(partitions: readonly number[]): Promise<number | undefined>;
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

/** An immutable, content-hashed publication of a flow. */
export interface FlowVersion {
  readonly hash: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  /** The document as JSON text. */
  readonly document: string;
  /** As it was written, for people. */
  readonly source: string;
  readonly createdAt: number;
}

// ---------------------------------------------------------------------------------------------------------------------
// Store: what the API needs

/** A run as lists show it. */
export interface RunSummary {
  readonly id: string;
  readonly flow: { readonly namespace: string; readonly name: string; readonly version: string; readonly hash: string };
  readonly status: RunStatus;
  readonly waitingFor: WaitingFor | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly key: string | null;
}

/** A page of a list. */
export interface ListPage<T> {
  readonly items: readonly T[];
  /** Cursor of the next page, or null. */
  readonly next: string | null;
}

/** How a start was answered. `replayed`: a run with this key and input existed. `mismatch`: with another input. */
export interface StartAnswer {
  readonly run: string;
  readonly replayed: boolean;
  readonly mismatch: boolean;
}

/** The store as the API and the commands use it. */
export interface ApiStore {
  /** Publishes a version. `exists`: the same name and version has other content (nothing changed). `named` false keeps it unlisted, found by its hash alone. */
  deploy(version: FlowVersion, options: { readonly workspace: string; readonly named: boolean }): Promise<'created' | 'unchanged' | 'exists'>;
  flows(options: { readonly workspace: string; readonly cursor: string | null; readonly limit: number }): Promise<ListPage<FlowVersion>>;
  /** A named version, or the newest by semantic version when `version` is undefined. */
  flowVersion(workspace: string, namespace: string, name: string, version?: string): Promise<FlowVersion | undefined>;
  flow(hash: string): Promise<FlowVersion | undefined>;
  /**
   * Accepts a start: its inbox row and, keyed, its dedup row, in one transaction. `request` dedups by Idempotency-Key
   * (principal and route in `scope`), in the same transaction, remembered for seven days.
   */
  start(start: {
    readonly run: string;
    readonly at: number;
    readonly message: Extract<InboxMessage, { kind: 'start' }>;
    readonly request?: { readonly scope: string; readonly key: string; readonly fingerprint: string };
  }): Promise<StartAnswer>;
  /** Accepts a message to a run; `false`: there is no such run. */
  send(row: InboxRow): Promise<boolean>;
  runs(options: {
    readonly workspace: string;
    readonly status?: RunStatus;
    readonly flow?: { readonly namespace: string; readonly name: string };
    readonly cursor: string | null;
    readonly limit: number;
  }): Promise<ListPage<RunSummary>>;
  /** A run's summary; a start that was accepted and not yet begun is `pending`. */
  runSummary(run: string): Promise<RunSummary | undefined>;
  stored(run: string): Promise<StoredRun | undefined>;
  /** Journal rows of a run from an event number on. */
  journal(run: string, from: number): Promise<readonly JournalRow[]>;
  payloads(run: string, sha256: readonly string[]): Promise<ReadonlyMap<string, string>>;
  decisions(options: { readonly workspace: string; readonly open: boolean; readonly cursor: string | null; readonly limit: number }): Promise<ListPage<DecisionRow>>;
  decision(id: string): Promise<DecisionRow | undefined>;
  /** Difference between the database's clock and this machine's (ms), measured at connection. */
  clockOffset(): number;
  close(): Promise<void>;
}

/** A store: opened once a process. */
export interface Store {
  /** Joins as a worker. `id` is new for each process. */
  joinAsWorker(worker: { readonly id: string; readonly shares: boolean }): Promise<WorkerStore>;
  readonly api: ApiStore;
  close(): Promise<void>;
}

/** What the runtime is built on. */
export interface Ports {
  readonly store: WorkerStore;
  readonly actions: Actions;
  readonly clock: Clock;
  readonly random: Random;
  readonly hash: Hash;
  readonly log: Log;
  readonly fault: Fault;
}
