import pg from 'pg';

/** A fresh database on a real server, for one test file. */
export interface TestDatabase {
  readonly url: string;
  /** Runs SQL in it, on a connection of its own. */
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Drops it, whoever is still connected. */
  drop(): Promise<void>;
}

/** Used unless `PAWL_TEST_DATABASE_URL` names another. */
const defaultServer = 'postgresql://postgres@127.0.0.1:5432/postgres';
const connectTimeoutMs = 2_000;

/** Why no external server is there, or undefined when it answers. */
export async function whyNoServer(server = testServer()): Promise<string | undefined> {
  try {
    await run(server, 'select 1');
    return undefined;
  } catch (error) {
    return `no PostgreSQL answers at ${withoutPassword(server)}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Makes a database whose name begins with `name`. */
export async function createTestDatabase(name: string, server = testServer()): Promise<TestDatabase> {
  const database = `${name}_${process.pid}_${Date.now().toString(36)}`.replaceAll('-', '_');
  await run(server, `create database ${pg.escapeIdentifier(database)}`);
  const url = new URL(server);
  url.pathname = `/${database}`;
  return {
    url: url.href,
    query: (sql, values) => run(url.href, sql, values),
    drop: async () => void (await run(server, `drop database if exists ${pg.escapeIdentifier(database)} with (force)`)),
  };
}

/** Address of the external server of the tests, whether or not it answers. */
export function testServer(): string {
  return process.env.PAWL_TEST_DATABASE_URL ?? defaultServer;
}

async function run<Row extends object>(url: string, sql: string, values: readonly unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Row>(sql, values as unknown[])).rows;
  } finally {
    await client.end();
  }
}

function withoutPassword(server: string): string {
  const url = new URL(server);
  url.password = '';
  return url.href;
}
