import { readFileSync, readlinkSync } from 'node:fs';

/** Which process this is, so that a reused pid is not taken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Id of the machine's boot; undefined where the system does not tell: then nothing is concluded. */
  readonly boot?: string;
  /** The space that the pid is counted in: another container of the same machine has pids of its own. */
  readonly space?: string;
  /** When the process started, in the system's ticks since the boot. */
  readonly start?: string;
}

/** The identity of a living process. Only Linux tells boot, space and start time. */
export function processIdentity(pid: number): ProcessIdentity {
  const boot = tryTo(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const space = tryTo(() => readlinkSync('/proc/self/ns/pid'));
  const start = tryTo(() => startOf(pid));
  return {
    pid,
    ...(boot === undefined ? {} : { boot }),
    ...(space === undefined ? {} : { space }),
    ...(start === undefined ? {} : { start }),
  };
}

/**
 * Whether the process surely is no more: this machine has not been started since, its pids are counted as ours, and
 * its pid belongs to nobody or to a later process. Whatever cannot be read proves nothing.
 */
export function isSurelyDead(identity: ProcessIdentity): boolean {
  const { boot, space, start } = identity;
  const here = processIdentity(process.pid);
  if (boot === undefined || boot !== here.boot || space === undefined || space !== here.space || start === undefined)
    return false;
  try {
    return startOf(identity.pid) !== start;
  } catch {
    return false;
  }
}

/**
 * Field 22 of /proc/PID/stat; the name before it may hold blanks and brackets. Undefined: there is no such process. A
 * zombie is dead: it sends nothing more. Throws where the system does not answer.
 */
function startOf(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ESRCH: it ended while it was read.
    if ((code === 'ENOENT' || code === 'ESRCH') && readsProc()) return undefined;
    throw error;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** Whether /proc is there and tells of pid 1, which another user owns: one that hides others' processes proves nothing. */
function readsProc(): boolean {
  return tryTo(() => readFileSync('/proc/1/stat', 'utf8')) !== undefined;
}

function tryTo<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
