import { createHash } from 'node:crypto';
import type { Log } from '@pawl/core';
import { ensureError } from '@pawl/core';
import type pg from 'pg';
import type { Database } from './database.ts';
import { abandon, connectSession, endQuietly, withDeadline } from './session.ts';
import { isReadOnly, unreachable } from './sql-errors.ts';
import type { Housekeeping } from './keep-house.ts';
import type { Lineage } from './lineage.ts';
import { wakeChannel } from './wake.ts';

/** The connection by which a worker shows that it lives: it holds the advisory lock, beats, and hears wake-ups. */
export interface BeatLine {
  beat(): Promise<void>;
  /** Whether the lock is held, without a break since this was last asked. */
  lockHeld(): boolean;
  close(): Promise<void>;
}

/** How long a beat may take (ms); then its connection is given up and made again. */
const beatTimeoutMs = 3_000;
/** How long taking the lock and the first beat may take (ms). */
const connectTimeoutMs = 5_000;
/** Pause between two attempts to connect again (ms). */
const retryMs = 250;
/** How long an old connection of this worker, still known to the server, is waited for (ms). */
const endWaitMs = 1_000;

/** Beats between two such cleanings. */
const beatsPerCleaning = 600;

/** Connects, sees that the database is the one it was, takes the worker's lock and writes its row. Rejects when the database cannot be reached. */
export async function openBeatLine(
  database: Database,
  worker: { readonly id: string; readonly shares: boolean },
  { lineage, house }: { readonly lineage: Lineage; readonly house: Housekeeping },
  onWake: (payload: string) => void,
): Promise<BeatLine> {
  const [lockA, lockB] = lockOf(worker.id);
  let client: pg.Client | undefined;
  let lastPid = 0;
  let broken = false;
  let closed = false;
  let beats = 0;

  async function connect(): Promise<void> {
    const next = await connectSession(database.connection, 'beat');
    try {
      await withDeadline(next, connectTimeoutMs, begin(next));
    } catch (error) {
      await endQuietly(next);
      throw error;
    }
    next.on('notification', (message) => onWake(message.payload ?? ''));
    next.on('end', lost);
    client = next;
  }

  async function begin(next: pg.Client): Promise<void> {
    await lineage.meet(next);
    await takeLock(next, lockA, lockB, lastPid);
    await next.query(`listen ${wakeChannel}`);
    await beatOnce(next, worker, lockA, lockB);
    lastPid = (await next.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;
  }

  function lost(): void {
    client = undefined;
    broken = true;
    if (!closed) void reconnect(connect, () => closed, database.log);
  }

  await connect().catch((error: unknown) => {
    throw unreachable(error);
  });
  return {
    async beat() {
      const session = client;
      if (session === undefined) throw unreachable(new Error('the connection that holds the lock was lost'));
      const beat = beatOnce(session, worker, lockA, lockB);
      const position = await withDeadline(session, beatTimeoutMs, beat).catch((error: unknown) => {
        if (isReadOnly(error)) abandon(session, ensureError(error));
        throw unreachable(error);
      });
      lineage.reached(position);
      beats += 1;
      if (beats % beatsPerCleaning === 1) house.tidy();
    },
    lockHeld() {
      const held = client !== undefined && !broken;
      broken = false;
      return held;
    },
    async close() {
      closed = true;
      const session = client;
      if (session === undefined) return;
      await forgetWorker(session, worker.id).catch(() => {});
      await endQuietly(session);
    },
  };
}

/** Beats; answers how far the server's log is safe. */
async function beatOnce(
  session: pg.Client,
  { id, shares }: { readonly id: string; readonly shares: boolean },
  lockA: number,
  lockB: number,
): Promise<string | null> {
  const { rows } = await session.query<{ position: string | null }>(
    `insert into pawl.worker as w (id, beat, beat_at, lock_a, lock_b, shares) values ($1, 1, clock_timestamp(), $2, $3, $4)
       on conflict (id) do update set beat = w.beat + 1, beat_at = excluded.beat_at
       returning pawl.log_position()::text as position`,
    [id, lockA, lockB, shares],
  );
  return rows[0]?.position ?? null;
}

/** The two numbers of a worker's advisory lock. */
function lockOf(worker: string): [number, number] {
  const digest = createHash('sha256').update(`pawl worker ${worker}`).digest();
  return [digest.readInt32BE(0), digest.readInt32BE(4)];
}

/** Takes the lock; an older connection of this very worker that the server still believes in is ended first. */
async function takeLock(client: pg.Client, lockA: number, lockB: number, lastPid: number): Promise<void> {
  const attempt = async () => {
    const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1, $2) as taken', [
      lockA,
      lockB,
    ]);
    return rows[0]?.taken === true;
  };
  if (await attempt()) return;
  await client.query(
    `select pg_terminate_backend(l.pid, $4) from pg_catalog.pg_locks l
       where l.locktype = 'advisory' and l.classid = $1::int::oid and l.objid = $2::int::oid and l.objsubid = 2 and l.pid = $3`,
    [lockA, lockB, lastPid, endWaitMs],
  );
  if (!(await attempt())) throw new Error('another process has joined under the id of this worker');
}

async function reconnect(connect: () => Promise<void>, isClosed: () => boolean, log: Log): Promise<void> {
  for (;;) {
    await new Promise<void>((resolve) => setTimeout(resolve, retryMs).unref());
    if (isClosed()) return;
    try {
      await connect();
      return;
    } catch (error) {
      log.debug({ error: ensureError(error).message }, 'the lock connection could not be made again yet');
    }
  }
}

/** Takes the row of a worker away that leaves without partitions; with some it stays, so that they are taken over. */
async function forgetWorker(client: pg.Client, worker: string): Promise<void> {
  await client.query(
    'delete from pawl.worker w where id = $1 and not exists (select from pawl.lease l where l.worker = w.id)',
    [worker],
  );
}
