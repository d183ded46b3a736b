import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { PawlError } from '@pawl/core';

import { type Binaries, findBinaries, POSTGRES_MAJOR } from './binaries.ts';
import { type EmbeddedConnection, urlOf } from './connection.ts';
import { ensureRunning, type Running, type Wanted } from './ensure-running.ts';
import { explainFolderError } from './file-errors.ts';
import { type FolderLock, tryLock, waitLock } from './folder-lock.ts';
import { type ClusterLayout, openLayout } from './layout.ts';
import { stopPostmaster } from './stop-postmaster.ts';
import { type Exit, supervise } from './supervise.ts';
import { startWatcher } from './watcher.ts';

/** What to start, and as whom. */
export interface EmbeddedOptions {
  /** The data folder (`PAWL_DATA`); made where it is missing. */
  readonly dataDir: string;
  /** Name of the cluster and of its folder below the data folder. Default: `pg18`. */
  readonly name?: string | undefined;
  /** TCP port on 127.0.0.1; undefined = a Unix socket alone (on Windows, any free port). */
  readonly port?: number | undefined;
  /** `own`: one living process at a time (`pawl start`). `join`: any number beside it (`pawl worker`, `pawl run`). */
  readonly claim: 'own' | 'join';
  /** Name of the database, created where it is missing. Default: `pawl`. */
  readonly database?: string | undefined;
  /** How long PostgreSQL stays up for a successor after this process was killed. Default: 3,000. */
  readonly graceMs?: number | undefined;
  /** Start PostgreSQL again when it dies while this process lives. Default: true. */
  readonly supervise?: boolean | undefined;
  /** Told what the launcher does, a line at a time. */
  readonly onLog?: ((line: string) => void) | undefined;
}

/** An embedded PostgreSQL in use by this process. */
export interface Embedded {
  /** Address with password, usable by `pg` and libpq. */
  readonly url: string;
  /** The same in parts. */
  readonly poolConfig: EmbeddedConnection;
  /** True when PostgreSQL ran already: a killed Pawl left it, or a living one runs it. */
  readonly adopted: boolean;
  /** The postmaster's process id; another one after a restart. */
  readonly pid: number;
  /** Told each time when PostgreSQL has died while this process uses it. */
  onExit(callback: (exit: Exit) => void): void;
  /** Ends the use; stops PostgreSQL if nobody else uses it. End your connections before. A second call waits for the first. */
  stop(): Promise<void>;
}

const DEFAULT_NAME = `pg${POSTGRES_MAJOR}`;
const DEFAULT_DATABASE = 'pawl';
const DEFAULT_GRACE_MS = 3_000;
/** Another process may be making the cluster or recovering it meanwhile. */
const CHANGE_WAIT_MS = 600_000;

/**
 * Starts, adopts or joins the PostgreSQL of a data folder. Throws a PawlError with one sentence for a person:
 * PAWL_STORE_DATA_IN_USE, PAWL_STORE_DATA_VERSION, PAWL_STORE_PERMISSION, PAWL_STORE_ROOT, PAWL_PORT_TAKEN,
 * PAWL_STORE_EMBEDDED (missing binaries, full disk, and whatever PostgreSQL says).
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const binaries = findBinaries();
  try {
    const layout = openLayout(options.dataDir, options.name ?? DEFAULT_NAME);
    const owner = options.claim === 'own' ? claimOwner(layout) : undefined;
    try {
      return await use(options, layout, binaries, owner);
    } catch (error) {
      owner?.release();
      throw error;
    }
  } catch (error) {
    throw explainFolderError(error, resolve(options.dataDir));
  }
}

/** Registers this process as a user, brings PostgreSQL up and watches over it. */
async function use(
  options: EmbeddedOptions,
  layout: ClusterLayout,
  binaries: Binaries,
  owner: FolderLock | undefined,
): Promise<Embedded> {
  const users = userLock(layout);
  const watcher = startWatcher({ layout, pgCtl: binaries.pgCtl, graceMs: options.graceMs ?? DEFAULT_GRACE_MS });
  const wanted: Wanted = {
    layout,
    binaries,
    port: options.port,
    database: options.database ?? DEFAULT_DATABASE,
    decides: owner !== undefined,
    onLog: options.onLog ?? (() => undefined),
    isSoleUser: () => users.isSole(),
  };
  const bringUp = (): Promise<Running> =>
    whileChanging(layout, wanted.onLog, () => {
      users.take();
      return ensureRunning(wanted);
    });
  const release = (): Promise<void> =>
    whileChanging(layout, wanted.onLog, async () => {
      if (users.leave()) await stopPostmaster(layout, binaries.pgCtl);
      users.close();
    }).finally(() => {
      watcher.dismiss();
      owner?.release();
    });
  let first: Running;
  try {
    first = await bringUp();
  } catch (error) {
    await release().catch(() => undefined);
    throw error;
  }
  return embed(first, options.supervise ?? true, bringUp, release, wanted.onLog);
}

