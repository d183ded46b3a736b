import { ensureError } from '@pawl/core';
import type { Database } from './database.ts';
import { pruneJournal, shortestRetentionMs } from './prune-journal.ts';

/** What is done in the database now and then, by any worker. None of it is urgent. */
export interface Housekeeping {
  tidy(): void;
}

/** A worker without a lease whose lock is free is forgotten after this time, as the database's clock has it. */
const forgetAfter = '10 minutes';

/**
 * Forgets dead workers and old Idempotency-Keys, makes room for the coming months, and drops months whose runs ended
 * before `retainEndedMs`, where that is given. `clockOffset`: how far the database's clock is ahead (ms).
 */
export function openHousekeeping(
  database: Database,
  clockOffset: number,
  retainEndedMs: number | undefined,
): Housekeeping {
  let busy = false;

  async function tidy(): Promise<void> {
    await forgetTheDead(database);
    await database.query('select pawl.extend_journal(clock_timestamp())');
    if (retainEndedMs === undefined) return;
    const retention = Math.max(retainEndedMs, shortestRetentionMs);
    await pruneJournal(database.connection, database.log, Date.now() + clockOffset - retention);
  }

  return {
    tidy() {
      if (busy) return;
      busy = true;
      tidy()
        .catch((error: unknown) => {
          database.log.debug({ error: ensureError(error).message }, 'housekeeping in the database was put off');
        })
        .finally(() => {
          busy = false;
        });
    },
  };
}

async function forgetTheDead(database: Database): Promise<void> {
  await database.query(
    `delete from pawl.worker w
       where beat_at < clock_timestamp() - $1::interval
         and not exists (select from pawl.lease l where l.worker = w.id)
         and not exists (select from pg_catalog.pg_locks k where k.locktype = 'advisory' and k.objsubid = 2
           and k.classid = w.lock_a::oid and k.objid = w.lock_b::oid)`,
    [forgetAfter],
  );
  await database.query('delete from pawl.request where expires_at < extract(epoch from clock_timestamp()) * 1000');
}
