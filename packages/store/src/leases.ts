import type { Lease, LeaseView, LineageView, WorkerView } from '@pawl/core';
import { journalFormat } from '@pawl/core';
import type { Backend } from './commit-line.ts';
import { type Database, pollTimeoutMs } from './database.ts';
import { isLockTimeout, unreachable } from './sql-errors.ts';

/** Times that a takeover waits a second for the old owner's commit, ending its backend after each. */
const takeoverTries = 4;
/** How long the ended backend is waited for (ms). */
const endWaitMs = 1_000;

/** All partitions and workers, as one statement sees them. */
export async function readView(
  database: Database,
): Promise<{ leases: LeaseView[]; workers: WorkerView[]; lineage: LineageView }> {
  const [row] = await database.query<{ leases: LeaseView[]; workers: WorkerView[]; lineage: LineageView }>(
    `select
       (select json_build_object('number', number, 'at', began_at) from pawl.lineage) as lineage,
       (select json_agg(json_build_object('partition', l.partition, 'epoch', l.epoch, 'worker', l.worker) order by l.partition)
          from pawl.lease l) as leases,
       coalesce((select json_agg(json_build_object('worker', w.id, 'beat', w.beat, 'shares', w.shares, 'locked', exists (
            select from pg_catalog.pg_locks k
              where k.locktype = 'advisory' and k.objsubid = 2 and k.granted
                and k.classid = w.lock_a::oid and k.objid = w.lock_b::oid
                and k.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
          )) order by w.id) from pawl.worker w), '[]') as workers`,
    [],
    pollTimeoutMs,
  );
  if (row === undefined) throw unreachable(new Error('the leases were not answered'));
  return row;
}

/**
 * Takes a partition whose epoch is still `epoch`. The update waits for the share lock of a commit under way; a commit
 * that does not end within a second is ended with its backend, since a stopped client would hold it for ever. A
 * partition that a newer version has owned may have rows in a format unknown here, and is not taken.
 */
export async function takeOver(
  database: Database,
  owner: { readonly worker: string; readonly backend: Backend },
  lease: Lease,
): Promise<Lease | undefined> {
  const { partition, epoch } = lease;
  for (let tries = 1; ; tries += 1) {
    try {
      const [row] = await database.query<{ taken: boolean }>(
        'select pawl.take_over($1, $2, $3, $4, $5, $6) as taken',
        [partition, epoch, owner.worker, owner.backend.pid, owner.backend.startedAt, journalFormat],
        pollTimeoutMs,
      );
      return row?.taken === true ? { partition, epoch: epoch + 1 } : undefined;
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      if (tries === takeoverTries) throw unreachable(new Error(`partition ${partition} stays locked`));
      await database.query('select pawl.end_owner($1, $2, $3)', [partition, epoch, endWaitMs]);
    }
  }
}

/** Gives leases back; answers the partitions that were still held. */
export async function releaseLeases(database: Database, worker: string, leases: readonly Lease[]): Promise<number[]> {
  const [row] = await database.query<{ released: number[] | null }>('select pawl.release($1, $2, $3) as released', [
    worker,
    leases.map((lease) => lease.partition),
    leases.map((lease) => lease.epoch),
  ]);
  return row?.released ?? [];
}
