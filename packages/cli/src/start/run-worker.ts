import { openEngine } from '@pawl/server';
import { joinDemo } from '../demo/access.ts';
import { chooseLog } from '../engine/choose-log.ts';
import { openDatabase } from '../engine/database.ts';
import { engineOptions } from '../engine/options.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { note } from '../output.ts';
import { readSettings } from '../settings.ts';
import { untilStopped } from '../stop-signal.ts';

/** Joins as a sharing worker, without HTTP, until it is stopped. */
export async function runWorker(database: string | undefined): Promise<ExitCode> {
  const settings = readSettings();
  const stopped = untilStopped();
  const log = await chooseLog(settings);
  const opened = await openDatabase({ ...settings, databaseUrl: database ?? settings.databaseUrl }, 'join');
  try {
    const access = await joinDemo(settings, true);
    try {
      const engine = await openEngine({
        ...engineOptions(settings, access),
        database: opened.database,
        worker: 'shares',
        log,
      });
      note(`This worker shares the work${opened.embedded ? ` of ${settings.dataDir}` : ''}. Press Ctrl-C to stop it.`);
      const failure = await Promise.race([stopped, engine.failed]);
      await engine.stop({ drain: true });
      if (failure !== undefined) throw failure;
    } finally {
      await access.stop();
    }
  } finally {
    await opened.stop();
  }
  return exitCodes.done;
}
