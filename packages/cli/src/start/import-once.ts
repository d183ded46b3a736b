import { type Json, type JsonObject, PawlError, type PublicEvent } from '@pawl/core';
import type { Engine, PublicRun, Started } from '@pawl/server';
import type { Demo } from '../demo/demo.ts';
import { grouped, type Progress, progressView } from './progress.ts';

const flow = { namespace: 'examples', name: 'import-cities' } as const;
/** The step that reads and writes the pages. */
const pagesStep = 'importPages';

/** What became of the import. */
export interface ImportEnd {
  /** Undefined: it still runs, since Pawl is being stopped. */
  readonly run: PublicRun | undefined;
  /** It had ended before this start. */
  readonly before: boolean;
  /** How long it took as far as this process saw it (ms). */
  readonly tookMs: number;
}

/**
 * Runs the import once per data folder, whatever kills this process meanwhile: its start has a key, so a later start finds
 * the run, watches it to its end, or sees that it has ended.
 */
export async function importOnce(
  engine: Engine,
  demo: Demo,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<ImportEnd> {
  const begun = performance.now();
  const { run: id, replayed } = await startOrFind(engine, demo);
  const found = await engine.run(id);
  if (found.endedAt !== null) return { run: found, before: true, tookMs: 0 };
  say(replayed ? `The import of the cities goes on (run ${id}).` : `Importing cities into a database (run ${id}).`);
  const view = progressView(process.stdout, () => performance.now());
  try {
    for await (const progress of progressOf(engine.watch(id, 0, signal))) view.show(progress);
  } finally {
    view.end();
  }
  return { run: signal.aborted ? undefined : await engine.run(id), before: false, tookMs: performance.now() - begun };
}

/** What to tell about an import that has ended. */
export function importText({ run, before, tookMs }: ImportEnd): string {
  if (run === undefined) return 'The import goes on at the next start.';
  if (run.status !== 'completed') {
    return `The import of the cities ended ${run.status}: ${run.error?.detail ?? run.error?.title ?? ''} See: npx --no pawl show ${run.id}`;
  }
  const { rows } = (run.output ?? {}) as { rows?: number };
  const what = `${grouped(Number(rows ?? 0))} cities`;
  if (!before) return `Imported ${what} in ${(tookMs / 1_000).toFixed(1)} s, and reported it once.`;
  return `The import of ${what} has run already (${new Date(run.endedAt ?? 0).toISOString()}); nothing is repeated.`;
}

async function startOrFind(engine: Engine, demo: Demo): Promise<Started> {
  try {
    return await engine.start({ flow, input: { target: demo.targetUrl }, key: demo.id });
  } catch (error) {
    // The demo target may listen elsewhere by now: the run that this key began is meant all the same.
    const run = error instanceof PawlError && error.code === 'PAWL_START_MISMATCH' ? error.extra['run'] : undefined;
    if (typeof run !== 'string') throw error;
    return { run, replayed: true };
  }
}

async function* progressOf(events: AsyncIterable<PublicEvent>): AsyncGenerator<Progress> {
  let total = 0;
  let rows = 0;
  for await (const event of events) {
    if (event['name'] !== pagesStep) continue;
    if (event.type === 'task.started') total = numberAt(event, 'dataset', 'snapshot', 'size');
    if (event.type !== 'page.started') continue;
    rows += numberAt(event, 'rows');
    yield { rows, total, bytes: event['last'] === true ? total : numberAt(event, 'next', 'offset') };
  }
}

function numberAt(event: JsonObject, ...path: readonly string[]): number {
  const value = path.reduce<Json | undefined>((inner, name) => (inner as JsonObject | undefined)?.[name], event);
  return typeof value === 'number' ? value : 0;
}
