import type {
  Commit,
  EventRow,
  FlowName,
  FlowVersion,
  InboxRow,
  Json,
  ReturnedEvent,
  ScheduleRow,
  SubscriptionRow,
} from '@pawl/core';
import { compareVersions, partitionOf, PoisonError } from '@pawl/core';

/** An event, and whether the owner of its partition has not looked at it yet. */
interface MemoryEvent {
  readonly key: string;
  readonly row: EventRow;
  fresh: boolean;
}

/** Events, subscriptions and schedules of the fake database. */
export class MemoryEvents {
  readonly events = new Map<string, MemoryEvent>();
  readonly subscriptions = new Map<string, { readonly row: SubscriptionRow; fresh: boolean }>();
  /** Deliveries, by event, listener and step. */
  readonly matches = new Map<string, { taken: boolean }>();
  readonly schedules = new Map<string, ScheduleRow>();
  /** Named flow versions by workspace. */
  readonly named: { readonly workspace: string; readonly version: FlowVersion }[] = [];
  private made = 0;

  /** Accepts an event; false where its source and id are known. */
  accept(row: EventRow): boolean {
    const name = JSON.stringify([row.workspace, row.source, row.id]);
    if (this.events.has(name)) return false;
    this.made += 1;
    this.events.set(name, { key: String(this.made), row, fresh: true });
    return true;
  }

  /** `out`: runs whose start lost; they say nothing. */
  apply(commit: Commit, out: ReadonlySet<string>): void {
    for (const { from = '', ...event } of commit.events ?? []) if (!out.has(from)) this.accept(event);
    for (const { partition, listener, step } of commit.unsubscribe ?? []) {
      for (const [name, { row }] of this.subscriptions)
        if (row.partition === partition && row.listener === listener && row.step === step)
          this.subscriptions.delete(name);
    }
    for (const row of commit.subscribe ?? [])
      if (!out.has(row.listener)) this.subscriptions.set(subscriptionName(row), { row, fresh: true });
    for (const one of commit.returned ?? []) this.matches.delete(matchName(one));
    for (const one of commit.taken ?? []) this.matches.set(matchName(one), { taken: true });
    for (const { id, at, state } of commit.schedules ?? []) {
      const row = this.schedules.get(id);
      if (row !== undefined) this.schedules.set(id, { ...row, at, state });
    }
  }

  /** Refuses what was decided for another version of a schedule's flow. */
  check(commit: Commit): void {
    for (const change of commit.schedules ?? []) {
      if (this.schedules.get(change.id)?.flow !== change.flow)
        throw new PoisonError('23514', `schedule ${change.id} has another flow by now`, undefined);
    }
  }

  /** Messages for the listeners that want events of these partitions and have not had them. */
  match(partitions: readonly number[], limit: number, now: number): { messages: InboxRow[]; more: boolean } {
    const messages: InboxRow[] = [];
    const events = [...this.events.values()].filter(({ row }) => partitions.includes(row.partition));
    const wanted = [...this.subscriptions.values()].filter(({ row }) => partitions.includes(row.partition));
    for (const event of events) {
      for (const subscription of wanted) {
        if (!(event.fresh || subscription.fresh) || !this.fits(event, subscription.row)) continue;
        if (messages.length >= limit) return { messages, more: true };
        messages.push(this.give(event, subscription.row, now));
      }
    }
    for (const one of [...events, ...wanted]) one.fresh = false;
    return { messages, more: false };
  }

  prune(partitions: readonly number[], before: number, limit: number): number {
    let gone = 0;
    for (const [name, { row, key }] of this.events) {
      if (gone >= limit || row.at >= before || !partitions.includes(row.partition)) continue;
      this.events.delete(name);
      for (const match of this.matches.keys())
        if (match.startsWith(`${row.partition} ${key} `)) this.matches.delete(match);
      gone += 1;
    }
    return gone;
  }

  due(partitions: readonly number[]): ScheduleRow[] {
    return [...this.schedules.values()]
      .filter((row) => row.at !== null && !row.paused && partitions.includes(row.partition))
      .sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  }

  flowNamed(workspace: string, { namespace, name, version }: FlowName): FlowVersion | undefined {
    const found = this.named
      .filter((one) => one.workspace === workspace)
      .map((one) => one.version)
      .filter((one) => one.namespace === namespace && one.name === name)
      .filter((one) => version === undefined || version === 'latest' || one.version === version);
    return found.sort((a, b) => compareVersions(b.version, a.version))[0];
  }

  private fits({ key, row }: MemoryEvent, { workspace, match, since, kept, listener, step }: SubscriptionRow): boolean {
    if (
      row.workspace !== workspace ||
      this.matches.has(matchName({ partition: row.partition, event: key, listener, step }))
    )
      return false;
    if (!Object.entries(match).every(([name, value]) => row.attributes[name] === value)) return false;
    if (row.at >= since) return true;
    const start = `${row.partition} ${key} `;
    return kept && ![...this.matches].some(([name, { taken }]) => taken && name.startsWith(start));
  }

  private give({ key, row }: MemoryEvent, { listener, step }: SubscriptionRow, now: number): InboxRow {
    const place = { partition: row.partition, event: key };
    this.matches.set(matchName({ ...place, listener, step }), { taken: false });
    const event = JSON.parse(row.body) as Json;
    return {
      partition: partitionOf(listener),
      id: `event:${row.partition}:${key}:${listener}:${step}`,
      run: listener,
      at: now,
      message: step === '' ? { kind: 'trigger', key: place, event } : { kind: 'event', step, key: place, event },
    };
  }
}

function subscriptionName(row: SubscriptionRow): string {
  return `${row.partition} ${row.listener} ${row.step} ${row.filter}`;
}

function matchName({ partition, event, listener, step }: ReturnedEvent): string {
  return `${partition} ${event} ${listener} ${step}`;
}
