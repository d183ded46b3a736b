import { join } from 'node:path';
import type { Settings } from '../settings.ts';
import { accessTo, type ExampleAccess } from './access.ts';
import { openDemoDatabase } from './database.ts';
import { openLedger } from './ledger.ts';
import { demoDir, type DemoState, newDemo, readDemo, writeDemo } from './state.ts';
import { type DemoTarget, startTarget } from './target.ts';

/** The world of the examples: a database and an HTTP service, neither of them Pawl's. */
export interface Demo extends ExampleAccess {
  /** Start key of what runs once per data folder. */
  readonly id: string;
  /** Address of the demo target. */
  readonly targetUrl: string;
  stop(): Promise<void>;
}

/** Opens the demo of a data folder, the same as before if there was one. */
export async function startDemo(settings: Settings, onLog?: (line: string) => void): Promise<Demo> {
  // Beside the API by default; a port of 0 asks for any.
  const state = readDemo(settings) ?? newDemo(settings.port === 0 ? 0 : settings.port + 1);
  const database = await openDemoDatabase(settings, state.databasePort, 'own', onLog);
  try {
    const ledger = openLedger(join(demoDir(settings), 'ledger.jsonl'));
    const target = await openTarget(state.targetPort, ledger);
    const now: DemoState = { ...state, targetPort: target.port, databasePort: database.port };
    writeDemo(settings, now);
    return {
      id: now.id,
      targetUrl: `http://127.0.0.1:${target.port}`,
      ...accessTo(target.port, database),
      stop: async () => {
        await target.close();
        ledger.close();
        await database.stop();
      },
    };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

/** Where the wanted port is taken by something else, any other one does. */
async function openTarget(port: number, ledger: Parameters<typeof startTarget>[0]['ledger']): Promise<DemoTarget> {
  try {
    return await startTarget({ port, ledger });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return startTarget({ port: 0, ledger });
  }
}
