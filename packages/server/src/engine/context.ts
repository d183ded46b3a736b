import type { ProcessActions } from '@pawl/actions';
import type { Actions, ApiStore, Clock, Hash, Limits, Log, Random } from '@pawl/core';
import type { FlowCache, Worker } from '@pawl/runtime';
import type { CommitHealth } from './commit-health.ts';
import type { RunFeed } from './run-feed.ts';

/** What the parts of an engine share. */
export interface EngineContext {
  readonly api: ApiStore;
  readonly actions: Actions;
  /** Reads what a flow names by address, when it is deployed. */
  readonly readText: ProcessActions['readText'];
  /** Compiled flows, the worker's own. */
  readonly flows: FlowCache;
  readonly workspace: string;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: Random;
  readonly hash: Hash;
  readonly log: Log;
  readonly feed: RunFeed;
  /** Whether the worker's commits arrive. */
  readonly commits: CommitHealth;
  /** The worker of this process, if it has one. */
  readonly worker: () => Worker | undefined;
}
