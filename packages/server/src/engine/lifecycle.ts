import type { JsonObject } from '@pawl/core';
import { LifecycleView } from '@pawl/core';
import type { EngineContext } from './context.ts';
import { JournalReader } from './journal.ts';
import { requireRun } from './read-run.ts';
import { follow } from './watch-run.ts';

/** One event of the life of a run, as a CloudEvent. */
export interface ToldEvent {
  /** Its number among those of the run, from 1. */
  readonly n: number;
  readonly event: JsonObject;
}

/** Events of the life of a run and its steps after number `after`, at most `limit` of them. Throws PAWL_RUN_UNKNOWN. */
export async function readLifecycle(
  context: EngineContext,
  run: string,
  after: number,
  limit: number,
): Promise<{ readonly items: readonly ToldEvent[]; readonly more: boolean }> {
  const reader = await openReader(context, run);
  const items: ToldEvent[] = [];
  while (items.length <= limit) {
    const from = reader.nextSeq;
    const told = await reader.read();
    if (reader.nextSeq === from) return { items, more: false };
    for (const one of told) if (one.n > after) items.push(one);
  }
  return { items: items.slice(0, limit), more: true };
}

/** The same, each once it is committed, until the run has ended or `signal` is aborted. Throws PAWL_RUN_UNKNOWN. */
export async function* watchLifecycle(
  context: EngineContext,
  run: string,
  after: number,
  signal?: AbortSignal,
): AsyncGenerator<ToldEvent, void, undefined> {
  for await (const told of follow(context, await openReader(context, run), signal)) if (told.n > after) yield told;
}

async function openReader(context: EngineContext, run: string): Promise<JournalReader<ToldEvent>> {
  const { flow } = await requireRun(context, run);
  const view = new LifecycleView({ run, namespace: flow.namespace, name: flow.name, version: flow.version });
  let n = 0;
  return new JournalReader(context, run, (event) =>
    view.push(event).map((told) => {
      n += 1;
      return { n, event: told };
    }),
  );
}
