import { ensureError } from '@pawl/core';

import type { Running } from './ensure-running.ts';
import { isAlive } from './processes.ts';

/** A death of PostgreSQL that nobody asked for. */
export interface Exit {
  /** The postmaster that died. */
  readonly pid: number;
  /** It is being started again. */
  readonly restarting: boolean;
}

/** Watches over a running PostgreSQL. */
export interface Supervisor {
  /** The last PostgreSQL that ran. */
  readonly current: Running;
  /** Ends the watching; waits for a restart under way. */
  stop(): Promise<void>;
}

const CHECK_MS = 200;
const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 5_000;

/**
 * Looks for the postmaster's process five times a second, which works for an adopted one too, and brings it up again
 * when it is gone. An attempt that fails is repeated for ever, further and further apart: the reason (a full disk) may
 * pass, and the log says what it is.
 */
export function supervise(
  first: Running,
  options: {
    restart: boolean;
    bringUp: () => Promise<Running>;
    onExit: (exit: Exit) => void;
    onLog: (line: string) => void;
  },
): Supervisor {
  let current = first;
  let stopping = false;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let restarting: Promise<void> = Promise.resolve();

  const next = (delayMs: number, action: () => void): void => {
    if (!stopping) timer = setTimeout(action, delayMs).unref();
  };
  const check = (): void => {
    if (isAlive(current.pid)) return next(CHECK_MS, check);
    options.onLog(`PostgreSQL (pid ${current.pid}) died`);
    options.onExit({ pid: current.pid, restarting: options.restart });
    if (options.restart) next(0, bringUp);
  };
  const bringUp = (): void => {
    restarting = options.bringUp().then(
      (running) => {
        current = running;
        failures = 0;
        next(CHECK_MS, check);
      },
      (error: unknown) => {
        failures += 1;
        options.onLog(`PostgreSQL could not be started again: ${ensureError(error).message}`);
        next(Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** failures), bringUp);
      },
    );
  };
  next(CHECK_MS, check);
  return {
    get current() {
      return current;
    },
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      await restarting;
    },
  };
}
