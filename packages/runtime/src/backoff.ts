import type { Clock, Random } from '@pawl/core';
import { bounds } from './bounds.ts';

/** Wait before the next try after so many failures (ms): doubling, with full jitter, never 0. */
export function backoffMs(failures: number, random: Random): number {
  const most = Math.min(bounds.retryCap, bounds.retryBase * 2 ** Math.min(failures - 1, 16));
  return 1 + Math.floor(random.next() * most);
}

/** Resolves after so many milliseconds. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}

/** Resolves to true once the condition holds, to false when it has not within the time (monotonic, ms). */
export async function waitUntil(clock: Clock, timeoutMs: number, condition: () => boolean): Promise<boolean> {
  const end = clock.mono() + timeoutMs;
  while (!condition()) {
    if (clock.mono() >= end) return false;
    await sleep(clock, bounds.lookEvery);
  }
  return true;
}

/** Runs `task` on each item, at most `width` at once. Rejects with the first failure, once all under way have ended. */
export async function eachOf<T>(items: Iterable<T>, width: number, task: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items].reverse();
  const lane = async (): Promise<void> => {
    for (let item = rest.pop(); item !== undefined; item = rest.pop()) await task(item);
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(width, rest.length) }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
