import type { RunStatus, WaitingFor } from '../state/state.ts';
import type { EventRow, EventView, ScheduleRow, SubscriptionRow } from './event-rows.ts';
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

/** The store as the API and the commands use it. */
export interface ApiStore {
  /** Publishes a version. `exists`: the same name and version has other content (nothing changed). `named` false keeps it unlisted, found by its hash alone. */
  deploy(
    version: FlowVersion,
    options: { readonly workspace: string; readonly named: boolean },
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
  acceptEvents?(events: readonly EventRow[]): Promise<readonly boolean[]>;
  /** Accepted events, newest first. `wanted` false: only those that no listener took. */
  events?(options: {
    readonly workspace: string;
    readonly type?: string;
    readonly wanted?: boolean;
    readonly cursor: string | null;
    readonly limit: number;
  }): Promise<ListPage<EventView>>;
  /**
   * Puts a schedule in force with its subscriptions, in place of what the flow's name had, or (`undefined`) takes it
   * away. What it knows is kept where `keeps`.
   */
  setSchedule?(
    id: string,
    schedule:
      | { readonly row: ScheduleRow; readonly subscriptions: readonly SubscriptionRow[]; readonly keeps: boolean }
      | undefined,
  ): Promise<void>;
  schedules?(options: {
    readonly workspace: string;
    readonly cursor: string | null;
    readonly limit: number;
  }): Promise<ListPage<ScheduleRow>>;
  /** Pauses a schedule or lets it go on at `at`; `false`: there is none. */
  pauseSchedule?(id: string, paused: boolean, at: number | null): Promise<boolean>;
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
  /** Journal rows of a run from an event number on, at most `limit` of them. Default: all. */
  journal(run: string, from: number, limit?: number): Promise<readonly JournalRow[]>;
  payloads(run: string, sha256: readonly string[]): Promise<ReadonlyMap<string, string>>;
  decisions(options: {
    readonly workspace: string;
    readonly open: boolean;
    readonly cursor: string | null;
    readonly limit: number;
  }): Promise<ListPage<DecisionRow>>;
  decision(id: string): Promise<DecisionRow | undefined>;
  /** Difference between the database's clock and this machine's (whole ms), measured at connection. */
  clockOffset(): number;
  close(): Promise<void>;
}
