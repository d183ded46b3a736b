import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { promisify } from 'node:util';
import type { Log } from '@pawl/core';
import { runLimits } from './limits.ts';

/** Where programs are looked for, whatever the environment of Pawl says. */
export const programPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** How programs are kept apart from this machine. */
export interface Jail {
  /** The words before a program's own; `folder` is the one folder that it may write to. */
  wrap(folder: string, limited: boolean): readonly string[];
  /** The user that programs run as, where it is not Pawl's own. */
  readonly user: number | undefined;
}

/**
 * Finds the best jail of this machine: bubblewrap, else Linux namespaces by `unshare`, else none. Says once and loudly
 * what is missing.
 */
export async function findJail(log: Log): Promise<Jail> {
  const root = getuid?.() === 0;
  const user = root && pathOf('setpriv') !== undefined ? runLimits.programUser : undefined;
  const bounds = boundsOf(user !== undefined);
  if (await works([...bubblewrap('/tmp'), 'true']))
    return { user, wrap: (folder, limited) => [...bubblewrap(folder), ...(limited ? bounds : [])] };
  const namespaces = namespacesFor(root);
  const apart = await works([...namespaces, 'true']);
  const missing = apart
    ? 'they see the file system as the user that they run as'
    : 'they see the file system, the network and other processes as the user that they run as';
  log.warn(
    { user: user ?? getuid?.() },
    `Reduced isolation of shell commands and Python: without bubblewrap (bwrap), ${missing}.`,
  );
  return {
    user,
    wrap: (_folder, limited) => [...(apart ? namespaces : []), ...(limited ? bounds : [])],
  };
}

/** The absolute path of a program; undefined where it is not installed. */
export function pathOf(name: string): string | undefined {
  return programPath
    .split(':')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** Everything is read-only but the program's own folder; nothing of the network, of other processes and of home folders is there. */
function bubblewrap(folder: string): readonly string[] {
  const seen = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/etc/alternatives', '/etc/ld.so.cache', '/etc/ssl'];
  return [
    ...['bwrap', '--unshare-all', '--die-with-parent', '--new-session'],
    ...seen.flatMap((path) => ['--ro-bind-try', path, path]),
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--bind', folder, folder, '--chdir', folder, '--'],
  ];
}

/** Own processes, network, mounts, host name and IPC. All processes end with the first of them, and it with Pawl. */
function namespacesFor(root: boolean): readonly string[] {
  const user = root ? [] : ['--user', '--map-current-user'];
  const kinds = ['--mount', '--pid', '--net', '--ipc', '--uts'];
  const orphaned = pathOf('setpriv') === undefined ? [] : ['setpriv', '--pdeathsig', 'KILL', '--'];
  return [...orphaned, 'unshare', ...user, ...kinds, '--fork', '--kill-child=SIGKILL', '--mount-proc', '--'];
}

/**
 * Bounds of processes, memory, files; no way to more rights. The number of processes is counted per user, so that it is
 * bounded only where programs have a user of their own.
 */
function boundsOf(ownUser: boolean): readonly string[] {
  const words: string[] = [];
  if (pathOf('setpriv') !== undefined) {
    const id = runLimits.programUser;
    // To die with its parent is forgotten when the user changes, so it is said here again.
    words.push('setpriv', '--no-new-privs', '--pdeathsig', 'KILL');
    if (ownUser) words.push(`--reuid=${id}`, `--regid=${id}`, '--clear-groups');
    words.push('--');
  }
  if (pathOf('prlimit') === undefined) return words;
  words.push('prlimit', `--data=${runLimits.processData}`, `--fsize=${runLimits.fileBytes}`, '--core=0');
  words.push(`--nofile=${runLimits.openFiles}`, ...(ownUser ? [`--nproc=${runLimits.processes}`] : []), '--');
  return words;
}

async function works([program = '', ...words]: readonly string[]): Promise<boolean> {
  const path = pathOf(program);
  if (path === undefined) return false;
  try {
    await promisify(execFile)(path, words, { env: { PATH: programPath }, timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
