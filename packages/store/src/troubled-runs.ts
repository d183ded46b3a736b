import type { FlowError, InboxMessage, Resumption } from '@pawl/core';
import { partitionOf } from '@pawl/core';
import { appendCall } from './audit.ts';
import type { Database } from './database.ts';
import { messageKey } from './message-key.ts';
import { readSummary } from './run-lists.ts';
import { assertStorable } from './storable.ts';

/**
 * Writes down that a worker is about to decide a run at an event, or (null) that it lived through it. Answers how many
 * other workers left such a mark at this event and never cleared it.
 */
export async function markRun(database: Database, worker: string, run: string, seq: number | null): Promise<number> {
  if (seq === null) {
    // Only one's own: a worker that has lost the partition must not clear what its successor wrote.
    await database.query('delete from pawl.mark where partition = $1 and run = $2 and worker = $3', [
      partitionOf(run),
      run,
      worker,
    ]);
    return 0;
  }
  const [row] = await database.query<{ deaths: number }>(
    `insert into pawl.mark as m (partition, run, seq, deaths, worker) values ($1, $2, $3, 0, $4)
       on conflict (partition, run) do update set
         deaths = case when m.seq <> excluded.seq then 0 when m.worker = excluded.worker then m.deaths else m.deaths + 1 end,
         seq = excluded.seq, worker = excluded.worker
       returning deaths`,
    [partitionOf(run), run, seq, worker],
  );
  return row?.deaths ?? 0;
}

/** Sets a run of this worker's aside: it is loaded as `quarantined`, with its journal as it stands. Another owner's goes on. */
export async function quarantineRun(database: Database, worker: string, run: string, reason: FlowError): Promise<void> {
  await database.query(
    `insert into pawl.quarantine (partition, run, reason)
       select l.partition, $2, $3 from pawl.lease l where l.partition = $1 and l.worker = $4 for share
       on conflict do nothing`,
    [partitionOf(run), run, JSON.stringify(reason), worker],
  );
}

/** Lets a run go on that was set aside; see `ApiStore.resume`. */
export async function resumeRun(database: Database, resumption: Resumption): Promise<boolean> {
  const { workspace, run, at, by, reason, message } = resumption;
  if ((await readSummary(database, workspace, run)) === undefined) return false;
  assertStorable(by + (reason ?? ''), 'The reason');
  const told: InboxMessage = { kind: 'resume' };
  const why = reason === undefined ? {} : { reason };
  const values: unknown[] = [partitionOf(run), run, at, by, reason ?? null, messageKey(message), message];
  values.push(JSON.stringify(told));
  const append = appendCall(values, { workspace, at, by, act: 'run.resume', object: `run/${run}`, ...why });
  const [row] = await database.query<{ resumed: boolean }>(
    `with act as materialized (select pawl.resume($1, $2, $3, $4, $5, $6, $7, $8) as resumed)
     select resumed, case when resumed then ${append} end as audit from act`,
    values,
  );
  return row?.resumed === true;
}
