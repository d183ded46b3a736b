import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensureError, PawlError } from '@pawl/core';

/** Longest key file (bytes). */
const fileBytes = 4_096;
const ownerOnly = 0o600;

/** The text of a key file that its owner alone can read; undefined where there is none. Throws PAWL_SECRET_KEY. */
export async function readKeyFile(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unusable(`The key file ${path} cannot be opened (${codeOf(error)}).`, error);
  });
  if (file === undefined) return undefined;
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > fileBytes) throw unusable(`${path} is no key file.`);
    if ((stat.mode & 0o077) !== 0) throw unusable(`Others can read the key file ${path}. Run: chmod 600 ${path}`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** Puts a text in a new file, on the disk before it has its name; false where there is one of that name already. */
export async function createKeyFile(path: string, text: string): Promise<boolean> {
  const draft = join(dirname(path), `.key-${randomUUID()}`);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(draft, 'wx', ownerOnly);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    try {
      await link(draft, path);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await unlink(draft);
    }
    await syncFolder(path);
    return true;
  } catch (error) {
    throw unusable(`The key file ${path} cannot be written (${codeOf(error)}).`, error);
  }
}

/** Puts a key file in the place of another, in one step. */
export async function replaceKeyFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
    await syncFolder(to);
  } catch (error) {
    throw unusable(`The key file ${to} cannot be replaced (${codeOf(error)}).`, error);
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function unusable(message: string, cause?: unknown): PawlError {
  return new PawlError('PAWL_SECRET_KEY', message, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'Pawl keeps the key of its secrets there; it must belong to Pawl alone.',
  });
}

function codeOf(thrown: unknown): string {
  const error = ensureError(thrown);
  return 'code' in error ? String(error.code) : error.message;
}
