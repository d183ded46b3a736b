import type { EngineOptions } from '@pawl/server';
import type { Settings } from '../settings.ts';

/** The database that a command works on. */
export interface OpenedDatabase {
  readonly database: EngineOptions['database'];
  /** Whether it runs in the data folder. */
  readonly embedded: boolean;
  /** Ends the use; stops PostgreSQL if it is the data folder's and nobody else uses it. */
  stop(): Promise<void>;
}

/**
 * The database of PAWL_DATABASE_URL, or the one of the data folder. `own`: refuses a data folder that a living Pawl
 * owns. Rejects with a PawlError in words for a person.
 */
export async function openDatabase(
  settings: Pick<Settings, 'dataDir' | 'databaseUrl'>,
  claim: 'own' | 'join',
  onLog?: (line: string) => void,
): Promise<OpenedDatabase> {
  if (settings.databaseUrl !== undefined) {
    return { database: settings.databaseUrl, embedded: false, stop: () => Promise.resolve() };
  }
  const { startEmbedded } = await import('@pawl/store');
  const embedded = await startEmbedded({ dataDir: settings.dataDir, claim, onLog });
  return { database: embedded.poolConfig, embedded: true, stop: () => embedded.stop() };
}
