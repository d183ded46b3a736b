import type { Log } from '@pawl/core';
import { ensureError } from '@pawl/core';
import pg from 'pg';
import { clientConfig, type ConnectionConfig, prepareSession } from './session.ts';
import { isUnconfirmed, readError, unreachable } from './sql-errors.ts';

/** A small pool for what may be repeated: reads, starts, messages, takeovers. Commits have a connection of their own. */
export interface Database {
  readonly connection: ConnectionConfig;
  readonly log: Log;
  /**
   * Rows of one statement in a transaction of its own. Rejects with `PAWL_STORE_UNREACHABLE` or the server's error.
   * `withinMs`: without an answer for so long its connection is given up; it may still be carried out.
   */
  query<Row extends object>(text: string, values?: readonly unknown[], withinMs?: number): Promise<Row[]>;
  close(): Promise<void>;
}

/** A worker's look at leases, inbox and timers, made each second, is given up after this time (ms). */
export const pollTimeoutMs = 5_000;
/** Writes nothing but a record of the log, which the standbys have to confirm. */
const confirmingWrite = "select pg_catalog.pg_logical_emit_message(true, 'pawl', '')";
/** How long an unused connection of the pool stays open (ms). */
const idleMs = 60_000;

/** Opens the pool; nothing is connected yet. */
export function openDatabase(connection: ConnectionConfig, poolSize: number, log: Log): Database {
  const pool = new pg.Pool({
    ...clientConfig(connection, 'reads'),
    max: poolSize,
    idleTimeoutMillis: idleMs,
    // The types say void, the pool waits for the promise: no query runs before the settings are made.
    onConnect: (client) => prepareSession(client, 'reads') as unknown as void,
  });
  pool.on('error', (error) => log.debug({ error: error.message }, 'an idle database connection was lost'));
  /** Sessions whose last write may exist on the primary alone, as a warning said. */
  const unconfirmed = new WeakSet<pg.ClientBase>();
  pool.on('connect', (client) => {
    // Whoever uses the client learns of a loss from its query.
    client.on('error', () => {});
    client.on('notice', (notice) => {
      if (isUnconfirmed(notice)) unconfirmed.add(client);
    });
  });

  async function answer<Row extends object>(text: string, values: readonly unknown[], withinMs: number | undefined) {
    const within = withinMs === undefined ? {} : { query_timeout: withinMs };
    const client = await pool.connect();
    let failure: Error | undefined;
    try {
      const { rows } = await client.query<Row>({ text, values: values as unknown[], ...within });
      // What was written is there whatever happens to it: a later write that is confirmed confirms it too.
      while (unconfirmed.delete(client)) await client.query({ text: confirmingWrite, ...within });
      return rows;
    } catch (error) {
      failure = ensureError(error);
      throw error;
    } finally {
      client.release(failure);
    }
  }

  let closed: Promise<void> | undefined;
  return {
    connection,
    log,
    async query<Row extends object>(text: string, values: readonly unknown[] = [], withinMs?: number) {
      if (closed !== undefined) throw unreachable(new Error('the store is closed'));
      try {
        return await answer<Row>(text, values, withinMs);
      } catch (error) {
        throw readError(error);
      }
    },
    close: () => (closed ??= pool.end()),
  };
}
