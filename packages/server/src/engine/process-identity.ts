import { readFileSync } from 'node:fs';

/** Which process this is, so that a reused pid is not taken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Id of the machine's boot; undefined where the system does not tell: then nothing is concluded. */
  readonly boot?: string;
  /** When the process started, in the system's ticks since the boot. */
  readonly start?: string;
}

/** The identity of a living process. Only Linux tells boot and start time. */
export function processIdentity(pid: number): ProcessIdentity {
  const boot = read('/proc/sys/kernel/random/boot_id')?.trim();
  const start = startOf(pid);
  return { pid, ...(boot === undefined ? {} : { boot }), ...(start === undefined ? {} : { start }) };
}

/** Whether the process lives: there is one with its pid that started when it did. */
export function isSameProcess(identity: ProcessIdentity): boolean {
  return identity.start === undefined || startOf(identity.pid) === identity.start;
}

/** Field 22 of /proc/PID/stat; the name before it may hold blanks and brackets. A zombie is dead: it sends nothing more. */
function startOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