function embed(
  first: Running,
  restart: boolean,
  bringUp: () => Promise<Running>,
  release: () => Promise<void>,
  onLog: (line: string) => void,
): Embedded {
  const listeners: ((exit: Exit) => void)[] = [];
  const onExit = (exit: Exit): void => {
    for (const listener of listeners) listener(exit);
  };
  const supervisor = supervise(first, { restart, bringUp, onExit, onLog });
  let stopped: Promise<void> | undefined;
  return {
    get url() {
      return urlOf(supervisor.current.connection);
    },
    get poolConfig() {
      return supervisor.current.connection;
    },
    get pid() {
      return supervisor.current.pid;
    },
    adopted: first.adopted,
    onExit: (callback) => void listeners.push(callback),
    stop: () => (stopped ??= supervisor.stop().then(release)),
  };
}

/** Runs one change of the cluster at a time, over all processes. */
async function whileChanging<T>(
  layout: ClusterLayout,
  onLog: (line: string) => void,
  change: () => Promise<T>,
): Promise<T> {
  const onWait = (): void =>
    onLog(`waiting for another process that starts or stops PostgreSQL in ${layout.clusterDir}`);
  const lock = await waitLock(layout.changeLock, 'exclusive', { timeoutMs: CHANGE_WAIT_MS, onWait });
  if (lock === undefined) {
    throw new PawlError(
      'PAWL_STORE_DATA_IN_USE',
      `Another process has been starting or stopping PostgreSQL in ${layout.clusterDir} for ten minutes.`,
    );
  }
  try {
    return await change();
  } finally {
    lock.release();
  }
}

interface UserLock {
  take(): void;
  /** True when no other process uses the cluster. */
  isSole(): boolean;
  /** Ends this use; true when nobody is left, and then nobody can come before `close`. */
  leave(): boolean;
  close(): void;
}

/** This process's share in the users' lock. All calls are made under the change lock, so nobody comes in between. */
function userLock(layout: ClusterLayout): UserLock {
  let held: FolderLock | undefined;
  const swap = (mode: 'shared' | 'exclusive'): boolean => {
    held?.release();
    held = tryLock(layout.usersLock, mode);
    return held !== undefined;
  };
  return {
    take: () => {
      if (held === undefined) swap('shared');
    },
    isSole: () => {
      const sole = swap('exclusive');
      swap('shared');
      return sole;
    },
    leave: () => swap('exclusive'),
    close: () => held?.release(),
  };
}

function claimOwner(layout: ClusterLayout): FolderLock {
  const lock = tryLock(layout.ownerLock, 'exclusive');
  if (lock === undefined) {
    throw new PawlError(
      'PAWL_STORE_DATA_IN_USE',
      `Another Pawl${ownerPid(layout)} uses the data folder ${layout.dataDir}.`,
    );
  }
  writeFileSync(layout.ownerNote, `${JSON.stringify({ pid: process.pid })}\n`, { mode: 0o600 });
  return {
    release: () => {
      rmSync(layout.ownerNote, { force: true });
      lock.release();
    },
  };
}

function ownerPid(layout: ClusterLayout): string {
  try {
    const { pid } = JSON.parse(readFileSync(layout.ownerNote, 'utf8')) as { pid?: unknown };
    return typeof pid === 'number' ? ` (process ${pid})` : '';
  } catch {
    return '';
  }
}
