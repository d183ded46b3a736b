import type { PublicEvent } from '@pawl/core';
import { partitionOf } from '@pawl/core';
import type { EngineContext } from './context.ts';
import { endsRun, JournalReader } from './journal.ts';
import { requireRun } from './read-run.ts';

/** How often the journal is read for a run of another worker, and for one of this process, whose commits are told (ms). */
const pollElsewhere = 200;
const pollHere = 1_000;

/**
 * The public events of a run after event `after`, each once it is committed, until the run has ended or `signal` is
 * aborted. Throws PAWL_RUN_UNKNOWN.
 */
export async function* watchRun(
  context: EngineContext,
  run: string,
  after: number,
  signal?: AbortSignal,
): AsyncGenerator<PublicEvent, void, undefined> {
  await requireRun(context, run);
  const reader = new JournalReader(context, run);
  const follower = context.feed.follow(run);
  try {
    while (signal?.aborted !== true) {
      const told = follower.take(reader.nextSeq);
      const events = told === undefined ? await reader.read() : reader.show(told);
      for (const event of events) {
        if (event.seq > after) yield event;
        if (endsRun(event)) return;
      }
      if (events.length === 0) await follower.woken(isHere(context, run) ? pollHere : pollElsewhere, signal);
    }
  } finally {
    follower.close();
  }
}

/** Public events after event `after`, at most `limit` of them, and whether more follow. Throws PAWL_RUN_UNKNOWN. */
export async function readJournalPage(
  context: EngineContext,
  run: string,
  after: number,
  limit: number,
): Promise<{ readonly items: readonly PublicEvent[]; readonly more: boolean }> {
  await requireRun(context, run);
  const reader = new JournalReader(context, run);
  const items: PublicEvent[] = [];
  while (items.length <= limit) {
    const events = await reader.read();
    if (events.length === 0) return { items, more: false };
    for (const event of events) if (event.seq > after) items.push(event);
  }
  return { items: items.slice(0, limit), more: true };
}

/** Whether this process's worker owns a run's partition. */
function isHere(context: EngineContext, run: string): boolean {
  return context.worker()?.ownedPartitions().includes(partitionOf(run)) ?? false;
}
