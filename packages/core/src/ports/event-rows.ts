import type { Json, JsonObject } from '../json.ts';

/** An event as the store keeps it: unique by workspace, source and id; it lies in the partition of its workspace and type. */
export interface EventRow {
  /** `eventPartition(workspace, type)`. */
  readonly partition: number;
  readonly workspace: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  /** When it was accepted (ms). */
  readonly at: number;
  /** Its context attributes, all as text, without `data`: what the literal attributes of a filter are compared with. */
  readonly attributes: { readonly [name: string]: string };
  /** The whole CloudEvent as JSON text. */
  readonly body: string;
}

/** An event of a partition, by its place in the store. */
export interface EventKey {
  readonly partition: number;
  readonly event: string;
}

/**
 * What one listening step of a run, or one schedule, wants of the events of a partition: those that have all of these
 * literal attributes. Predicates, correlation and consumption are the listener's own. Each event comes to a listener
 * (its id and step) once, whatever else it subscribes to and however often it listens again.
 */
export interface SubscriptionRow {
  /** Partition of the events: that of the literal type; a filter without one has a row in every partition. */
  readonly partition: number;
  readonly workspace: string;
  /** The run, or the schedule, that listens: its last byte names the partition that messages go to. */
  readonly listener: string;
  /** JSON pointer of the listening task; '' for a schedule. */
  readonly step: string;
  /** Number of the filter among the listener's, from 0. */
  readonly filter: number;
  /** Literal attributes, all of which an event must have. */
  readonly match: { readonly [name: string]: string };
  /** Only events accepted from then on (ms), and earlier ones that nobody has wanted if `kept`. */
  readonly since: number;
  readonly kept: boolean;
}

/** The end of a listener's subscriptions in a partition. */
export interface SubscriptionKey {
  readonly partition: number;
  readonly listener: string;
  readonly step: string;
}

/** An event that came to a listener which did not listen any more: it may come to it again. */
export interface ReturnedEvent extends EventKey {
  readonly listener: string;
  readonly step: string;
}

/** How a flow is started by itself: one row for each flow name of a workspace, that of the version which is in force. */
export interface ScheduleRow {
  /** `scheduleId(workspace, namespace, name)`: a uuid whose last byte names the partition. */
  readonly id: string;
  readonly partition: number;
  readonly workspace: string;
  readonly namespace: string;
  readonly name: string;
  /** Hash of the flow version in force. */
  readonly flow: string;
  /** When it is to be looked at next (ms); null: it waits for a message. */
  readonly at: number | null;
  /** What it knows, as JSON text: last tick, run under way, events gathered. Opaque to the store. */
  readonly state: string;
  readonly paused: boolean;
}

/** A change of a schedule by the owner of its partition. */
export interface ScheduleChange {
  readonly id: string;
  readonly partition: number;
  /** The flow version for which it was decided: where another one, or none, is in force, the commit is refused (PoisonError 23514). */
  readonly flow: string;
  readonly at: number | null;
  readonly state: string;
}

/** An accepted event as lists show it. */
export interface EventView {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly event: JsonObject;
  /** How many listeners it was given to, and how many of them took it. */
  readonly given: number;
  readonly taken: number;
}

/** An event on its way out to a sink. */
export interface OutgoingEvent {
  /** Its key in the store. */
  readonly event: string;
  readonly type: string;
  /** When it was accepted (ms). */
  readonly at: number;
  /** The whole CloudEvent as JSON text. */
  readonly body: string;
}

/** How a child run ended, as its parent is told. The output is a copy. */
export type ChildEnd =
  | { readonly status: 'completed'; readonly output: Json }
  | { readonly status: 'faulted'; readonly error: { readonly type: string; readonly status: number } & JsonObject }
  | { readonly status: 'cancelled' };
