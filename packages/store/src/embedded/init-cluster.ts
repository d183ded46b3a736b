import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { PawlError } from '@pawl/core';

import { type Account, chooseAccount } from './account.ts';
import { type Binaries, POSTGRES_MAJOR } from './binaries.ts';
import { CUSTOM_CONF, INCLUDES } from './cluster-conf.ts';
import { diskFull } from './file-errors.ts';
import { type ClusterLayout, stagingPrefix } from './layout.ts';
import { programEnv } from './program-env.ts';

/** The database's superuser. */
export const DATABASE_USER = 'pawl';
const PASSWORD_BYTES = 32;

/**
 * Makes sure that the cluster exists in our version of PostgreSQL. It is made in a folder of its own and moved to its
 * place when whole and on disk, so an interrupted attempt leaves nothing that looks like a cluster. The caller holds
 * the change lock. Returns the account that must run it.
 */
export async function ensureCluster(layout: ClusterLayout, binaries: Binaries): Promise<Account> {
  refuseOtherVersion(layout);
  for (const entry of readdirSync(layout.dataDir)) {
    // A killed Pawl's initdb may still be writing there; what it leaves goes at the next start.
    if (entry.startsWith(stagingPrefix(layout))) rmSync(join(layout.dataDir, entry), { recursive: true, force: true });
  }
  if (existsSync(layout.clusterDir)) return chooseAccount(layout, binaries.postgres, layout.clusterDir);
  const staging = mkdtempSync(join(layout.dataDir, stagingPrefix(layout)));
  try {
    const account = chooseAccount(layout, binaries.postgres, staging);
    await initInto(staging, layout, binaries, account);
    renameSync(join(staging, 'data'), layout.clusterDir);
    syncFolder(layout.dataDir);
    return account;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** The cluster's password. Throws PAWL_STORE_EMBEDDED when a cluster exists without its password. */
export function ensurePassword(layout: ClusterLayout): string {
  const kept = readIfThere(layout.passwordFile)?.trim();
  if (kept !== undefined && kept !== '') return kept;
  if (existsSync(layout.clusterDir)) {
    throw new PawlError(
      'PAWL_STORE_EMBEDDED',
      `The password of the database in ${layout.clusterDir} is missing from ${layout.passwordFile}.`,
      {
        hint: 'Put the file back from a copy of the data folder, or set PAWL_DATA to a new folder.',
      },
    );
  }
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  writeFileSync(`${layout.passwordFile}.new`, `${password}\n`, { mode: 0o600, flush: true });
  renameSync(`${layout.passwordFile}.new`, layout.passwordFile);
  return password;
}

/** Gives a folder and all in it to the account, where that is not the current user. */
export function giveTo(account: Account, folder: string): void {
  if (account.chownTo === undefined) return;
  const { uid, gid } = account.chownTo;
  lchownSync(folder, uid, gid);
  for (const entry of readdirSync(folder, { recursive: true })) lchownSync(join(folder, String(entry)), uid, gid);
}

function refuseOtherVersion(layout: ClusterLayout): void {
  if (existsSync(layout.clusterDir)) return refuseIfOther(layout.clusterDir);
  // A new Pawl would make an empty cluster beside the one that holds the user's data.
  if (layout.name !== `pg${POSTGRES_MAJOR}`) return;
  for (const entry of readdirSync(layout.dataDir)) {
    if (/^pg\d+$/.test(entry)) refuseIfOther(join(layout.dataDir, entry));
  }
}

function refuseIfOther(clusterDir: string): void {
  const version = readIfThere(join(clusterDir, 'PG_VERSION'))?.trim();
  if (version === POSTGRES_MAJOR) return;
  if (version === undefined) {
    throw new PawlError(
      'PAWL_STORE_DATA_VERSION',
      `The folder ${clusterDir} is in the place of Pawl's database but is not one (no PG_VERSION); nothing was changed.`,
      {
        hint: 'Move it away, or put the whole data folder back from a copy.',
      },
    );
  }
  throw new PawlError(
    'PAWL_STORE_DATA_VERSION',
    `The folder ${clusterDir} was written by PostgreSQL ${version}, and this Pawl brings PostgreSQL ${POSTGRES_MAJOR}; nothing was changed.`,
    {
      hint: `To migrate: start the Pawl that made it, dump the database with pg_dump ${version}, set PAWL_DATA to a new folder, start this Pawl, and load the dump. Or serve the folder by a PostgreSQL ${version} of your own and set PAWL_DATABASE_URL.`,
    },
  );
}

async function initInto(staging: string, layout: ClusterLayout, binaries: Binaries, account: Account): Promise<void> {
  const data = join(staging, 'data');
  const passwordFile = join(staging, 'password');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(passwordFile, ensurePassword(layout), { mode: 0o600 });
  giveTo(account, staging);
  // biome-ignore format: options and their values stay side by side
  const args = [
    '--pgdata', data, '--username', DATABASE_USER, '--pwfile', passwordFile, '--auth', 'scram-sha-256',
    // Sorting by code point is the same on every machine, for ever; a system's locale changes with its library.
    '--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8',
    '--data-checksums', '--no-instructions',
  ];
  const { code, output } = await runProgram(account, binaries.initdb, args);
  if (/No space left on device|Disk quota exceeded/.test(output)) throw diskFull(layout.dataDir);
  if (code !== 0) {
    const said = output.trim().split('\n').slice(-3).join(' ');
    throw new PawlError(
      'PAWL_STORE_EMBEDDED',
      `PostgreSQL could not make its data folder in ${layout.dataDir}: ${said}`,
      {
        hint: 'Set PAWL_DATA to another folder, or PAWL_DATABASE_URL to a PostgreSQL of your own.',
      },
    );
  }
  writeFileSync(join(data, CUSTOM_CONF), '# Settings here win over those of Pawl.\n', { mode: 0o600, flush: true });
  appendFileSync(join(data, 'postgresql.conf'), INCLUDES, { flush: true });
}

function runProgram(
  account: Account,
  program: string,
  args: readonly string[],
): Promise<{ code: number | null; output: string }> {
  const [first, ...rest] = [...account.prefix, program, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(first as string, rest, {
      ...account.spawnAs,
      cwd: '/',
      env: programEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', (cause) => {
      reject(
        new PawlError('PAWL_STORE_EMBEDDED', `The program ${program} cannot run on this machine (${cause.message}).`, {
          cause,
          hint: 'Set PAWL_DATABASE_URL to a PostgreSQL of your own.',
        }),
      );
    });
    child.once('close', (code) => resolve({ code, output }));
  });
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return; // cannot be opened there, and needs no sync
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
