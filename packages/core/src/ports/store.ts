import type { ApiStore } from './api-store.ts';
import type { WorkerStore } from './worker-store.ts';

/** A store: opened once a process. */
export interface Store {
  /** Joins as a worker. `id` is new for each process. */
  joinAsWorker(worker: { readonly id: string; readonly shares: boolean }): Promise<WorkerStore>;
  readonly api: ApiStore;
  close(): Promise<void>;
}
