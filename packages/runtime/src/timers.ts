import type { Clock } from '@pawl/core';
import { bounds } from './bounds.ts';

/** Something with one time at which it is due. It belongs to one `Timers` alone. */
export interface TimerItem {
  /** When it is due (ms since the epoch). Written by `Timers`. */
  at: number;
  /** Its place in the heap, -1 outside. Written by `Timers`. */
  slot: number;
  /** Called once when the time has come; the item is out of the heap by then. */
  due(now: number): void;
}

/** All times that a worker waits for, in one binary heap with one timer of the clock behind it. */
export class Timers {
  private readonly clock: Clock;
  private readonly now: () => number;
  private readonly heap: TimerItem[] = [];
  private armedFor = Number.POSITIVE_INFINITY;
  private disarm: (() => void) | undefined;
  private stopped = false;

  /** `now`: the time that items are due by. Default: the clock's. */
  constructor(clock: Clock, now = () => clock.now()) {
    this.clock = clock;
    this.now = now;
  }

  get size(): number {
    return this.heap.length;
  }

  /** Adds the item or moves it to another time; infinity takes it out. */
  set(item: TimerItem, at: number): void {
    if (at === Number.POSITIVE_INFINITY) return this.remove(item);
    const before = item.at;
    item.at = at;
    if (item.slot < 0) {
      item.slot = this.heap.length;
      this.heap.push(item);
      this.up(item);
    } else if (at < before) this.up(item);
    else if (at > before) this.down(item);
    if (item.slot === 0) this.arm();
  }

  /** Takes the item out, if it is in. */
  remove(item: TimerItem): void {
    const { slot } = item;
    if (slot < 0) return;
    item.slot = -1;
    const last = this.heap.pop() as TimerItem;
    if (last === item) return;
    last.slot = slot;
    this.heap[slot] = last;
    this.up(last);
    this.down(last);
  }

  /** Calls every item that is due, earliest first. */
  check(): void {
    if (this.stopped) return;
    const now = this.now();
    // An item that sets itself to a time which is past already waits for the next check, so that the loop ends.
    for (let budget = this.heap.length; budget > 0; budget -= 1) {
      const top = this.heap[0];
      if (top === undefined || top.at > now) break;
      this.remove(top);
      top.due(now);
    }
    this.arm();
  }

  /** Nothing is due any more. */
  stop(): void {
    this.stopped = true;
    this.disarm?.();
    this.disarm = undefined;
  }

  private arm(): void {
    const top = this.heap[0];
    if (top === undefined || this.stopped || top.at >= this.armedFor) return;
    this.disarm?.();
    this.armedFor = top.at;
    const ms = Math.min(Math.max(top.at - this.now(), 0), bounds.timerHorizon);
    this.disarm = this.clock.after(ms, this.ring);
  }

  private readonly ring = (): void => {
    this.armedFor = Number.POSITIVE_INFINITY;
    this.disarm = undefined;
    this.check();
  };

  private up(item: TimerItem): void {
    const { heap } = this;
    let { slot } = item;
    while (slot > 0) {
      const above = (slot - 1) >> 1;
      const parent = heap[above] as TimerItem;
      if (parent.at <= item.at) break;
      heap[slot] = parent;
      parent.slot = slot;
      slot = above;
    }
    heap[slot] = item;
    item.slot = slot;
  }

  private down(item: TimerItem): void {
    const { heap } = this;
    let { slot } = item;
    for (;;) {
      let below = 2 * slot + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && (heap[below + 1] as TimerItem).at < (heap[below] as TimerItem).at) below += 1;
      const child = heap[below] as TimerItem;
      if (child.at >= item.at) break;
      heap[slot] = child;
      child.slot = slot;
      slot = below;
    }
    heap[slot] = item;
    item.slot = slot;
  }
}
