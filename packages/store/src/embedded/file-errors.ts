import { ensureError, PawlError } from '@pawl/core';

const CODES_OF_PERMISSION: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT']);
const CODES_OF_FULL_DISK: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);
const CODES_OF_NO_FOLDER: ReadonlySet<string> = new Set(['EEXIST', 'ENOTDIR']);
/** SQLite's SQLITE_READONLY, SQLITE_IOERR and SQLITE_CANTOPEN, in the low byte of `errcode`. */
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CANTOPEN = 14;

/** Turns what went wrong with the data folder into one sentence; a PawlError passes unchanged. */
export function explainFolderError(thrown: unknown, dataDir: string): Error {
  const error = ensureError(thrown) as NodeJS.ErrnoException & { errcode?: number };
  if (error instanceof PawlError) return error;
  const code = error.code ?? '';
  const sqlite = (error.errcode ?? 0) & 0xff;
  if (CODES_OF_PERMISSION.has(code) || sqlite === SQLITE_READONLY || sqlite === SQLITE_CANTOPEN) {
    return new PawlError(
      'PAWL_STORE_PERMISSION',
      `Pawl may not write to its data folder ${dataDir} (${error.message}).`,
      { cause: error },
    );
  }
  if (CODES_OF_FULL_DISK.has(code)) return diskFull(dataDir, error);
  if (CODES_OF_NO_FOLDER.has(code)) {
    return new PawlError('PAWL_STORE_PERMISSION', `The data folder ${dataDir} is not a folder (${error.message}).`, {
      cause: error,
      hint: 'Move the file away, or set PAWL_DATA to a folder.',
    });
  }
  if (sqlite === SQLITE_IOERR) {
    return new PawlError(
      'PAWL_STORE_PERMISSION',
      `The file system of the data folder ${dataDir} does not support locks.`,
      {
        cause: error,
        hint: 'Set PAWL_DATA to a folder on a local disk.',
      },
    );
  }
  return new PawlError('PAWL_STORE_EMBEDDED', `The embedded PostgreSQL in ${dataDir} did not start: ${error.message}`, {
    cause: error,
  });
}

/** The disk has no room for the data folder. */
export function diskFull(dataDir: string, cause?: unknown): PawlError {
  return new PawlError('PAWL_STORE_EMBEDDED', `The disk that holds ${dataDir} is full; nothing was damaged.`, {
    cause,
    hint: 'Make room (a new data folder needs about 100 MB), or set PAWL_DATA to a folder on another disk, and start again.',
  });
}
