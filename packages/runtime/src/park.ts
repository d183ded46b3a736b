import type { Pending } from '@pawl/core';
import { bounds } from './bounds.ts';

/** The earliest time that a run waits for (ms); infinity: none. */
export function earliestTimer(pending: readonly Pending[]): number {
  let earliest = Number.POSITIVE_INFINITY;
  for (const one of pending) if (one.kind === 'timer' && one.at < earliest) earliest = one.at;
  return earliest;
}

/**
 * Whether a run may leave memory. `now`: it waits for times and people only, and no time is near. `quiet`: it waits for
 * events or child runs too; those may come soon, so it stays until nothing has come for a while.
 */
export function parkingOf(pending: readonly Pending[], now: number): 'no' | 'quiet' | 'now' {
  let parking: 'quiet' | 'now' = 'now';
  for (const one of pending) {
    if (one.kind === 'event' || one.kind === 'child') parking = 'quiet';
    else if (one.kind !== 'decision' && (one.kind !== 'timer' || one.at <= now + bounds.parkAfter)) return 'no';
  }
  return parking;
}
