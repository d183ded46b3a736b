import { PawlError } from '@pawl/core';
import type { Cancellation, Json } from '@pawl/core';
import { DatabaseError, Query } from 'pg';
import type { Pool, PoolClient, QueryConfig, QueryResult } from 'pg';
import type { Connection } from '../connections/connections.ts';
import type { EgressGate } from '../egress/egress.ts';

/** The attempt was given up while the database worked. */
export class SqlCancelled extends Error {}

/** What Pawl remembered of the database is out of date; it is forgotten, and the next attempt looks again. */
export class SqlStale extends Error {}

/** A query returned more than a step may hold. */
export class SqlTooLarge extends Error {}

/** Whose SQL runs in a session: only that of a flow can leave temporary tables, settings and locks behind. */
export type Runs = 'sql of the flow' | 'sql of pawl';

/** One database behind a connection. */
export class Database {
  readonly connection: Connection;
  /** The table of effect rows as SQL names it, schema and all, once it is known to exist. */
  effectTable: string | undefined;
  readonly #pool: Pool;
  readonly #gate: EgressGate;

  constructor(pool: Pool, connection: Connection, gate: EgressGate) {
    this.#pool = pool;
    this.connection = connection;
    this.#gate = gate;
  }

  /**
   * Lends a session to `work`. At cancellation the statement under way is cancelled in the database and the session
   * closed; `work` then rejects with SqlCancelled. A transaction that `work` leaves open by throwing is rolled back.
   * Where `runs` says that a flow's own SQL runs in it, the session is made as new before it is lent again.
   */
  async use<T>(cancellation: Cancellation, runs: Runs, work: (session: Session) => Promise<T>): Promise<T> {
    const client = await this.#acquire(cancellation);
    const session = new Session(client);
    let working = true;
    cancellation.onCancel(() => {
      if (!working) return;
      session.cancelled = true;
      this.#cancelStatement(client);
      streamOf(client).destroy();
    });
    let goesOn = true;
    try {
      return await work(session);
    } catch (error) {
      goesOn = await canGoOn(session, error);
      throw session.cancelled ? new SqlCancelled('cancelled', { cause: error }) : error;
    } finally {
      if (goesOn && runs === 'sql of the flow') goesOn = await isClean(session);
      working = false;
      client.release(!goesOn);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  /** A session of the pool; given back unused when it comes after the attempt was given up. */
  #acquire(cancellation: Cancellation): Promise<PoolClient> {
    return new Promise((resolve, reject) => {
      cancellation.onCancel(() => reject(new SqlCancelled('cancelled')));
      this.#pool.connect().then((client) => {
        if (cancellation.cancelled) client.release();
        else resolve(client);
      }, reject);
    });
  }

  /** PostgreSQL's cancel request: sixteen bytes on a connection of their own. Closing ours alone would let the statement run on. */
  #cancelStatement(client: PoolClient): void {
    const { processID, secretKey } = client as unknown as { processID: number | null; secretKey: number | null };
    if (processID === null || secretKey === null) return;
    const message = Buffer.alloc(16);
    message.writeInt32BE(16, 0);
    message.writeInt32BE(cancelRequestCode, 4);
    message.writeInt32BE(processID, 8);
    message.writeInt32BE(secretKey, 12);
    const socket = this.#gate.socket(this.connection.endpoints);
    // Best effort: if it fails, the database notices the closed session when the statement ends.
    socket.on('error', () => socket.destroy());
    socket.once('connect', () => socket.end(message));
    socket.connect(this.connection.port, this.connection.host);
  }
}

const cancelRequestCode = 80_877_102;

/** One session of a database, lent to one attempt. */
export class Session {
  cancelled = false;
  readonly #client: PoolClient;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  /** Runs one statement. */
  run(text: string, values: readonly unknown[] = []): Promise<QueryResult<Record<string, Json>>> {
    if (this.cancelled) return Promise.reject(new SqlCancelled('cancelled'));
    return this.#client.query<Record<string, Json>>(statementOf(text, values));
  }

  /** Runs one statement and takes at most so many rows; more, or larger ones, end the session with SqlTooLarge. */
  rows(
    text: string,
    values: readonly unknown[],
    limits: { rows: number; characters: number },
  ): Promise<Record<string, Json>[]> {
    if (this.cancelled) return Promise.reject(new SqlCancelled('cancelled'));
    return new Promise((resolve, reject) => {
      const rows: Record<string, Json>[] = [];
      let characters = 0;
      const query = this.#client.query(new Query<Record<string, Json>>(statementOf(text, values)));
      const stop = (problem: string): void => {
        reject(new SqlTooLarge(problem));
        streamOf(this.#client).destroy();
      };
      query.on('row', (row) => {
        rows.push(row);
        characters += JSON.stringify(row).length;
        if (rows.length > limits.rows) stop(`The query returns more than ${limits.rows} rows.`);
        else if (characters > limits.characters) stop(`The query returns more than ${limits.characters} characters.`);
      });
      query.on('error', reject);
      query.on('end', () => resolve(rows));
    });
  }

  /** Whether a transaction is open and sound. */
  get inTransaction(): boolean {
    return this.#client.getTransactionStatus() === 'T';
  }
}

/** Always the extended protocol: it takes one statement alone, while the simple one, the driver's choice without values, runs many. */
function statementOf(text: string, values: readonly unknown[]): QueryConfig & { queryMode: 'extended' } {
  return { text, values: [...values], queryMode: 'extended' };
}

/** A session goes on once it is rolled back, if the database is there to do it: it answered, or was not asked. */
async function canGoOn(session: Session, error: unknown): Promise<boolean> {
  const answered = error instanceof DatabaseError ? error.severity === 'ERROR' : error instanceof PawlError;
  if (session.cancelled || !answered) return false;
  return session.run('rollback').then(
    () => true,
    () => false,
  );
}

/** Drops what SQL left in the session for those who get it next: temporary tables, settings, locks. */
function isClean(session: Session): Promise<boolean> {
  return session.run('discard all').then(
    () => true,
    () => false,
  );
}

function streamOf(client: PoolClient): { destroy(): void } {
  return (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
}
