import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import pg from 'pg';

import { type EmbeddedOptions, startEmbedded } from './index.ts';
import { openLayout } from './layout.ts';
import { processesOf } from './processes.ts';
import { endProcesses } from './stop-postmaster.ts';

/** Generous: the machine of a test may be busy. */
const PATIENCE_MS = 30_000;
const FIXTURE = fileURLToPath(new URL('./fixtures/use-embedded.ts', import.meta.url));

/** What the fixture process says first. */
export interface Report {
  readonly event: 'up' | 'refused';
  readonly url: string;
  readonly adopted: boolean;
  readonly pid: number;
  readonly code: string;
  readonly message: string;
}

/** A fixture process that uses an embedded PostgreSQL. */
export interface UserProcess {
  readonly child: ChildProcess;
  /** Its first word; fails when it ends without one. */
  readonly report: Promise<Report>;
  /** Ends it in order and waits for its end. */
  stop(): Promise<void>;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Temporary folders and processes of one test file; everything is taken down by `clean`. */
export function makeHarness() {
  const root = mkdtempSync(join(tmpdir(), 'pawl-embedded-test-'));
  const folders: string[] = [];
  const children: ChildProcess[] = [];
  let count = 0;

  /** A new data folder; with a finished cluster in it if a template was made. */
  const dataFolder = (template?: string, parent: string = root): string => {
    count += 1;
    const folder = join(parent, `data-${count}`);
    folders.push(folder);
    if (template !== undefined)
      cpSync(template, folder, { recursive: true, filter: (path) => !path.includes('/locks') });
    return folder;
  };

  /** Makes a data folder with a stopped cluster, for `dataFolder` to copy: a second is saved each time. */
  const makeTemplate = async (): Promise<string> => {
    const folder = dataFolder();
    const embedded = await startEmbedded({ dataDir: folder, claim: 'own' });
    await embedded.stop();
    return folder;
  };

  const startProcess = (
    options: EmbeddedOptions,
    how: { env?: NodeJS.ProcessEnv; through?: string[]; uid?: number } = {},
  ): UserProcess => {
    const [program, ...args] = [...(how.through ?? []), process.execPath, FIXTURE, JSON.stringify(options)];
    const child = spawn(program as string, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...how.env },
      ...(how.uid === undefined ? {} : { uid: how.uid, gid: how.uid }),
    });
    children.push(child);
    const report = new Promise<Report>((resolve, reject) => {
      createInterface(child.stdout).once('line', (line) => resolve(JSON.parse(line) as Report));
      child.once('close', (code, signal) => reject(new Error(`the process ended without a word: ${code ?? signal}`)));
    });
    report.catch(() => undefined);
    const ended = once(child, 'exit');
    return {
      child,
      report,
      stop: async () => {
        child.stdin.write('stop\n');
        await ended;
      },
      kill: async () => {
        child.kill('SIGKILL');
        await ended;
      },
    };
  };

  const clean = async (): Promise<void> => {
    for (const child of children) child.kill('SIGKILL');
    for (const folder of folders) {
      for (const name of ['pg18', 'demo']) {
        const layout = openLayout(folder, name);
        await endProcesses(layout);
        rmSync(join(tmpdir(), layout.clusterName), { recursive: true, force: true });
      }
      rmSync(folder, { recursive: true, force: true });
    }
    rmSync(root, { recursive: true, force: true });
  };

  return { root, dataFolder, makeTemplate, startProcess, clean };
}

/** Waits until the condition holds; fails when it does not in time. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await sleep(20);
  }
}

/** True while any PostgreSQL process of the folder's cluster lives. */
export function isRunning(dataDir: string, name = 'pg18'): boolean {
  return processesOf(openLayout(dataDir, name)).length > 0;
}

/** One query on a connection of its own. */
export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PATIENCE_MS });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
