import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { waitUntil } from './wait-until.ts';

/** A program that a test started and may treat badly. */
export interface Program {
  readonly pid: number;
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** True until it has ended. */
  readonly living: boolean;
  /** How it ended: its exit code, or the name of the signal. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** kill -9, and waits until it is gone; its children live on. */
  kill(): Promise<void>;
  /** Stops it where it stands (SIGSTOP), and waits until the kernel has done so. */
  freeze(): Promise<void>;
  /** Lets it go on (SIGCONT). */
  thaw(): void;
  /** Asks it to end (SIGTERM), waits for that at most `timeoutMs` (default 20,000), then kills it. */
  stop(timeoutMs?: number): Promise<number | NodeJS.Signals>;
}

/** How to start a program. */
export interface ProgramOptions {
  readonly args: readonly string[];
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** What it reads on standard input. Default: nothing. */
  readonly input?: string | Buffer;
  /** Told each piece of what it prints. */
  readonly onOutput?: (text: string) => void;
}

/** Only so much of what a program prints is kept (characters): the last. */
const keptOutput = 1_000_000;
const defaultStopMs = 20_000;

/** Programs that live: none outlives a test that fails. */
const living = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** Starts Node with these arguments. It is killed when this process ends. */
export function startProgram({ args, env = {}, cwd, input, onOutput }: ProgramOptions): Program {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  living.add(child);
  child.once('exit', () => living.delete(child));
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      printed[name] = (printed[name] + text).slice(-keptOutput);
      onOutput?.(text);
    });
  }
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const isLiving = (): boolean => child.exitCode === null && child.signalCode === null;
  const pid = child.pid ?? -1;
  return {
    pid,
    child,
    ended,
    get stdout() {
      return printed.stdout;
    },
    get stderr() {
      return printed.stderr;
    },
    get living() {
      return isLiving();
    },
    async kill() {
      child.kill('SIGKILL');
      if (isLiving()) await once(child, 'exit');
    },
    async freeze() {
      child.kill('SIGSTOP');
      await waitUntil(`process ${pid} is stopped`, () => stateOf(pid) === 'T');
    },
    thaw: () => void child.kill('SIGCONT'),
    async stop(timeoutMs = defaultStopMs) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      const how = await ended;
      clearTimeout(timer);
      return how;
    },
  };
}

/** Sends a signal to processes that may be gone already. Returns how many were there. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): number {
  let reached = 0;
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
      reached += 1;
    } catch {
      // It ended by itself meanwhile.
    }
  }
  return reached;
}

/** State of a process as the kernel tells it (`R`, `S`, `T` for stopped, `Z`…); undefined where it is gone. Linux only. */
export function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  } catch {
    return undefined;
  }
}
