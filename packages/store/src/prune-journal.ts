import type { Log } from '@pawl/core';
import type pg from 'pg';
import { type ConnectionConfig, connectSession, endQuietly } from './session.ts';
import { isLockTimeout } from './sql-errors.ts';

/** What was dropped. */
export interface Pruned {
  /** Runs that are no longer listed. */
  readonly runs: number;
  /** Months whose journal was dropped, but for the rows of runs that are still listed. */
  readonly months: readonly string[];
  /** Months that were in use by a long read; they are dropped another time. */
  readonly busy: readonly string[];
}

/** Ended runs are kept at least so long (ms): what workers remember of their last commits must still be there. */
export const shortestRetentionMs = 2 * 86_400_000;
/** Advisory lock of the one process that prunes ("PAWL", "prun" in ASCII). */
const pruneLock = [0x5041574c, 0x7072756e] as const;
/** Runs that one transaction takes off the list, or whose rows it copies. */
const batch = 1_000;

interface Month {
  readonly name: string;
  readonly low: string;
  readonly high: string;
}

/**
 * Drops what is stored of runs that completed or were cancelled before a time (ms), a whole month of starts at a time: of
 * months that ended before it. Any other run keeps everything. It may end anywhere; the next call goes on. Nothing is
 * done while another process does it.
 */
export async function pruneJournal(
  connection: ConnectionConfig,
  log: Log,
  endedBefore: number,
  onStep: (step: string) => Promise<void> = async () => {},
): Promise<Pruned> {
  const pruned = { runs: 0, months: [] as string[], busy: [] as string[] };
  const client = await connectSession(connection, 'migrate');
  try {
    if (!(await isAlone(client))) return pruned;
    for (const month of await monthsBefore(client, endedBefore)) {
      pruned.runs += await pruneRuns(client, month, endedBefore, onStep);
      if (!(await isToDrop(client, month))) continue;
      await keepRows(client, month, onStep);
      if (await swap(client, month)) pruned.months.push(month.name);
      else pruned.busy.push(month.name);
      await onStep('swapped');
    }
  } finally {
    await endQuietly(client);
  }
  if (pruned.runs > 0 || pruned.months.length > 0) log.info(pruned, 'Old runs and their journals were dropped.');
  return pruned;
}

async function isAlone(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ alone: boolean }>('select pg_try_advisory_lock($1, $2) as alone', [
    ...pruneLock,
  ]);
  return rows[0]?.alone === true;
}

async function monthsBefore(client: pg.Client, endedBefore: number): Promise<Month[]> {
  const { rows } = await client.query<Month>(
    'select name, low::text, high::text from pawl.journal_ranges() where high <= pawl.run_id_floor(to_timestamp($1 / 1000.0))',
    [endedBefore],
  );
  return rows;
}

async function pruneRuns(
  client: pg.Client,
  { name, low, high }: Month,
  endedBefore: number,
  onStep: (step: string) => Promise<void>,
): Promise<number> {
  for (let total = 0; ; ) {
    const { rows } = await client.query<{ count: number }>('select pawl.prune_runs($1, $2, $3, $4, $5) as count', [
      name,
      low,
      high,
      endedBefore,
      batch,
    ]);
    const count = rows[0]?.count ?? 0;
    if (count === 0) return total;
    total += count;
    await onStep('pruned');
  }
}

async function isToDrop(client: pg.Client, { name }: Month): Promise<boolean> {
  const { rowCount } = await client.query('select from pawl.month_to_drop where name = $1', [name]);
  return rowCount === 1;
}

async function keepRows(
  client: pg.Client,
  { name, low, high }: Month,
  onStep: (step: string) => Promise<void>,
): Promise<void> {
  for (let after: string | null = null; ; ) {
    const { rows }: pg.QueryResult<{ last: string | null }> = await client.query(
      'select pawl.keep_rows($1, $2, $3, $4, $5) as last',
      [name, low, high, after, batch],
    );
    await onStep('kept');
    after = rows[0]?.last ?? null;
    if (after === null) return;
  }
}

async function swap(client: pg.Client, { name, low, high }: Month): Promise<boolean> {
  try {
    await client.query('select pawl.swap_month($1, $2, $3)', [name, low, high]);
    return true;
  } catch (error) {
    if (isLockTimeout(error)) return false;
    throw error;
  }
}
