import { PawlError } from '@pawl/core';
import type pg from 'pg';
import { type ConnectionConfig, connectSession, endQuietly } from './session.ts';

/** What Pawl needs to know of a database server before it trusts it. */
export interface ServerFacts {
  /** Such as 150004. */
  readonly version: number;
  readonly fsync: string;
  readonly fullPageWrites: string;
}

/** First version of PostgreSQL that Pawl runs on. */
const oldestVersion = 150_000;
/** Connections that are opened beside the first one to see whether it keeps its server session. */
const poolerProbes = 3;

/**
 * Refuses a server that is too old (`PAWL_STORE_VERSION`), may lose what it acknowledged (`PAWL_STORE_UNSAFE`, unless
 * allowed), or is reached through a transaction pooler (`PAWL_STORE_POOLER`).
 */
export async function checkServer(config: ConnectionConfig, client: pg.Client, allowUnsafe: boolean): Promise<void> {
  const { rows } = await client.query<ServerFacts>(
    `select current_setting('server_version_num')::int as version, current_setting('fsync') as fsync,
       current_setting('full_page_writes') as "fullPageWrites"`,
  );
  judgeServer(rows[0] as ServerFacts, allowUnsafe);
  await refusePooler(config, client);
}

/** Throws what is wrong with a server. */
export function judgeServer(facts: ServerFacts, allowUnsafe: boolean): void {
  if (facts.version < oldestVersion) {
    throw new PawlError(
      'PAWL_STORE_VERSION',
      `The database server is PostgreSQL ${Math.floor(facts.version / 10_000)}.`,
    );
  }
  const off = [facts.fsync === 'on' ? '' : 'fsync', facts.fullPageWrites === 'on' ? '' : 'full_page_writes'].filter(
    Boolean,
  );
  if (off.length > 0 && !allowUnsafe) {
    throw new PawlError(
      'PAWL_STORE_UNSAFE',
      `The database server runs with ${off.join(' and ')} off: a power cut may lose acknowledged work.`,
    );
  }
}

/**
 * A transaction pooler gives a client another server session with each transaction: locks, settings and notifications
 * get lost. It cannot hide when other clients hold its free sessions: then the first client's next transaction runs in
 * another one. The server's own process id tells a direct connection at once.
 */
async function refusePooler(config: ConnectionConfig, client: pg.Client): Promise<void> {
  const own = await backendPid(client);
  if ((client as unknown as { processID: number }).processID === own) return;
  const others: pg.Client[] = [];
  try {
    for (let i = 0; i < poolerProbes; i += 1) {
      const other = await connectSession(config, 'migrate');
      others.push(other);
      await other.query('begin');
      if ((await backendPid(other)) === own || (await backendPid(client)) !== own) {
        throw new PawlError(
          'PAWL_STORE_POOLER',
          'Two transactions of one connection ran in two sessions of the database server.',
        );
      }
    }
  } finally {
    await Promise.all(others.map(endQuietly));
  }
}

async function backendPid(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}
