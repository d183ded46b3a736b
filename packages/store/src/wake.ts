import type { Database } from './database.ts';
import { ensureError } from '@pawl/core';

/** The channel on which workers hear that something may have come for a partition. */
export const wakeChannel = 'pawl_wake';

/** Tells the owners of partitions that something may have come. Never part of a commit: NOTIFY takes a global lock there. */
export interface Waker {
  /** Wakes the owners of these partitions soon; `'all'`: every worker. */
  wake(partitions: readonly number[] | 'all'): void;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** At most one notification each so many milliseconds. */
const pauseMs = 5;

/** A waker of a database. A lost wake-up is harmless: workers look by themselves each second. */
export function openWaker(database: Database): Waker {
  const pending = new Set<number>();
  let all = false;
  let sending: Promise<void> | undefined;

  async function drain(): Promise<void> {
    while (all || pending.size > 0) {
      const payload = all ? '' : wakePayload(pending);
      all = false;
      pending.clear();
      await database
        .query('select pg_notify($1, $2)', [wakeChannel, payload])
        .catch((error: unknown) => database.log.debug({ error: ensureError(error).message }, 'a wake-up was not sent'));
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    sending = undefined;
  }

  return {
    wake(partitions) {
      if (partitions === 'all') all = true;
      else for (const partition of partitions) pending.add(partition);
      sending ??= drain();
    },
    close: async () => sending,
  };
}

/** Partitions as text of a notification: two hex digits each. */
function wakePayload(partitions: Iterable<number>): string {
  return [...partitions].map((partition) => partition.toString(16).padStart(2, '0')).join('');
}

/** The partitions of a notification; `'all'` for none named. */
export function wokenPartitions(payload: string): number[] | 'all' {
  if (payload === '') return 'all';
  return Array.from({ length: payload.length / 2 }, (_, i) => Number.parseInt(payload.slice(2 * i, 2 * i + 2), 16));
}
