import type { RunSummary } from '@pawl/core';
import { PawlError } from '@pawl/core';
import type { EngineContext } from './context.ts';
import { decodeEvents } from './journal.ts';
import { requireRun } from './read-run.ts';

/** Rows of one read. */
const rowsPerRead = 64;

/**
 * Runs that a run has started, in the order in which it did: read off its journal, which alone names them all. `cursor`:
 * the number of the last event that was looked at. Throws PAWL_RUN_UNKNOWN.
 */
export async function listChildren(
  context: EngineContext,
  parent: string,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<{ readonly items: readonly RunSummary[]; readonly next: string | null }> {
  await requireRun(context, parent);
  if (cursor !== null && !/^\d{1,15}$/.test(cursor))
    throw new PawlError('PAWL_REQUEST_INVALID', 'The cursor is not one of this list.');
  const items: RunSummary[] = [];
  for (let from = Number(cursor ?? 0) + 1; ; ) {
    const rows = await context.api.journal(parent, from, rowsPerRead);
    if (rows.length === 0) return { items, next: null };
    for (const row of rows) {
      for (const [i, event] of (await decodeEvents(context.api, context.hash, row)).entries()) {
        const seq = row.from + i;
        if (seq < from || event.type !== 'child.started') continue;
        if (items.length === limit) return { items, next: String(seq - 1) };
        const child = await context.api.runSummary(context.workspace, event.child);
        if (child !== undefined) items.push(child);
      }
      from = row.to + 1;
    }
  }
}
