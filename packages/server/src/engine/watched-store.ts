import type { WorkerStore } from '@pawl/core';
import { ensureError, FencedError, PoisonError } from '@pawl/core';
import type { StoreNote } from './observers.ts';

/** A worker's store that tells how long commits take, how many runs they hold, and what is taken over or loaded. */
export function watchStore(store: WorkerStore, tell: (note: StoreNote) => void): WorkerStore {
  return {
    ...store,
    async commit(commit) {
      const begun = performance.now();
      const runs = Math.max(commit.journal.length, commit.starts.length);
      const note = (outcome: 'done' | 'fenced' | 'failed') =>
        tell({ kind: 'commit', ms: performance.now() - begun, runs, outcome });
      try {
        const result = await store.commit(commit);
        note('done');
        return result;
      } catch (error) {
        note(error instanceof FencedError ? 'fenced' : 'failed');
        if (!(error instanceof FencedError || error instanceof PoisonError))
          tell({ kind: 'failure', error: ensureError(error) });
        throw error;
      }
    },
    async takeOver(partition, epoch) {
      const lease = await store.takeOver(partition, epoch).catch((error: unknown) => {
        tell({ kind: 'failure', error: ensureError(error) });
        throw error;
      });
      if (lease !== undefined) tell({ kind: 'takeover' });
      return lease;
    },
    run(run) {
      tell({ kind: 'load' });
      return store.run(run);
    },
  };
}
