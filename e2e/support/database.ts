import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '@pawl/store';
import pg from 'pg';

/** A PostgreSQL of one test file, reachable by TCP so that a proxy fits before it. */
export interface TestCluster {
  readonly port: number;
  /** A folder for whatever else the tests write; it goes with the cluster. */
  readonly folder: string;
  /** Makes a database and answers its address; through another port where one is given. */
  createDatabase(): Promise<TestDatabase>;
  stop(): Promise<void>;
}

/** One database of the cluster. */
export interface TestDatabase {
  /** Its address, as Pawl takes it. */
  url(port?: number): string;
  query<Row extends object = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** A connection that stays open, for locks. */
  connect(): Promise<pg.Client>;
}

/** Starts an embedded PostgreSQL in a temporary folder. */
export async function startTestCluster(): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-e2e-'));
  const port = await freePort();
  const embedded = await startEmbedded({ dataDir: join(folder, 'data'), claim: 'own', port });
  const { user, password } = embedded.poolConfig;
  const urlOf = (database: string, through = port): string =>
    `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${through}/${database}`;
  return {
    port,
    folder,
    async createDatabase() {
      const name = `e2e_${randomBytes(6).toString('hex')}`;
      await ask(urlOf('postgres'), `create database ${name}`);
      return {
        url: (through) => urlOf(name, through),
        query: (sql, values) => ask(urlOf(name), sql, values),
        connect: () => connect(urlOf(name)),
      };
    },
    async stop() {
      await embedded.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A port of 127.0.0.1 on which nothing listens at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function ask<Row extends object>(url: string, sql: string, values: readonly unknown[] = []): Promise<Row[]> {
  const client = await connect(url);
  try {
    return (await client.query<Row>(sql, [...values])).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
