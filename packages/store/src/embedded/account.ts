import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';

import { PawlError } from '@pawl/core';

import type { ClusterLayout } from './layout.ts';

/** As whom PostgreSQL's programs run; it refuses to run as root. */
export interface Account {
  /** How it is done, for the log. */
  readonly how: string;
  /** Program and arguments that stand before the command. Each replaces itself by the command, so the pid stays. */
  readonly prefix: readonly string[];
  /** Handed to `spawn`. */
  readonly spawnAs: Ids | undefined;
  /** Who must own the cluster's folders, when that is not the current user. */
  readonly chownTo: Ids | undefined;
}

/** A user and a group of the system. */
export interface Ids {
  readonly uid: number;
  readonly gid: number;
}

const DIRECT: Account = { how: 'as the current user', prefix: [], spawnAs: undefined, chownTo: undefined };
const PROBE_TIMEOUT_MS = 10_000;

/**
 * Chooses the account. Not root: the current user. Root: a user namespace (the files stay root's, and a home that only
 * root may enter is no obstacle), else the owner of the cluster or `nobody`, keeping the one right to pass root's
 * folders, else that user where it can reach data and programs by itself. Each is tried by running PostgreSQL's
 * `--version` on `folder`. Throws PAWL_STORE_ROOT when none works.
 */
export function chooseAccount(layout: ClusterLayout, postgres: string, folder: string): Account {
  if (process.platform === 'win32') return DIRECT;
  const isRoot = process.getuid?.() === 0;
  // initdb wants a name for its user, which an arbitrary uid in a container does not have.
  if (!isRoot && hasName()) return DIRECT;
  const candidates = isRoot ? rootCandidates(ownerOf(layout.clusterDir)) : [userNamespace(anyUser()), DIRECT];
  const found = candidates.find((account) => works(account, layout, postgres, folder));
  if (found !== undefined) return found;
  if (!isRoot) return DIRECT; // what it prints then says more than Pawl can
  throw new PawlError(
    'PAWL_STORE_ROOT',
    `PostgreSQL refuses to run as root, and this machine offers no other account that reaches ${layout.dataDir}.`,
  );
}

function rootCandidates(owner: Ids | undefined): Account[] {
  // A cluster that belongs to another user was made under that user, and PostgreSQL insists on its owner.
  const foreign = owner !== undefined && owner.uid !== 0 ? owner : undefined;
  const user = foreign ?? anyUser();
  return [...(foreign === undefined ? [userNamespace(user)] : []), keepingPassage(user), plainUser(user)];
}

function userNamespace({ uid, gid }: Ids): Account {
  return {
    how: 'in a user namespace',
    prefix: ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`],
    spawnAs: undefined,
    chownTo: undefined,
  };
}

function keepingPassage(ids: Ids): Account {
  const { uid, gid } = ids;
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  const rights = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return {
    how: `as user ${uid} with passage`,
    prefix: ['setpriv', ...identity, ...rights],
    spawnAs: undefined,
    chownTo: ids,
  };
}

function plainUser(ids: Ids): Account {
  return { how: `as user ${ids.uid}`, prefix: [], spawnAs: ids, chownTo: ids };
}

function works(account: Account, layout: ClusterLayout, postgres: string, folder: string): boolean {
  // The files in the data folder are readable by Pawl alone, so passing through it shows nothing.
  if (account.spawnAs !== undefined) chmodSync(layout.dataDir, 0o711);
  // The folder itself may still belong to root: it is given away later. Whether the way to it is open is what counts.
  const script = 'test "$(id -u)" != 0 && id -un && test -d "$1" && exec "$2" --version';
  const [program, ...args] = [...account.prefix, '/bin/sh', '-c', script, 'probe', folder, postgres];
  const probe = spawnSync(program as string, args, { ...account.spawnAs, stdio: 'ignore', timeout: PROBE_TIMEOUT_MS });
  return probe.status === 0;
}

function ownerOf(folder: string): Ids | undefined {
  try {
    const { uid, gid } = statSync(folder);
    return { uid, gid };
  } catch {
    return undefined;
  }
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

/** `nobody`, else any user but root that the system knows by name. */
function anyUser(): Ids {
  const users = readPasswd();
  const chosen = users.find(({ name }) => name === 'nobody') ?? users.find(({ uid }) => uid > 0);
  return chosen === undefined ? { uid: 65534, gid: 65534 } : { uid: chosen.uid, gid: chosen.gid };
}

function readPasswd(): { name: string; uid: number; gid: number }[] {
  try {
    const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
    return lines
      .map((line) => line.split(':'))
      .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
  } catch {
    return [];
  }
}
