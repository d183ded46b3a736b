import type { InboxMessage, InboxRow, ScheduleRow, ScheduleStimulus } from '@pawl/core';
import { partitionOf } from '@pawl/core';
import { bounds } from './bounds.ts';
import type { Context } from './context.ts';
import { DueRows } from './due-rows.ts';
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
      due: async (store, partitions, now) => (await store.dueSchedules?.(partitions, now, bounds.timerRows)) ?? [],
      next: async (store, partitions) => store.nextSchedule?.(partitions),
      take: ({ id }) => this.deliver(id, { kind: 'tick', at: context.now() }),
    });
  }

  /** Looks for schedules whose time has come. */
  poll(): void {
    this.rows.poll();
  }

  /** A message for a schedule. */
  take({ id, run, partition }: InboxRow, message: ScheduleMessage): void {
    const at = this.context.now();
    if (message.kind === 'trigger') return;
    const stimulus: ScheduleStimulus = { kind: 'ended', at, run: message.child, endedAt: message.at };
    this.deliver(run, stimulus, { partition, id });
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

  private deliver(id: string, stimulus: ScheduleStimulus, message?: { partition: number; id: string }): void {
    if (this.context.ownership.lease(partitionOf(id)) === undefined) return;
    let actor = this.actors.get(id);
    if (actor === undefined) {
      actor = new ScheduleActor(id, this.context, (nextAt) => {
        this.actors.delete(id);
        this.rows.expect(nextAt);
      });
      this.actors.set(id, actor);
    }
    actor.take({ stimulus, message });
  }
}
