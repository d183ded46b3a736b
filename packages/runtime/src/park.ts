import type { Pending } from '@pawl/core';
import { bounds } from './bounds.ts';

/** The earliest time that a run waits for (ms); infinity: none. */
export function earliestTimer(pending: readonly Pending[]): number {
  let earliest = Number.POSITIVE_INFINITY;
  for (const one of pending) if (one.kind === 'timer' && one.at < earliest) earliest = one.at;
  return earliest;
}

/** Whether a run may leave memory: it waits for times and people only, and no time is near. */
export function mayPark(pending: readonly Pending[], now: number): boolean {
  for (const one of pending) {
    if (one.kind !== 'decision' && (one.kind !== 'timer' || one.at <= now + bounds.parkAfter)) return false;
  }
  return true;
}
