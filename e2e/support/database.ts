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

const connectTimeoutMs = 30_000;

/** Starts an embedded PostgreSQL in a temporary folder. */
export async function startTestCluster(): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-e2e-'));
  const port = await freePort();
  const embedded = await startEmbedded({ dataDir: join(folder, 'data'), claim: 'own', port });
  const { user, password } = embedded.poolConfig;
  const urlOf = (database: string, through = port): string =>
    `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${through}/${database}`;
  const admin = new pg.Pool({ connectionString: urlOf('postgres'), max: 1 });
  const pools: pg.Pool[] = [];
  return {
    port,
    folder,
    async createDatabase() {
      const name = `e2e_${randomBytes(6).toString('hex')}`;
      await admin.query(`create database ${name}`);
      // Few connections: the processes under test want many.
      const pool = new pg.Pool({ connectionString: urlOf(name), max: 1, connectionTimeoutMillis: connectTimeoutMs });
      pool.on('error', () => undefined);
      pools.push(pool);
      return {
        url: (through) => urlOf(name, through),
        query: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
          (await pool.query<Row>(sql, [...values])).rows,
        connect: () => connect(urlOf(name)),
      };
    },
    async stop() {
      for (const pool of pools) await pool.end();
      await admin.end();
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

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
