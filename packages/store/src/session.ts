import pg from 'pg';
import { unreachable } from './sql-errors.ts';

/** What a connection is for; its settings and its name in `pg_stat_activity` follow. */
export type SessionRole = 'reads' | 'commit' | 'beat' | 'migrate';

/** How every connection is made. */
export interface ConnectionConfig {
  readonly client: pg.ClientConfig;
}

/** Time to establish a connection (ms). */
const connectTimeoutMs = 5_000;
/** Silence on a connection before the operating system asks whether the peer lives (ms). */
const keepAliveMs = 5_000;
/** Time for the settings of a new connection (ms). */
const prepareTimeoutMs = 5_000;
/** Time to say goodbye to the server (ms). */
const goodbyeMs = 2_000;
/** Longest read (ms); it is a page or a run, never a scan of everything. */
const readTimeoutMs = 30_000;
/**
 * A read without an answer for this long (ms) is given up with its connection. The server ends a statement before; this
 * is for a network that swallows everything, where the operating system would wait for a quarter of an hour.
 */
const silenceMs = readTimeoutMs + 5_000;
/** Unacknowledged data end a connection after this time (ms); below the 10 s of a lease. */
const tcpUserTimeoutMs = 8_000;
/** A session that sits in a transaction is ended (ms). */
const idleInTransactionMs = 5_000;
/** Where the server knows it (17+): no transaction outlasts a lease (ms). */
const transactionTimeoutMs = 9_000;
const transactionTimeoutSince = 170_000;

/** Connects with the settings of a role. Rejects with `PAWL_STORE_UNREACHABLE`, or what the server answered. */
export async function connectSession(config: ConnectionConfig, role: SessionRole): Promise<pg.Client> {
  const client = new pg.Client(clientConfig(config, role));
  // An idle connection that breaks emits `error`; whoever uses the client learns it from `end` or from its next query.
  client.on('error', () => {});
  try {
    await client.connect();
    await withDeadline(client, prepareTimeoutMs, prepareSession(client, role));
    return client;
  } catch (error) {
    void client.end().catch(() => {});
    throw error;
  }
}

/** The driver's options for a role. */
export function clientConfig(config: ConnectionConfig, role: SessionRole): pg.ClientConfig {
  return {
    ...config.client,
    application_name: `pawl ${role}`,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    ...(role === 'reads' ? { query_timeout: silenceMs } : {}),
    types: { getTypeParser },
  };
}

/** Sets what a session needs, whatever the server's or the role's defaults are. */
export async function prepareSession(client: pg.ClientBase, role: SessionRole): Promise<void> {
  await client.query(settings(role));
  const { rows } = await client.query<{ version: number; standby: boolean }>(
    `select current_setting('server_version_num')::int as version, pg_is_in_recovery() as standby`,
  );
  if (rows[0]?.standby === true) throw unreachable(new Error('this server is a standby, which only reads'));
  if (role !== 'migrate' && (rows[0]?.version ?? 0) >= transactionTimeoutSince) {
    await client.query(`set transaction_timeout = ${role === 'reads' ? readTimeoutMs : transactionTimeoutMs}`);
  }
}

/** Destroys the connection unless the promise settles in time; what waits for an answer then fails. */
export async function withDeadline<T>(client: pg.Client, ms: number, promise: Promise<T>): Promise<T> {
  const timer = setTimeout(() => abandon(client, new Error(`no answer for ${ms} ms`)), ms);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

/** Closes a connection at once, without a word to the server. */
export function abandon(client: pg.Client, reason: Error): void {
  const { stream } = (client as unknown as { connection: { stream: { destroy(error: Error): void } } }).connection;
  stream.destroy(reason);
}

/** Ends a connection; a broken one is as good as ended. */
export async function endQuietly(client: pg.Client): Promise<void> {
  await withDeadline(client, goodbyeMs, client.end()).catch((error: unknown) => void unreachable(error));
}

function settings(role: SessionRole): string {
  const common = [
    "set default_transaction_isolation = 'read committed'",
    'set synchronous_commit = on',
    'set default_transaction_read_only = off',
    "set search_path = ''",
    "set timezone = 'UTC'",
    "set bytea_output = 'hex'",
    'set jit = off',
    `set idle_in_transaction_session_timeout = ${role === 'migrate' ? 0 : idleInTransactionMs}`,
    `set tcp_keepalives_idle = ${Math.ceil(keepAliveMs / 1_000)}`,
    'set tcp_keepalives_interval = 1',
    'set tcp_keepalives_count = 3',
    `set tcp_user_timeout = ${tcpUserTimeoutMs}`,
    `set statement_timeout = ${role === 'reads' ? readTimeoutMs : 0}`,
  ];
  return [...common, ...(role === 'commit' ? commitSettings : [])].join('; ');
}

/**
 * The function's statements are planned once and must stay right while tables grow from nothing: every join goes from
 * the parameters, row by row, to an index.
 */
const commitSettings = [
  'set plan_cache_mode = force_generic_plan',
  'set enable_seqscan = off',
  'set enable_bitmapscan = off',
  'set enable_hashjoin = off',
  'set enable_mergejoin = off',
];

/** `bigint` as a number: times and counts stay below 2^53. */
const getTypeParser = ((type: number, format?: 'text' | 'binary') =>
  type === pg.types.builtins.INT8 && format !== 'binary'
    ? Number
    : pg.types.getTypeParser(type, format as 'text')) as typeof pg.types.getTypeParser;
