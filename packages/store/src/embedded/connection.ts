import { realpathSync } from 'node:fs';

import { PawlError } from '@pawl/core';
import pg from 'pg';

import { DATABASE_USER } from './init-cluster.ts';
import type { ClusterLayout } from './layout.ts';
import type { PostmasterFile } from './postmaster-file.ts';

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
 * Connects, makes sure that it is this cluster that answers, and creates the database where it is missing. False when
 * nothing answers or another cluster does. Throws when the password is not the cluster's.
 */
export async function reachDatabase(layout: ClusterLayout, connection: EmbeddedConnection): Promise<boolean> {
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
    const folder = await client.query<{ data_directory: string }>('show data_directory');
    if (realpathSync(folder.rows[0]?.data_directory ?? '') !== layout.clusterDir) return false;
    await createDatabase(client, connection.database);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code !== SQLSTATE_WRONG_PASSWORD) return false;
    throw new PawlError(
      'PAWL_STORE_EMBEDDED',
      `The password in ${layout.passwordFile} is not that of the database in ${layout.clusterDir}.`,
      {
        cause: error,
        hint: 'Put the file back from a copy of the data folder.',
      },
    );
  } finally {
    await client.end().catch(() => undefined);
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
