import { realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { PawlError } from '@pawl/core';
import pg from 'pg';

import { DATABASE_USER } from './init-cluster.ts';
import type { ClusterLayout } from './layout.ts';
import { type PostmasterFile, readPostmasterFile } from './postmaster-file.ts';
import { isAlive } from './processes.ts';

/** How to reach the embedded database; fits `pg`'s pool and client. */
export interface EmbeddedConnection {
  /** Folder of the Unix socket, or an address. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Recovery reads up to `max_wal_size` of log. */
const RECOVERY_TIMEOUT_MS = 300_000;
const RETRY_MS = 50;
/** "The database system is starting up", or shutting down. */
const SQLSTATE_NOT_YET = '57P03';
const SQLSTATE_WRONG_PASSWORD = '28P01';
const SQLSTATE_DUPLICATE_DATABASE = '42P04';

/** The connection that the postmaster's own file tells; its socket goes before its TCP port. */
export function connectionOf(file: PostmasterFile, password: string, database: string): EmbeddedConnection {
  return {
    host: file.socketDir === '' ? '127.0.0.1' : file.socketDir,
    port: file.port,
    user: DATABASE_USER,
    password,
    database,
  };
}

/** The same as an address that `pg` and libpq take. */
export function urlOf({ host, port, user, password, database }: EmbeddedConnection): string {
  return `postgresql://${user}:${encodeURIComponent(password)}@${encodeURIComponent(host)}:${port}/${encodeURIComponent(database)}`;
}

/**
 * Connects, makes sure that it is this cluster that answers, and creates the database where it is missing. Waits while
 * PostgreSQL recovers from the death of one of its processes. False when nothing answers, or another cluster does.
 * Throws when the password is not the cluster's.
 */
export async function reachDatabase(layout: ClusterLayout, connection: EmbeddedConnection): Promise<boolean> {
  const begun = performance.now();
  for (;;) {
    const answer = await ask(layout, connection);
    if (typeof answer === 'boolean') return answer;
    const pid = readPostmasterFile(layout.clusterDir)?.pid;
    if (pid === undefined || !isAlive(pid)) return false;
    if (performance.now() - begun > (answer === SQLSTATE_NOT_YET ? RECOVERY_TIMEOUT_MS : CONNECT_TIMEOUT_MS))
      return false;
    await sleep(RETRY_MS);
  }
}

/** True: this cluster answers; false: another does; else the code of what went wrong. */
async function ask(layout: ClusterLayout, connection: EmbeddedConnection): Promise<boolean | string> {
  const client = new pg.Client({
    ...connection,
    database: 'postgres',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
    application_name: 'pawl-launcher',
  });
  client.on('error', () => undefined); // a lost connection fails the query in flight, which is handled below
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    if (!isSameFolder(rows[0]?.data_directory ?? '', layout.clusterDir)) return false;
    await createDatabase(client, connection.database);
    return true;
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    if (code !== SQLSTATE_WRONG_PASSWORD) return code;
    throw new PawlError(
      'PAWL_STORE_EMBEDDED',
      `The password in ${layout.passwordFile} is not that of the database in ${layout.clusterDir}.`,
      { cause: error, hint: 'Put the file back from a copy of the data folder.' },
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

function isSameFolder(folder: string, clusterDir: string): boolean {
  try {
    return realpathSync(folder) === clusterDir;
  } catch {
    return false;
  }
}

async function createDatabase(client: pg.Client, database: string): Promise<void> {
  const found = await client.query('select from pg_database where datname = $1', [database]);
  if (found.rowCount !== 0) return;
  try {
    await client.query(`create database ${client.escapeIdentifier(database)}`);
  } catch (error) {
    if ((error as { code?: unknown }).code !== SQLSTATE_DUPLICATE_DATABASE) throw error;
  }
}
