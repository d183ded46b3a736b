// W3: runs of ten steps of 20 ms that append a line each; kill -9 half-way, start again, count.
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Measured } from './table.ts';

/** What the crash workload needs. */
export interface CrashOptions {
  readonly runs: number;
  readonly conc: number;
  readonly database: string;
  readonly effects: string;
}

/** Kills the worker half-way, and measures from its restart to the end of all runs. */
export async function crash(options: CrashOptions): Promise<Measured> {
  writeFileSync(options.effects, '');
  const lines = () => readFileSync(options.effects, 'utf8').split('\n').filter(Boolean);
  const first = launch(options, 'fresh');
  while (first.exitCode === null && lines().length < options.runs * 5) await pause(5);
  first.kill('SIGKILL');
  await gone(first);
  const before = lines().length;
  const begun = performance.now();
  const second = launch(options, 'resume');
  while (lines().length === before && second.exitCode === null) await pause(5);
  const firstNewMs = performance.now() - begun;
  await gone(second);
  const recoveredMs = performance.now() - begun;
  const counts = new Map<string, number>();
  for (const line of lines()) counts.set(line, (counts.get(line) ?? 0) + 1);
  const repeated = [...counts.values()].filter((count) => count > 1).length;
  return {
    workload: 'w3',
    runs: options.runs,
    firstNewMs,
    recoveredMs,
    stepsRepeated: repeated,
    stepsMissing: options.runs * 10 - counts.size,
  };
}

function launch(options: CrashOptions, phase: 'fresh' | 'resume'): ChildProcess {
  return spawn(
    process.execPath,
    [path.join(import.meta.dirname, 'crash-child.ts'), phase, String(options.runs), String(options.conc)],
    {
      env: { ...process.env, BENCH_DATABASE_URL: options.database, BENCH_EFFECTS: options.effects },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
}

function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
