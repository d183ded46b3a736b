import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';

import type { ClusterLayout } from './layout.ts';

/**
 * What a pid stands for: `dead` (or a zombie), the cluster's `postmaster`, something `other`, or `unknown` where the
 * machine does not tell; then only a connection can.
 */
export type ProcessKind = 'dead' | 'postmaster' | 'other' | 'unknown';

/** Says what runs under `pid`. A pid of an earlier boot or container may belong to anything by now. */
export function identify(pid: number, layout: ClusterLayout): ProcessKind {
  if (!isAlive(pid)) return 'dead';
  const command = commandOf(pid);
  if (command === undefined) return 'unknown';
  const folder = postmasterFolder(command);
  if (folder === undefined) return 'other';
  if (folder === layout.clusterDir) return 'postmaster';
  return sameOrMissing(folder, layout.clusterDir) ? 'unknown' : 'other';
}

/** True while the process exists and has not ended; a zombie that nobody reaps has ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name stands in brackets and may hold any character, brackets too; the state follows it.
    return !/^ [ZX]/.test(stat.slice(stat.lastIndexOf(')') + 1));
  } catch {
    return false;
  }
}

/** Every PostgreSQL process of the cluster, its postmaster included; empty where the machine does not tell. */
export function processesOf(layout: ClusterLayout): number[] {
  return listCommands()
    .filter(({ command }) => belongs(command, layout))
    .map(({ pid }) => pid);
}

function belongs(command: readonly string[], layout: ClusterLayout): boolean {
  // A child's title is "postgres: <cluster name>: what it does"; until it has set it, it bears its parent's command.
  return (
    command[0]?.startsWith(`postgres: ${layout.clusterName}: `) === true ||
    postmasterFolder(command) === layout.clusterDir
  );
}

/** The data directory of a postmaster's command line (`…/postgres -D FOLDER`), undefined for any other command. */
function postmasterFolder(command: readonly string[]): string | undefined {
  const at = command.indexOf('-D');
  return at > 0 && /postgres(\.exe)?$/.test(command[at - 1] ?? '') ? command[at + 1] : undefined;
}

/** A folder that was moved while its PostgreSQL ran cannot be told by name: then nobody may call it another's. */
function sameOrMissing(folder: string, clusterDir: string): boolean {
  try {
    const [a, b] = [statSync(folder, { bigint: true }), statSync(clusterDir, { bigint: true })];
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return true;
  }
}

function commandOf(pid: number): string[] | undefined {
  if (process.platform === 'linux') return linuxCommand(pid);
  if (process.platform === 'win32') return undefined;
  return parsePs(ps('-p', String(pid)))[0]?.command;
}

function listCommands(): { pid: number; command: string[] }[] {
  if (process.platform === 'win32') return [];
  if (process.platform !== 'linux') return parsePs(ps('-ax'));
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && isAlive(Number(entry)))
    .map((entry) => ({ pid: Number(entry), command: linuxCommand(Number(entry)) ?? [] }));
}

function linuxCommand(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return undefined;
  }
}

function ps(...which: string[]): string {
  try {
    return execFileSync('ps', [...which, '-ww', '-o', 'pid=,command='], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}

/** `ps` joins arguments by blanks, which folders may hold too: everything after ` -D ` is taken as the folder, as Pawl passes it last. */
function parsePs(output: string): { pid: number; command: string[] }[] {
  return output.split('\n').flatMap((line) => {
    const [, pid, command] = /^\s*(\d+)\s(.*)$/.exec(line) ?? [];
    if (pid === undefined || command === undefined) return [];
    const at = command.indexOf(' -D ');
    return [{ pid: Number(pid), command: at < 0 ? [command] : [command.slice(0, at), '-D', command.slice(at + 4)] }];
  });
}
