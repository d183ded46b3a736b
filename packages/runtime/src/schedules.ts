import type { InboxMessage, InboxRow, ScheduleRow } from '@pawl/core';
import { isObject, partitionOf } from '@pawl/core';
import { bounds } from './bounds.ts';
import type { Context } from './context.ts';
import { DueRows } from './due-rows.ts';
import type { ScheduleArrival } from './schedule-actor.ts';
import { ScheduleActor } from './schedule-actor.ts';

type ScheduleMessage = Extract<InboxMessage, { kind: 'trigger' | 'ended' }>;

/** The schedules of this worker's partitions: each is in memory only while something happens to it. */
export class Schedules {
  private readonly context: Context;
  private readonly actors = new Map<string, ScheduleActor>();
  private readonly rows: DueRows<ScheduleRow>;

  constructor(context: Context) {
    this.context = context;
    this.rows = new DueRows(context, {
      name: 'schedules',
      due: (store, partitions, now) => store.dueSchedules(partitions, now, bounds.timerRows),
      next: (store, partitions) => store.nextSchedule(partitions),
      take: ({ id }) => this.deliver(id, { stimulus: { kind: 'tick', at: context.now() }, message: undefined }),
    });
  }

  /** Looks for schedules whose time has come. */
  poll(): void {
    this.rows.poll();
  }

  /** A message for a schedule. */
  take({ id, run, partition, at }: InboxRow, message: ScheduleMessage): void {
    const key = { partition, id };
    if (message.kind === 'ended') {
      const stimulus = { kind: 'ended', at: this.context.now(), run: message.child, endedAt: message.at } as const;
      return this.deliver(run, { stimulus, message: key });
    }
    const { event, key: from } = message;
    if (!isObject(event)) return this.context.committer.consume(key);
    // The message's own time: the id of what it starts is made of it, whenever it is decided.
    this.deliver(run, { stimulus: { kind: 'event', at, event }, message: key, event: from });
  }

  /** Another worker has the partition by now. */
  forget(partition: number): void {
    for (const [id, actor] of this.actors) {
      if (partitionOf(id) !== partition) continue;
      actor.gone = true;
      this.actors.delete(id);
    }
  }

  /** Whether schedules of the partition are being decided or written. */
  busyIn(partition: number): boolean {
    for (const id of this.actors.keys()) if (partitionOf(id) === partition) return true;
    return false;
  }

  private deliver(id: string, arrival: ScheduleArrival): void {
    if (this.context.ownership.lease(partitionOf(id)) === undefined) return;
    let actor = this.actors.get(id);
    if (actor === undefined) {
      const made = new ScheduleActor(id, this.context, (nextAt) => {
        if (this.actors.get(id) === made) this.actors.delete(id);
        this.rows.expect(nextAt);
      });
      actor = made;
      this.actors.set(id, made);
    }
    actor.take(arrival);
  }
}
