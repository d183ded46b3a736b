import type { Clock } from '@pawl/core';
import type { Owner, Timeline } from './timeline.ts';

/** Wall time at which every simulation begins (ms since the epoch). */
export const simulationStart = Date.UTC(2027, 0, 1);

/** The clock of one process in virtual time. Its wall clock may jump; its monotonic one does not. */
export class SimClock implements Clock {
  private readonly timeline: Timeline;
  private readonly owner: Owner;
  /** How far the wall clock is off (ms). */
  private offset: number;

  constructor(timeline: Timeline, owner: Owner, offset = 0) {
    this.timeline = timeline;
    this.owner = owner;
    this.offset = offset;
  }

  now(): number {
    return Math.floor(simulationStart + this.timeline.time + this.offset);
  }

  mono(): number {
    return this.timeline.time;
  }

  after(ms: number, callback: () => void): () => void {
    if (this.owner.life === 'dead') return () => {};
    return this.timeline.after(ms, this.owner, callback);
  }

  soon(callback: () => void): void {
    if (this.owner.life !== 'dead') this.timeline.soon(this.owner, callback);
  }

  /** The wall clock jumps by so much (ms). */
  jump(ms: number): void {
    this.offset += ms;
  }
}
