import type { Log } from '@pawl/core';
import pg from 'pg';
import { clientConfig, type ConnectionConfig, prepareSession } from './session.ts';
import { readError, unreachable } from './sql-errors.ts';

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
  let closed: Promise<void> | undefined;
  return {
    connection,
    log,
    async query<Row extends object>(text: string, values: readonly unknown[] = [], withinMs?: number) {
      if (closed !== undefined) throw unreachable(new Error('the store is closed'));
      try {
        const within = withinMs === undefined ? {} : { query_timeout: withinMs };
        return (await pool.query<Row>({ text, values: values as unknown[], ...within })).rows;
      } catch (error) {
        throw readError(error);
      }
    },
    close: () => (closed ??= pool.end()),
  };
}
