import { spawn } from 'node:child_process';
import { rmdirSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { CLUSTER_NAME_PREFIX, type ClusterLayout } from './layout.ts';
import { readPostmasterFile } from './postmaster-file.ts';
import { identify, isAlive, processesOf } from './processes.ts';

/**
 * How long a fast shutdown (with its checkpoint of at most `shared_buffers`) may take before PostgreSQL is stopped
 * without one. It can also hang for ever: tried, when it comes while PostgreSQL recovers from the death of its checkpointer.
 */
const FAST_SHUTDOWN_MS = 15_000;
/** How long an immediate shutdown may take before the processes are killed; both are safe, recovery repeats the rest. */
const IMMEDIATE_SHUTDOWN_MS = 5_000;
const POLL_MS = 20;

/**
 * Stops the cluster's PostgreSQL if it runs, whoever started it, and waits until it is gone. The caller holds the
 * change lock. A pid that may not be this cluster's is left alone.
 */
export async function stopPostmaster(layout: ClusterLayout, pgCtl: string): Promise<void> {
  const file = readPostmasterFile(layout.clusterDir);
  if (file === undefined) return;
  if (process.platform === 'win32') return stopOnWindows(layout, pgCtl);
  const kind = identify(file.pid, layout);
  if (kind === 'dead') return endProcesses(layout);
  if (kind !== 'postmaster') return;
  // Signals of PostgreSQL: INT = fast (ends sessions, writes a checkpoint), QUIT = immediate. While it starts there is
  // nothing that a checkpoint would save.
  const started = file.status !== 'starting' && file.status !== '';
  if (started) signal([file.pid], 'SIGINT');
  if (!started || !(await gone(() => isAlive(file.pid), FAST_SHUTDOWN_MS))) await endProcesses(layout);
  removeSocketDir(file.socketDir);
}

/**
 * Ends what is left of a PostgreSQL whose postmaster died: its children notice that themselves unless they are busy,
 * and a new postmaster refuses to start beside them.
 */
export async function endProcesses(layout: ClusterLayout): Promise<void> {
  const living = (): boolean => processesOf(layout).length > 0;
  if (!living()) return;
  signal(processesOf(layout), 'SIGQUIT');
  if (await gone(living, IMMEDIATE_SHUTDOWN_MS)) return;
  signal(processesOf(layout), 'SIGKILL');
  await gone(living, IMMEDIATE_SHUTDOWN_MS);
}

/** Leaves no empty folder in the temporary directory. */
function removeSocketDir(folder: string): void {
  if (!basename(folder).startsWith(CLUSTER_NAME_PREFIX)) return;
  try {
    rmdirSync(folder);
  } catch {
    // Not empty, or gone: the next start finds out.
  }
}

async function gone(living: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (living()) {
    if (performance.now() >= deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It ended in between, which is what was wanted.
    }
  }
}

/** Windows has no signals; pg_ctl speaks to PostgreSQL through a pipe of its own. */
async function stopOnWindows(layout: ClusterLayout, pgCtl: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const child = spawn(
      pgCtl,
      ['stop', '-D', layout.clusterDir, '-m', 'fast', '-w', '-t', String(FAST_SHUTDOWN_MS / 1000)],
      {
        stdio: 'ignore',
        windowsHide: true,
      },
    );
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
}
