import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PawlError } from '@pawl/core';

import type { Account } from './account.ts';
import { lastSocketDir, SOCKET_PORT } from './cluster-conf.ts';
import type { ClusterLayout } from './layout.ts';

/** A socket's path longer than this is fatal to PostgreSQL on some system: 107 bytes on Linux, 103 on macOS. */
const SOCKET_PATH_BYTES_MAX = 103;
/** Further names to try when somebody else has taken the first. */
const SPARE_NAMES = 9;

/**
 * Makes (or finds) the folder for the cluster's socket: mode 0700, owned by the account that runs PostgreSQL, no link,
 * with a path short enough. It lies under the temporary directory, whatever the length of the data folder's path; what
 * others have put there in its name is passed over. Undefined on Windows.
 */
export function openSocketDir(layout: ClusterLayout, account: Account, port: number | undefined): string | undefined {
  if (process.platform === 'win32') return undefined;
  const socketName = `.s.PGSQL.${port ?? SOCKET_PORT}`;
  const found = candidates(layout).find(
    (folder) => Buffer.byteLength(join(folder, socketName)) <= SOCKET_PATH_BYTES_MAX && claimFolder(folder, account),
  );
  if (found === undefined) {
    throw new PawlError(
      'PAWL_STORE_EMBEDDED',
      `There is no folder for PostgreSQL's socket under ${tmpdir()} that is short and Pawl's own.`,
      {
        hint: 'Set TMPDIR to a folder with a short path in which Pawl may write.',
      },
    );
  }
  // Remains of a killed PostgreSQL; the caller knows that none runs.
  for (const remains of [socketName, `${socketName}.lock`]) rmSync(join(found, remains), { force: true });
  return found;
}

/** The folder of the last start comes first, so that processes with different temporary directories agree. */
function candidates(layout: ClusterLayout): string[] {
  const last = lastSocketDir(layout);
  const roots = [...new Set([tmpdir(), '/tmp', '/var/tmp'])];
  const names = [
    layout.clusterName,
    ...Array.from({ length: SPARE_NAMES }, (_, n) => `${layout.clusterName}-${n + 1}`),
  ];
  return [...(last === undefined ? [] : [last]), ...roots.flatMap((root) => names.map((name) => join(root, name)))];
}

function claimFolder(folder: string, account: Account): boolean {
  try {
    if (!existsSync(folder)) {
      mkdirSync(folder, { mode: 0o700 });
      if (account.chownTo !== undefined) chownSync(folder, account.chownTo.uid, account.chownTo.gid);
    }
    const stat = lstatSync(folder);
    if (!stat.isDirectory() || stat.uid !== (account.chownTo?.uid ?? process.getuid?.())) return false;
    chmodSync(folder, 0o700);
    return true;
  } catch {
    return false;
  }
}
