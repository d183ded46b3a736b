import type { Json, JsonObject } from '../json.ts';
import type { RunStatus, WaitingFor } from '../state/state.ts';
import type {
  ChildEnd,
  EventKey,
  EventRow,
  ReturnedEvent,
  ScheduleChange,
  SubscriptionKey,
  SubscriptionRow,
} from './event-rows.ts';

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

/** What a step asks a person, and what has become of it. Times in ms. */
export interface AskedRow {
  readonly title: string;
  readonly text?: string;
  /** JSON Schema of what is filled in. */
  readonly form?: JsonObject;
  /** Who is asked by now: groups, and persons as `user:NAME`; none: whoever may decide. */
  readonly to: readonly string[];
  readonly fourEyes?: true;
  readonly deadline?: number;
  /** What the deadline means. */
  readonly onDeadline: 'fail' | 'reject' | { readonly value: Json };
  readonly reminders: number;
  /** Others are asked too. */
  readonly escalated?: true;
  /** Those who have approved, where two must. */
  readonly approvals: readonly { readonly by: string; readonly at: number; readonly data: Json }[];
  /** How many answers were not taken, and the last of them. */
  readonly refusals: number;
  readonly refused?: { readonly by: string; readonly reason: string };
}

/** A question to a person, open or decided. */
export interface DecisionRow {
  readonly partition: number;
  readonly run: string;
  readonly id: string;
  readonly step: string;
  readonly askedAt: number;
  readonly reason: string;
  /** What its step asks; absent: whether its effect was applied. */
  readonly ask?: AskedRow;
  /** Null while it is open. */
  readonly decided: {
    readonly at: number;
    readonly by: string;
    readonly verdict: Json;
    readonly message: string;
  } | null;
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

/** A flow by its name; without a version, or with `latest`, the newest by semantic version. */
export interface FlowName {
  readonly namespace: string;
  readonly name: string;
  readonly version?: string;
}

/** Who is told of a run's end: the step of its parent, or (frame 0) the schedule that started it. */
export interface Parent {
  readonly run: string;
  readonly frame: number;
  /** How many runs stand around it, each waiting for the next; absent: one. */
  readonly depth?: number;
  /** The run at the head of all of them; absent: `run`. */
  readonly root?: string;
}

/** What a message says. Messages to a schedule (`trigger`, `ended`) carry its id as `run`. */
export type InboxMessage =
  | {
      readonly kind: 'start';
      readonly workspace: string;
      /** Hash of a flow version; '' where it is `named`. */
      readonly flow: string;
      /** A flow by name, found when the run begins. */
      readonly named?: FlowName;
      readonly input: Json;
      readonly key: StartKey | null;
      readonly only?: string;
      readonly parent?: Parent;
    }
  /** An event for a listening step. */
  | { readonly kind: 'event'; readonly step: string; readonly key: EventKey; readonly event: Json }
  /** A child run has ended. */
  | { readonly kind: 'child'; readonly frame: number; readonly child: string; readonly end: ChildEnd }
  /** An event for a schedule. */
  | { readonly kind: 'trigger'; readonly key: EventKey; readonly event: Json }
  /** A run that a schedule started has ended. */
  | { readonly kind: 'ended'; readonly child: string; readonly at: number }
  | { readonly kind: 'cancel'; readonly by: string; readonly reason?: string }
  /** The run is not set aside any more: it is to be loaded. */
  | { readonly kind: 'resume' }
  | {
      readonly kind: 'decision';
      readonly decision: string;
      readonly verdict: Json;
      readonly by: string;
      readonly reason?: string;
    };

/** The right to write a partition, as a worker believes to have it. */
export interface Lease {
  readonly partition: number;
  readonly epoch: number;
}

/** Who says something in a commit. */
export interface SaidBy {
  /** The run that says it: where its start loses to an earlier run with its key, it is not said. */
  readonly from?: string;
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
  /** Messages to other runs and to schedules, of any partition: a repeat of an id is ignored. */
  readonly messages?: readonly (InboxRow & SaidBy)[];
  /** Events that runs emit: a repeat of (workspace, source, id) is ignored. */
  readonly events?: readonly (EventRow & SaidBy)[];
  /** Subscriptions that begin, after those that end. */
  readonly unsubscribe?: readonly SubscriptionKey[];
  readonly subscribe?: readonly SubscriptionRow[];
  /** Events that came to steps which did not listen any more, and events that their listener took. */
  readonly returned?: readonly ReturnedEvent[];
  readonly taken?: readonly ReturnedEvent[];
  readonly schedules?: readonly ScheduleChange[];
}

/** The starts of a commit that lost to an earlier run with their key; all their rows were left out. */
export interface CommitResult {
  readonly lost: readonly { readonly run: string; readonly winner: string; readonly fingerprint: string }[];
}

/** A run as it is loaded: its last snapshot and all journal rows after it, in order. */
export interface StoredRun {
  readonly partition: number;
  readonly run: string;
  readonly workspace: string;
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
