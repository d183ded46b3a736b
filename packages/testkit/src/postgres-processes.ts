import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The processes of a PostgreSQL: the postmaster first, then its children. Empty where none runs. Linux only. */
export function postgresProcesses(clusterDir: string): number[] {
  const postmaster = postmasterOf(clusterDir);
  if (postmaster === undefined) return [];
  const children = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && parentOf(entry) === postmaster)
    .map(Number);
  return [postmaster, ...children];
}

/** Pid of the living postmaster of a data directory; undefined where none lives. */
export function postmasterOf(clusterDir: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8').split('\n')[0]);
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return command.includes(clusterDir) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
