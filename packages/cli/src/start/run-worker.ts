import { type Engine, openEngine } from '@pawl/server';
import { joinDemo } from '../demo/access.ts';
import { chooseLog } from '../engine/choose-log.ts';
import { openDatabase } from '../engine/database.ts';
import { engineOptions } from '../engine/options.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { note } from '../output.ts';
import { readSettings, type Settings } from '../settings.ts';
import { openedOrStopped, untilStopped } from '../stop-signal.ts';
import { type Closer, closeAll } from './closers.ts';

/** Joins as a sharing worker, without HTTP, until it is stopped. Rejects when the worker fails. */
export async function runWorker(database: string | undefined): Promise<ExitCode> {
  const read = readSettings();
  const settings = { ...read, databaseUrl: database ?? read.databaseUrl };
  const stopped = untilStopped();
  const closers: Closer[] = [];
  try {
    const engine = await openedOrStopped(open(settings, closers), stopped);
    const where = settings.databaseUrl === undefined ? ` of ${settings.dataDir}` : '';
    note(`This worker shares the work${where}. Press Ctrl-C to stop it.`);
    const failure = await Promise.race([stopped, engine.failed]);
    if (failure !== undefined) throw failure;
    return exitCodes.done;
  } finally {
    await closeAll(closers);
  }
}

async function open(settings: Settings, closers: Closer[]): Promise<Engine> {
  const log = await chooseLog(settings);
  const { logLevel } = settings;
  const opened = await openDatabase(settings, 'join');
  closers.push(() => opened.stop());
  const access = await joinDemo(settings, true);
  closers.push(() => access.stop());
  const options = { ...engineOptions(settings, access), database: opened.database, log, logLevel };
  const engine = await openEngine({ ...options, worker: 'shares' });
  closers.push(() => engine.stop({ drain: true }));
  return engine;
}
