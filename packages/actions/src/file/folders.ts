import { constants } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { PawlError } from '@pawl/core';

/** What a file was when a dataset was made of it. */
export interface Snapshot {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
}

/** A file that may be read: where it really is, and what it is now. */
export interface FoundFile {
  readonly real: string;
  readonly snapshot: Snapshot;
}

/**
 * Finds a file below one of the folders. A relative path is looked for in each in turn. Throws PAWL_FILE_FORBIDDEN for
 * what is elsewhere (links out, hidden files, devices) and PAWL_FILE_INVALID for what is not there.
 */
export async function findFile(folders: readonly string[], path: string): Promise<FoundFile> {
  if (path === '' || path.includes('\u0000')) throw forbidden(path);
  let inside = false;
  for (const folder of folders) {
    const wanted = resolve(folder, path);
    if (!isBelow(folder, wanted)) continue;
    inside = true;
    const found = await findBelow(folder, wanted, path);
    if (found !== undefined) return found;
  }
  if (!inside) throw forbidden(path);
  throw new PawlError(
    'PAWL_FILE_INVALID',
    `There is no file ${path} below the folders of PAWL_FILES: ${folders.join(', ')}.`,
    {
      hint: 'Correct the path, put the file there, or start Pawl with PAWL_FILES naming the folder that holds it.',
    },
  );
}

/** Opens a found file for reading; throws if it is another one by now. */
export async function openFile(found: FoundFile, path: string): Promise<FileHandle> {
  // NOFOLLOW and the comparison below catch a link put in its place since; NONBLOCK keeps a pipe from hanging.
  const handle = await open(found.real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: unknown) => {
      throw new PawlError('PAWL_FILE_INVALID', `The file ${path} cannot be opened.`, { cause: error });
    },
  );
  const stat = await handle.stat();
  if (stat.isFile() && stat.ino === found.snapshot.ino) return handle;
  await handle.close();
  throw forbidden(path);
}

async function findBelow(folder: string, wanted: string, path: string): Promise<FoundFile | undefined> {
  const root = await realpath(folder).catch(() => undefined);
  const real = await realpath(wanted).catch(() => undefined);
  if (root === undefined || real === undefined) return undefined;
  if (
    !isBelow(root, real) ||
    relative(root, real)
      .split(sep)
      .some((part) => part.startsWith('.'))
  )
    throw forbidden(path);
  const stat = await lstat(real);
  if (!stat.isFile()) throw forbidden(path);
  return { real, snapshot: { size: stat.size, mtimeMs: stat.mtimeMs, ino: stat.ino } };
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(resolve(folder), path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function forbidden(path: string): PawlError {
  return new PawlError('PAWL_FILE_FORBIDDEN', `Pawl may not read ${JSON.stringify(path.slice(0, 200))}.`, {
    hint: 'Only plain, visible files below the folders of PAWL_FILES are read, without links out of them.',
  });
}
