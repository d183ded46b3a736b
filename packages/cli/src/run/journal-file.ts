import { open } from 'node:fs/promises';
import { ensureError, PawlError } from '@pawl/core';
import type { Engine } from '@pawl/server';

/** Where a run's journal is written. */
export interface JournalFile {
  /** Writes a run's events, each once it is committed, until the run's end or the signal; then closes the file. */
  write(engine: Engine, run: string, signal: AbortSignal): Promise<void>;
}

/** Opens the file of `--journal`, empty; without one, nothing is written. Throws PAWL_USAGE where it cannot be written. */
export async function openJournal(path: string | undefined): Promise<JournalFile> {
  if (path === undefined) return { write: () => Promise.resolve() };
  const file = await open(path, 'w').catch((error: unknown) => {
    throw new PawlError('PAWL_USAGE', `The journal file ${path} cannot be written: ${ensureError(error).message}.`, {
      cause: error,
      hint: 'Name a file in a folder that exists.',
    });
  });
  return {
    write: async (engine, run, signal) => {
      try {
        for await (const event of engine.watch(run, 0, signal)) await file.write(`${JSON.stringify(event)}\n`);
      } finally {
        await file.close();
      }
    },
  };
}
