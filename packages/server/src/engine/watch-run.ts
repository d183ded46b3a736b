import type { PublicEvent } from '@pawl/core';
import { JournalView, partitionOf } from '@pawl/core';
import type { EngineContext } from './context.ts';
import { JournalReader } from './journal.ts';
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
  for await (const event of follow(context, publicReader(context, run), signal)) if (event.seq > after) yield event;
}

/** What a reader shows of a run, once it is committed, until the run has ended or `signal` is aborted. */
export async function* follow<Shown>(
  context: EngineContext,
  reader: JournalReader<Shown>,
  signal?: AbortSignal,
): AsyncGenerator<Shown, void, undefined> {
  const { run } = reader;
  const follower = context.feed.follow(run);
  try {
    while (signal?.aborted !== true) {
      const from = reader.nextSeq;
      const told = follower.take(from);
      yield* told === undefined ? await reader.read() : reader.show(told);
      if (reader.ended) return;
      if (reader.nextSeq === from) await follower.woken(isHere(context, run) ? pollHere : pollElsewhere, signal);
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
  const reader = publicReader(context, run);
  const items: PublicEvent[] = [];
  while (items.length <= limit) {
    const events = await reader.read();
    if (events.length === 0) return { items, more: false };
    for (const event of events) if (event.seq > after) items.push(event);
  }
  return { items: items.slice(0, limit), more: true };
}

function publicReader(context: EngineContext, run: string): JournalReader<PublicEvent> {
  const view = new JournalView();
  return new JournalReader(context, run, (event) => [view.push(event)]);
}

/** Whether this process's worker owns a run's partition. */
function isHere(context: EngineContext, run: string): boolean {
  return context.worker()?.ownedPartitions().includes(partitionOf(run)) ?? false;
}
