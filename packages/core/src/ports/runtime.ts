import type { Fault } from '../faults.ts';
import type { Actions } from './actions.ts';
import type { Clock, Hash, Log, Random } from './environment.ts';
import type { Wire } from './wire.ts';
import type { WorkerStore } from './worker-store.ts';

/** What the runtime is built on. */
export interface Ports {
  readonly store: WorkerStore;
  readonly actions: Actions;
  readonly clock: Clock;
  readonly random: Random;
  readonly hash: Hash;
  readonly log: Log;
  readonly fault: Fault;
  /** Absent: nothing is known of what other workers sent. */
  readonly wire?: Wire;
}
