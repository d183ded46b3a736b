import type { Commit, EventRow, InboxRow, Json, ReturnedEvent, ScheduleRow, SubscriptionRow } from '@pawl/core';
import { partitionOf } from '@pawl/core';

/** An accepted event. */
export interface EventRecord {
  readonly key: string;
  readonly row: EventRow;
  /** The owner of its partition has not looked at it yet. */
  fresh: boolean;
  /** Some listener took it. */
  taken: boolean;
}

/** Somebody who listens. */
interface SubscriptionRecord {
  readonly row: SubscriptionRow;
  fresh: boolean;
}

/** A sink of a simulated store, and the keys of the events that it has not had. */
export interface SinkRecord {
  holder: string;
  until: number;
  readonly out: Set<string>;
}

/** Events, subscriptions, what was given to whom, and schedules of a simulated store. */
export class EventTables {
  /** By workspace, source and id, in order of acceptance. */
  readonly events = new Map<string, EventRecord>();
  readonly subscriptions = new Map<string, SubscriptionRecord>();
  /** By event, listener and step. */
  readonly matches = new Map<string, { readonly event: string; taken: boolean }>();
  readonly schedules = new Map<string, ScheduleRow>();
  readonly sinks = new Map<string, SinkRecord>();
  private made = 0;

  /** Accepts an event; false where its source and id are known. */
  accept(row: EventRow): boolean {
    const name = JSON.stringify([row.workspace, row.source, row.id]);
    if (this.events.has(name)) return false;
    const key = this.nextId();
    this.events.set(name, { key, row, fresh: true, taken: false });
    for (const { out } of this.sinks.values()) out.add(key);
    return true;
  }

  /** Writes what a commit says of events and subscriptions; `out` are the runs whose start lost. */
  apply(commit: Commit, out: ReadonlySet<string>): void {
    for (const { from = '', ...row } of commit.events ?? []) if (!out.has(from)) this.accept(row);
    for (const key of commit.unsubscribe ?? []) {
      for (const [name, { row }] of this.subscriptions)
        if (row.partition === key.partition && row.listener === key.listener && row.step === key.step)
          this.subscriptions.delete(name);
    }
    for (const row of commit.subscribe ?? []) if (!out.has(row.listener)) this.subscribe(row);
    for (const one of commit.taken ?? []) if (!out.has(one.listener)) this.take(one);
    for (const one of commit.returned ?? []) if (!out.has(one.listener)) this.matches.delete(matchName(one));
    for (const { id, at, state } of commit.schedules ?? []) {
      const row = this.schedules.get(id);
      if (row !== undefined) this.schedules.set(id, { ...row, at, state });
    }
  }

  /** Schedules of these partitions that have a time and are not paused, earliest first. */
  timed(partitions: readonly number[]): (ScheduleRow & { readonly at: number })[] {
    const found: (ScheduleRow & { readonly at: number })[] = [];
    for (const row of this.schedules.values())
      if (row.at !== null && !row.paused && partitions.includes(row.partition)) found.push({ ...row, at: row.at });
    return found.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  }

  subscribe(row: SubscriptionRow): void {
    const name = JSON.stringify([row.partition, row.listener, row.step, row.filter]);
    this.subscriptions.set(name, { row, fresh: true });
  }

  /** Ends all subscriptions of a listener. */
  unsubscribe(listener: string): void {
    for (const [name, { row }] of this.subscriptions) if (row.listener === listener) this.subscriptions.delete(name);
  }

  /** Messages to those who want events of these partitions and have not had them; see `WorkerStore.matchEvents`. */
  match(partitions: readonly number[], limit: number, at: number): { messages: InboxRow[]; more: boolean } {
    const owned = new Set(partitions);
    const events = [...this.events.values()].filter(({ row }) => owned.has(row.partition));
    const listeners = [...this.subscriptions.values()].filter(({ row }) => owned.has(row.partition));
    const messages: InboxRow[] = [];
    for (const event of events) {
      for (const listener of listeners) {
        if (!(event.fresh || listener.fresh) || !this.wants(listener.row, event)) continue;
        messages.push(this.give(event, listener.row, at));
        if (messages.length === limit) return { messages, more: true };
      }
    }
    for (const one of [...events, ...listeners]) one.fresh = false;
    return { messages, more: false };
  }

  prune(partitions: readonly number[], before: number, limit: number): number {
    let gone = 0;
    for (const [name, { key, row }] of this.events) {
      if (gone === limit || row.at >= before || !partitions.includes(row.partition)) continue;
      this.events.delete(name);
      for (const { out } of this.sinks.values()) out.delete(key);
      for (const [match, { event }] of this.matches) if (event === key) this.matches.delete(match);
      gone += 1;
    }
    for (const [name, { until, out }] of this.sinks)
      if (gone > 0 && until < before && out.size === 0) this.sinks.delete(name);
    return gone;
  }

  private take(one: ReturnedEvent): void {
    for (const event of this.events.values()) if (event.key === one.event) event.taken = true;
    const match = this.matches.get(matchName(one));
    if (match !== undefined) match.taken = true;
  }

  private wants(
    { partition, workspace, listener, step, match, since, kept }: SubscriptionRow,
    { key, row, taken }: EventRecord,
  ): boolean {
    if (row.partition !== partition || row.workspace !== workspace) return false;
    if (!Object.entries(match).every(([name, value]) => row.attributes[name] === value)) return false;
    if (row.at < since && !(kept && !taken)) return false;
    return !this.matches.has(matchName({ partition, event: key, listener, step }));
  }

  private give({ key, row }: EventRecord, { listener, step }: SubscriptionRow, at: number): InboxRow {
    const place = { partition: row.partition, event: key };
    this.matches.set(matchName({ ...place, listener, step }), { event: key, taken: false });
    const event = JSON.parse(row.body) as Json;
    return {
      partition: partitionOf(listener),
      id: this.nextId(),
      run: listener,
      at,
      message: step === '' ? { kind: 'trigger', key: place, event } : { kind: 'event', step, key: place, event },
    };
  }

  /** An id in the form of a uuid, as those of the database. */
  private nextId(): string {
    this.made += 1;
    return `00000000-0000-0000-0000-${this.made.toString(16).padStart(12, '0')}`;
  }
}

function matchName({ event, listener, step }: ReturnedEvent): string {
  return JSON.stringify([event, listener, step]);
}
