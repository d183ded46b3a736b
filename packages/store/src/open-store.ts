import type { Duplex } from 'node:stream';
import { type Log, PawlError, type Store } from '@pawl/core';
import type pg from 'pg';
import { openApiStore } from './api-store.ts';
import { type AuditStore, openAuditStore } from './audit.ts';
import { checkServer } from './check-server.ts';
import { measureClockOffset } from './clock-offset.ts';
import { openDatabase } from './database.ts';
import { openHousekeeping } from './keep-house.ts';
import { type Lineage, openLineage } from './lineage.ts';
import { openLineageFile } from './lineage-file.ts';
import { migrate, readMigrations } from './migrate.ts';
import { openNames } from './names.ts';
import { openSealedStore, type SealedStore } from './secrets.ts';
import { type ConnectionConfig, connectSession, endQuietly } from './session.ts';
import { connectError, readError } from './sql-errors.ts';
import { openTokenStore, type TokenStore } from './tokens.ts';
import { openWaker } from './wake.ts';
import { joinAsWorker } from './worker-store.ts';

/** How a store is opened. */
export interface OpenStoreOptions {
  /** `postgresql://…`, or the driver's options. */
  readonly url: string | pg.PoolConfig;
  /** Uses a server whose `fsync` or `full_page_writes` is off: a power cut may lose acknowledged work. Default: false. */
  readonly allowUnsafe?: boolean;
  /** Default: says nothing. */
  readonly log?: Log;
  /**
   * A file outside of the database that says how far it was, so that one which was restored to an earlier point while
   * every process was down is noticed. It must not be restored with it. Default: none; what the database tells of itself
   * and what this process has seen must do.
   */
  readonly lineageFile?: string;
  /** How long runs that completed or were cancelled are kept (ms), at least two days. Default: for ever. */
  readonly retainEndedMs?: number;
  /** Connections for reads and messages; a worker has two more. Default: 6. */
  readonly poolSize?: number;
  /** Makes the socket of each connection, not yet connected. Default: a TCP or Unix socket. */
  readonly socket?: () => Duplex;
}

/** The whole store, with what only the server uses of it. */
export interface PawlStore extends Store {
  readonly sealed: SealedStore;
  readonly tokens: TokenStore;
  readonly audit: AuditStore;
}

const defaultPoolSize = 6;

/**
 * Connects, checks the server, brings the schema up to date, and opens the store. Rejects with a PawlError:
 * `PAWL_STORE_UNREACHABLE`, `…_VERSION`, `…_UNSAFE`, `…_POOLER`, `…_FOREIGN` or `…_NEWER`.
 */
export async function openStore(options: OpenStoreOptions): Promise<PawlStore> {
  const log = options.log ?? silent;
  const connection = connectionOf(options);
  const file = options.lineageFile === undefined ? undefined : openLineageFile(options.lineageFile, log);
  const lineage = openLineage(log, file);
  const clockOffset = await prepareDatabase(connection, options.allowUnsafe ?? false, log, lineage);
  const database = openDatabase(connection, options.poolSize ?? defaultPoolSize, log);
  const names = openNames(database);
  const waker = openWaker(database);
  const house = openHousekeeping(database, clockOffset, options.retainEndedMs);
  const close = async () => {
    await lineage.close();
    await waker.close();
    await database.close();
  };
  return {
    joinAsWorker: (worker) => joinAsWorker(database, { names, waker, lineage, house }, worker),
    api: openApiStore(database, names, waker, clockOffset, close),
    sealed: openSealedStore(database),
    tokens: openTokenStore(database),
    audit: openAuditStore(database),
    close,
  };
}

/** Checks and migrates on a session of its own; answers how far the database's clock is ahead (ms). */
async function prepareDatabase(
  connection: ConnectionConfig,
  allowUnsafe: boolean,
  log: Log,
  lineage: Lineage,
): Promise<number> {
  let client: pg.Client | undefined;
  try {
    client = await connectSession(connection, 'migrate').catch((error: unknown) => {
      throw connectError(error);
    });
    await checkServer(connection, client, allowUnsafe);
    await migrate(client, await readMigrations(), (migration) =>
      log.info({ migration }, 'changed the database schema'),
    );
    await lineage.meet(client);
    return await measureClockOffset(client);
  } catch (error) {
    throw readError(error);
  } finally {
    if (client !== undefined) await endQuietly(client);
  }
}

function connectionOf({ url, socket }: OpenStoreOptions): ConnectionConfig {
  const client: pg.ClientConfig = typeof url === 'string' ? configOf(url) : { ...url };
  return { client: socket === undefined ? client : { ...client, stream: socket } };
}

/** Another machine is reached by verified TLS, unless the address says something else by `sslmode`. */
function configOf(url: string): pg.ClientConfig {
  if (!/^postgres(?:ql)?:\/\//.test(url)) {
    throw new PawlError('PAWL_STORE_UNREACHABLE', 'The database address does not begin with postgresql://.');
  }
  const local =
    /^postgres(?:ql)?:\/\/(?:[^/?@]*@)?(?:localhost|127\.[\d.]+|\[::1\]|%2[Ff][^:/?]*|)(?::\d+)?(?:[/?]|$)/.test(url);
  const told = /[?&](?:ssl|sslmode)=/.test(url);
  return local || told ? { connectionString: url } : { connectionString: url, ssl: true };
}

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
