import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { ClusterLayout } from './layout.ts';
import { programEnv } from './program-env.ts';

/** The process that stops PostgreSQL when this one dies. */
export interface Watcher {
  /** Ends the watcher without any further effect: PostgreSQL is taken care of. */
  dismiss(): void;
}

/** What the watcher is told, as JSON in its arguments. */
export interface WatcherTask {
  readonly layout: ClusterLayout;
  readonly pgCtl: string;
  readonly graceMs: number;
}

/**
 * Starts the watcher. It notices the death of this process, kill -9 included, by the end of the pipe that only this
 * process holds. On POSIX it waits in `cat` (a megabyte) and becomes Node (forty) only then.
 */
export function startWatcher(task: WatcherTask): Watcher {
  const node = [process.execPath, fileURLToPath(new URL('./watcher-main.ts', import.meta.url)), JSON.stringify(task)];
  const posix = process.platform !== 'win32';
  const command = posix ? ['/bin/sh', '-c', 'cat >/dev/null; exec "$@"', 'pawl-watcher', ...node] : node;
  const [program, ...args] = command;
  const child = spawn(program as string, args, {
    cwd: posix ? '/' : task.layout.dataDir,
    env: programEnv(),
    detached: true, // a session of its own: what ends the terminal or the group of this process must not end it
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
  });
  child.once('error', () => undefined); // without a watcher the next Pawl adopts what is left
  child.stdin.on('error', () => undefined);
  child.unref();
  (child.stdin as unknown as { unref?: () => void }).unref?.();
  return {
    dismiss: () => {
      if (child.pid === undefined || child.exitCode !== null) return;
      try {
        // The whole group: the shell and its `cat`.
        process.kill(posix ? -child.pid : child.pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    },
  };
}
