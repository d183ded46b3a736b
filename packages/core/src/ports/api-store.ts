import type { Json } from '../json.ts';
import type { RunStatus, WaitingFor } from '../state/state.ts';
import type { AuditEntry } from './audit.ts';
import type { EventRow, EventView, OutgoingEvent, ScheduleRow, SubscriptionRow } from './event-rows.ts';
import type { DecisionRow, FlowVersion, InboxMessage, InboxRow, JournalRow, StoredRun } from './rows.ts';

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

/** Who lets a run go on that was set aside, when (ms), and why. */
export interface Resumption {
  readonly workspace: string;
  readonly run: string;
  readonly at: number;
  readonly by: string;
  readonly reason?: string;
  /** Id of the message that tells its owner. */
  readonly message: string;
}

/** A request with an Idempotency-Key: workspace, principal and route in `scope`. */
export interface KeyedWork {
  readonly scope: string;
  readonly key: string;
  readonly at: number;
}

/** What is known of a request; `answer` null: it is under way. */
export interface KnownAnswer {
  readonly fingerprint: string;
  readonly answer: string | null;
}

/**
 * The store as the API and the commands use it. What takes an audit entry adds it in the transaction of the act, where the
 * act changes something: both are there or neither. A simulated store keeps no audit trail.
 */
export interface ApiStore {
  /** Publishes a version. `exists`: the same name and version has other content (nothing changed). `named` false keeps it unlisted, found by its hash alone. */
  deploy(
    version: FlowVersion,
    options: { readonly workspace: string; readonly named: boolean; readonly entry?: AuditEntry },
  ): Promise<'created' | 'unchanged' | 'exists'>;
  flows(options: {
    readonly workspace: string;
    readonly cursor: string | null;
    readonly limit: number;
  }): Promise<ListPage<FlowVersion>>;
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
  /** Accepts events, all or none: for each, whether it is new. An event whose (workspace, source, id) is known changes nothing. */
  acceptEvents(events: readonly EventRow[]): Promise<readonly boolean[]>;
  /** Accepted events, newest first. `wanted` false: only those that no listener took. */
  events(options: {
    readonly workspace: string;
    readonly type?: string;
    readonly wanted?: boolean;
    readonly cursor: string | null;
    readonly limit: number;
  }): Promise<ListPage<EventView>>;
  /**
   * Events for a sink, in order of acceptance: all that are accepted from the first call on, each until `eventsSent` or
   * until it is too old to be kept. They are given to one holder at a time, who holds them from one call until `until`;
   * `undefined`: another one does. An event may be given again, after a crash too: its source and id tell.
   */
  eventsToSend(
    sink: { readonly name: string; readonly holder: string; readonly at: number; readonly until: number },
    limit: number,
  ): Promise<readonly OutgoingEvent[] | undefined>;
  /** Events that a sink has: they are not given to it again. */
  eventsSent(sink: string, events: readonly string[]): Promise<void>;
  /**
   * Puts a schedule in force with its subscriptions, in place of what the flow's name had, or (`undefined`) takes it
   * away. What it knows is kept where `keeps`, and whether it is paused in any case. Changes nothing where a newer
   * version of the flow's name is published: of two that come at once the newer one stays.
   */
  setSchedule(
    id: string,
    schedule:
      | { readonly row: ScheduleRow; readonly subscriptions: readonly SubscriptionRow[]; readonly keeps: boolean }
      | undefined,
  ): Promise<void>;
  schedule(id: string): Promise<ScheduleRow | undefined>;
  schedules(options: {
    readonly workspace: string;
    readonly cursor: string | null;
    readonly limit: number;
  }): Promise<ListPage<ScheduleRow>>;
  /** Pauses a schedule (its time stays as it is) or lets it go on at `at`; `false`: there is none. */
  pauseSchedule(id: string, paused: boolean, at: number | null, entry?: AuditEntry): Promise<boolean>;
  /** Accepts a message to a run of a workspace; `false`: there is no such run. */
  send(workspace: string, row: InboxRow, entry?: AuditEntry): Promise<boolean>;
  /**
   * Lets a run that was set aside go on, and records who wanted it and why: its owner loads it again, with the messages
   * that have come meanwhile. `false`: it is not set aside.
   */
  resume(resumption: Resumption): Promise<boolean>;
  runs(options: {
    readonly workspace: string;
    readonly status?: RunStatus;
    readonly flow?: { readonly namespace: string; readonly name: string };
    readonly cursor: string | null;
    readonly limit: number;
  }): Promise<ListPage<RunSummary>>;
  /** A run's summary; a start that was accepted and not yet begun is `pending`. */
  runSummary(workspace: string, run: string): Promise<RunSummary | undefined>;
  /** The input of a start that was accepted and not yet begun. */
  acceptedInput(workspace: string, run: string): Promise<Json | undefined>;
  stored(workspace: string, run: string): Promise<StoredRun | undefined>;
  /** Journal rows of a run from an event number on, at most `limit` of them. Default: all. */
  journal(run: string, from: number, limit?: number): Promise<readonly JournalRow[]>;
  payloads(run: string, sha256: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Questions, the oldest first. `assignee`: only those that name it. */
  decisions(options: {
    readonly workspace: string;
    readonly open: boolean;
    readonly assignee?: string;
    readonly cursor: string | null;
    readonly limit: number;
  }): Promise<ListPage<DecisionRow>>;
  decision(workspace: string, id: string): Promise<DecisionRow | undefined>;
  /**
   * Takes an Idempotency-Key for a request that is about to be carried out, until `until`; or tells what is known of it:
   * its fingerprint, and its answer once there is one.
   */
  takeKey(
    request: KeyedWork & { readonly fingerprint: string; readonly until: number },
  ): Promise<KnownAnswer | 'taken'>;
  /** Keeps the answer of a request until a time; `null` gives its key back. Old answers go where the kept ones are too many bytes. */
  keepAnswer(request: KeyedWork & { readonly answer: string | null; readonly until: number }): Promise<void>;
  /** Difference between the database's clock and this machine's (whole ms), measured at connection. */
  clockOffset(): number;
  close(): Promise<void>;
}
