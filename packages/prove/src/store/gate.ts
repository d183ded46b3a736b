import type { Commit, CommitResult, FencedError, PoisonError } from '@pawl/core';
import type { Prng } from '../sim/prng.ts';

/** The calls of a worker to its store. */
export const storeCalls = [
  'join',
  'beat',
  'view',
  'takeOver',
  'release',
  'commit',
  'loadedRuns',
  'run',
  'payloads',
  'inbox',
  'dueTimers',
  'nextTimer',
  'matchEvents',
  'pruneEvents',
  'dueSchedules',
  'nextSchedule',
  'schedule',
  'mark',
  'quarantine',
  'flow',
  'close',
] as const;

/** The name of a call. */
export type StoreCall = (typeof storeCalls)[number];

/** What becomes of one call. Times are in milliseconds. */
export interface Fate {
  /** Until the server has it, and until its reply is back. */
  readonly there: number;
  readonly back: number;
  /** How long its transaction stays open before it ends; takeovers wait for it, or end it. */
  readonly open?: number;
  /**
   * `request`: it never left, as the caller learns. `silence`: it was lost on its way, and nobody knows.
   * `reply`: it was done, and the reply was lost.
   */
  readonly loss?: 'request' | 'silence' | 'reply';
}

/** Stands between workers and the simulated store: decides how long calls take and what is lost. */
export interface Gate {
  call(worker: string, call: StoreCall, commit?: Commit): Fate;
  /** The server has written a commit; its reply is not under way yet. */
  written(worker: string, commit: Commit, result: CommitResult): void;
  /** The server has refused a commit. */
  refused(worker: string, commit: Commit, error: FencedError | PoisonError): void;
  /** Whether a wake-up arrives. */
  wake(worker: string): 'sent' | 'lost' | 'doubled';
}

/** A gate that loses nothing. */
export function openGate(prng: Prng): Gate {
  return {
    call: () => ({ there: latency(prng), back: latency(prng) }),
    written: () => {},
    refused: () => {},
    wake: () => 'sent',
  };
}

/** Time of one way between a process and the database (ms). */
export function latency(prng: Prng): number {
  return prng.between(0.1, 1);
}
