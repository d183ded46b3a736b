import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

/*
 * Locks between processes, held by the operating system.
 *
 * Why not a file with a pid: after kill -9 it stays, and telling a stale one from a living one by pid (and even by start
 * time) fails when pids are used again or when two containers share the folder; removing a stale one is a race of its own.
 * A lock of the kernel goes with its process, whatever kills it. Node has no flock(2), but it carries SQLite, whose
 * transactions on an empty file are exactly such locks (fcntl on POSIX, LockFileEx on Windows), shared or exclusive,
 * between processes and within one. Nothing is ever written into these files.
 *
 * One rule follows from POSIX: a process that opens and closes a lock file by other means loses its locks on it. So
 * nobody reads these files, and they are never deleted.
 */

/** A lock that this process holds. */
export interface FolderLock {
  /** Gives the lock back; a second call does nothing. */
  release(): void;
}

/** `shared` may be held by many at once, `exclusive` by one while nobody shares. */
export type LockMode = 'shared' | 'exclusive';

const SQLITE_BUSY = 5;
const POLL_MS = 20;

/** Takes the lock now, or returns undefined when another process (or another part of this one) stands in its way. */
export function tryLock(file: string, mode: LockMode): FolderLock | undefined {
  createOnce(file);
  const database = new DatabaseSync(file);
  try {
    database.exec('pragma busy_timeout = 0');
    if (mode === 'exclusive') database.exec('begin exclusive');
    else database.exec('begin; select count(*) from sqlite_schema');
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return {
    release: () => {
      if (database.isOpen) database.close();
    },
  };
}

/** Waits for the lock, `onWait` being called once if it is not free; undefined after `timeoutMs`. */
export async function waitLock(
  file: string,
  mode: LockMode,
  options: { timeoutMs: number; onWait?: () => void },
): Promise<FolderLock | undefined> {
  const deadline = performance.now() + options.timeoutMs;
  for (let tries = 0; ; tries += 1) {
    const lock = tryLock(file, mode);
    if (lock !== undefined) return lock;
    if (tries === 0) options.onWait?.();
    if (performance.now() >= deadline) return undefined;
    await sleep(POLL_MS);
  }
}

/** An `open` of a file that exists would, on its close, drop the locks that this process holds on it: hence `wx`. */
function createOnce(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function isBusy(error: unknown): boolean {
  // The low byte is the primary code, the rest tells kinds of "busy" apart.
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' && (code & 0xff) === SQLITE_BUSY;
}
