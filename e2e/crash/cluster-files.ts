import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/** A cluster that Pawl runs in a data folder. It is read from its files: this process is none of its users. */
export interface ClusterFiles {
  readonly clusterDir: string;
  readonly passwordFile: string;
  readonly database: string;
}

/** Pawl's own cluster, and the examples' one. */
export function clustersOf(dataDir: string): { readonly store: ClusterFiles; readonly demo: ClusterFiles } {
  const demoDir = join(dataDir, 'demo');
  return {
    store: { clusterDir: join(dataDir, 'pg18'), passwordFile: join(dataDir, 'pg.password'), database: 'pawl' },
    demo: { clusterDir: join(demoDir, 'pg18'), passwordFile: join(demoDir, 'pg.password'), database: 'cities' },
  };
}

const user = 'pawl';
const connectTimeoutMs = 2_000;
const queryTimeoutMs = 60_000;

/** Connects to a cluster as it runs at the moment; rejects while it does not. */
export async function connectTo({ clusterDir, passwordFile, database }: ClusterFiles): Promise<pg.Client> {
  // Lines: pid, data folder, start time, port, socket folder, listen address.
  const lines = readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8').split('\n');
  const socketDir = (lines[4] ?? '').trim();
  const client = new pg.Client({
    host: socketDir === '' ? '127.0.0.1' : socketDir,
    port: Number(lines[3]),
    user,
    password: readFileSync(passwordFile, 'utf8').trim(),
    database,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
