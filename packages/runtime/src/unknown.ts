import type { StoredRun } from '@pawl/core';
import { ensureError } from '@pawl/core';
import { backoffMs, eachOf, sleep } from './backoff.ts';
import { bounds } from './bounds.ts';
import type { Context } from './context.ts';
import type { Part } from './part.ts';

/**
 * A commit whose reply was lost is a takeover from oneself: the epochs of its partitions are raised, which waits for the
 * old backend or ends it, and only then a new statement tells what was written. What was not is sent again; the state
 * in memory already holds it, and nobody else could write meanwhile.
 */
export async function resolveUnknown(
  context: Context,
  parts: readonly Part[],
): Promise<{ landed: readonly Part[]; again: readonly Part[] }> {
  const partitions = new Set(parts.map((part) => part.partition));
  await eachOf(partitions, bounds.parallel, (partition) => context.ownership.renew(partition));
  const landed = new Set<Part>();
  const written = parts.filter((part) => part.journal !== null && part.run?.phase === 'flying');
  await eachOf(written, bounds.parallel, async (part) => {
    if (await isWritten(context, part)) landed.add(part);
  });
  // A commit is all or nothing, so parts without a journal row share the fate of those with one. Where there is none,
  // they are sent again: heads, timers and consumed messages do no harm twice. Neither do events that are given back: none
  // comes again before a step listens anew, which is in the journal; nor what a schedule decided, whose runs have fixed ids.
  if (landed.size > 0) for (const part of parts) if (part.journal === null) landed.add(part);
  return { landed: [...landed], again: parts.filter((part) => !landed.has(part)) };
}

/**
 * Whether what is stored of a run holds the part. Under the new epoch only this worker can have written what follows on
 * what it knew; but a run that it meant to begin may have been begun before, by another request with the same id.
 */
function holds(stored: StoredRun, part: Part): boolean {
  const row = stored.journal.find(({ from }) => from === part.journal?.from);
  if (row !== undefined) return row.body === part.journal?.body;
  const last = stored.journal.at(-1)?.to ?? stored.snapshot?.seq ?? 0;
  if (part.start === null) return last >= (part.journal?.to ?? 0);
  return part.snapshot !== null && stored.snapshot?.body === part.snapshot.body;
}

async function isWritten(context: Context, part: Part): Promise<boolean> {
  const { ports, ownership } = context;
  const run = part.run?.id ?? '';
  for (let failures = 1; ownership.lease(part.partition) !== undefined; failures += 1) {
    try {
      const stored = await ports.store.run(run);
      return stored !== undefined && holds(stored, part);
    } catch (error) {
      ports.log.warn({ err: ensureError(error), run }, 'A run could not be read after a lost reply; Pawl tries again.');
      await sleep(ports.clock, backoffMs(failures, ports.random));
    }
  }
  return false;
}
