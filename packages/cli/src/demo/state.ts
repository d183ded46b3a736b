import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolders } from '@pawl/store';
import type { Settings } from '../settings.ts';

/** What the demo of one data folder is, kept over restarts. */
export interface DemoState {
  /** Start key of the example that runs once: another data folder, another key. */
  readonly id: string;
  /** Port of the demo target on 127.0.0.1; the input of runs under way names it. */
  readonly targetPort: number;
  /** Port of the demo database on 127.0.0.1. */
  readonly databasePort: number;
}

/** Folder of the demo: database, ledger, state. */
export function demoDir({ dataDir }: Pick<Settings, 'dataDir'>): string {
  return join(dataDir, 'demo');
}

/** The demo of a data folder; undefined before the first `pawl start`. */
export function readDemo(settings: Pick<Settings, 'dataDir'>): DemoState | undefined {
  try {
    return JSON.parse(readFileSync(stateFile(settings), 'utf8')) as DemoState;
  } catch {
    // Missing, or half written by a machine that lost its power: a new one is made.
    return undefined;
  }
}

/** Writes the state whole or not at all. */
export function writeDemo(settings: Pick<Settings, 'dataDir'>, state: DemoState): void {
  makeFolders(demoDir(settings));
  writeFileSync(`${stateFile(settings)}.new`, `${JSON.stringify(state)}\n`, { mode: 0o600, flush: true });
  renameSync(`${stateFile(settings)}.new`, stateFile(settings));
}

/** A demo that did not exist before; ports of 0 are chosen when they are opened. */
export function newDemo(targetPort: number): DemoState {
  return { id: randomUUID(), targetPort, databasePort: 0 };
}

function stateFile(settings: Pick<Settings, 'dataDir'>): string {
  return join(demoDir(settings), 'demo.json');
}
