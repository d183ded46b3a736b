import { spawn } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { PawlError } from '@pawl/core';

import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { writeConf } from './cluster-conf.ts';
import { diskFull } from './file-errors.ts';
import { giveTo } from './init-cluster.ts';
import type { ClusterLayout } from './layout.ts';
import { readPostmasterFile } from './postmaster-file.ts';
import { identify } from './processes.ts';
import { programEnv } from './program-env.ts';
import { openSocketDir } from './socket-dir.ts';
import { endProcesses } from './stop-postmaster.ts';

/** Recovery after a crash reads up to `max_wal_size` of log, on slow disks too. */
export const START_TIMEOUT_MS = 300_000;
const POLL_MS = 10;
const LOG_BYTES_MAX = 5 * 1024 * 1024;
const LOG_TAIL_BYTES = 16 * 1024;

/** What it takes to start the cluster. */
export interface StartContext {
  readonly layout: ClusterLayout;
  readonly binaries: Binaries;
  readonly account: Account;
  /** TCP port on 127.0.0.1; undefined = socket only. */
  readonly port: number | undefined;
}

/**
 * Starts PostgreSQL on the cluster and waits until it takes connections. The caller holds the change lock and knows that
 * no postmaster of the cluster lives. Returns the postmaster's pid. PostgreSQL outlives this process on purpose: the
 * watcher stops it, or the next Pawl adopts it.
 */
export async function startPostmaster(context: StartContext): Promise<number> {
  const { layout, account, port } = context;
  await clearRemains(layout);
  writeConf(layout, { socketDir: openSocketDir(layout, account, port), tcpPort: port });
  giveTo(account, layout.clusterDir);
  const log = openLog(layout.logFile);
  const logStart = fstatSync(log).size;
  try {
    return await untilReady(context, launch(context, log), logStart);
  } finally {
    closeSync(log);
  }
}

/** Waits for the living postmaster of the cluster to become ready; undefined once it is gone or stopping. */
export async function waitReady(layout: ClusterLayout, timeoutMs: number): Promise<number | undefined> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    const file = readPostmasterFile(layout.clusterDir);
    if (file === undefined || ['dead', 'other'].includes(identify(file.pid, layout))) return undefined;
    if (file.status === 'ready') return file.pid;
    if (file.status === 'stopping') return undefined;
    await sleep(POLL_MS);
  }
  throw new PawlError(
    'PAWL_STORE_EMBEDDED',
    `PostgreSQL in ${layout.clusterDir} was not ready after ${Math.round(timeoutMs / 1000)} s; see ${layout.logFile}.`,
  );
}

/** Ends children of a dead postmaster and removes its pid file, which would stop a new one if the pid is in use again. */
async function clearRemains(layout: ClusterLayout): Promise<void> {
  await endProcesses(layout);
  const file = readPostmasterFile(layout.clusterDir);
  if (file === undefined || ['dead', 'other'].includes(identify(file.pid, layout))) {
    rmSync(join(layout.clusterDir, 'postmaster.pid'), { force: true });
  }
}

interface Launched {
  /** The postmaster's pid; on Windows that of pg_ctl. */
  readonly pid: number | undefined;
  /** Resolves with a reason when it did not start. */
  readonly failed: Promise<string>;
}

function launch({ layout, binaries, account }: StartContext, log: number): Launched {
  // On Windows pg_ctl gives up an administrator's rights, with which PostgreSQL refuses to run.
  const command =
    process.platform === 'win32'
      ? [binaries.pgCtl, 'start', '-W', '-D', layout.clusterDir]
      : [...account.prefix, binaries.postgres, '-D', layout.clusterDir];
  const [program, ...args] = command;
  const child = spawn(program as string, args, {
    ...account.spawnAs,
    cwd: process.platform === 'win32' ? layout.dataDir : '/',
    env: programEnv(),
    detached: true, // a session of its own: Ctrl-C in the terminal is for Pawl, which then stops PostgreSQL in order
    stdio: ['ignore', log, log],
    windowsHide: true,
  });
  child.unref();
  const failed = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      if (process.platform !== 'win32' || code !== 0) resolve(`exit ${code ?? signal}`);
    });
  });
  return { pid: child.pid, failed };
}

async function untilReady({ layout, port }: StartContext, launched: Launched, logStart: number): Promise<number> {
  let end: string | undefined;
  void launched.failed.then((reason) => (end = reason));
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const file = readPostmasterFile(layout.clusterDir);
    if (file?.status === 'ready' && (process.platform === 'win32' || file.pid === launched.pid)) return file.pid;
    if (end !== undefined) throw explainExit(layout, port, end, readFrom(layout.logFile, logStart));
    await sleep(POLL_MS);
  }
  throw new PawlError(
    'PAWL_STORE_EMBEDDED',
    `PostgreSQL in ${layout.clusterDir} was not ready in time; see ${layout.logFile}.`,
  );
}

function explainExit(layout: ClusterLayout, port: number | undefined, end: string, log: string): PawlError {
  if (/No space left on device|Disk quota exceeded/.test(log)) return diskFull(layout.dataDir);
  if (/could not bind IPv4 address|could not create any TCP\/IP sockets/.test(log)) {
    return new PawlError('PAWL_PORT_TAKEN', `PostgreSQL cannot listen on 127.0.0.1:${port}: another program does.`, {
      hint: 'Stop that program, or choose another port for this database.',
    });
  }
  const fatal =
    log.split('\n').findLast((line) => /(FATAL|PANIC|error):/.test(line)) ?? log.trim().split('\n').at(-1) ?? '';
  return new PawlError(
    'PAWL_STORE_EMBEDDED',
    `PostgreSQL in ${layout.clusterDir} did not start (${end}): ${fatal.trim()}`,
    {
      hint: `The log file ${layout.logFile} says more. Nothing was changed.`,
    },
  );
}

/** Opens the log for appending; one that has grown is set aside, and the one before it goes. */
function openLog(file: string): number {
  if (existsSync(file) && statSync(file).size > LOG_BYTES_MAX) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}

function readFrom(file: string, start: number): string {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(LOG_TAIL_BYTES);
    const from = Math.max(start, fstatSync(descriptor).size - LOG_TAIL_BYTES);
    return buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, LOG_TAIL_BYTES, from));
  } finally {
    closeSync(descriptor);
  }
}
