import type { FlowError, Json, Log, Outcome, RunEvent, RunState } from '@pawl/core';
import { ensureError } from '@pawl/core';

/** How a run ended. */
export interface RunEnd {
  readonly run: string;
  readonly status: 'completed' | 'faulted' | 'cancelled';
  readonly output?: Json;
  readonly error?: FlowError;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** What is said about one attempt. */
export interface AttemptNote {
  readonly run: string;
  readonly step: string;
  readonly frame: number;
  readonly action: string;
  readonly target: string;
  readonly attempt: number;
  readonly key: string;
  /** Monotonic time of its dispatch (ms). */
  readonly startedAt: number;
  /** How it ended and when; absent when it has just been sent. */
  readonly ended?: { readonly outcome: Outcome; readonly at: number };
}

/**
 * Hooks for metrics, streams, traces and progress. They are called after the commit that holds what they tell of; what
 * they throw is logged and changes nothing. `state` is the live state: it must not be kept or changed.
 */
export interface RuntimeObserver {
  readonly onCommitted?: (run: string, firstSeq: number, events: readonly RunEvent[], state: RunState) => void;
  readonly onAttempt?: (attempt: AttemptNote) => void;
  readonly onEnded?: (end: RunEnd) => void;
  /** The partitions that this worker owns have changed. */
  readonly onOwnership?: (partitions: readonly number[]) => void;
  /** A run was set aside. */
  readonly onQuarantined?: (run: string, reason: FlowError) => void;
  /** The worker cannot go on; its process should end. */
  readonly onFailed?: (error: Error) => void;
}

/** Calls an observer's hook so that what it throws stays with it. */
export function tell(log: Log, call: () => void): void {
  try {
    call();
  } catch (error) {
    log.error({ err: ensureError(error) }, 'An observer failed; the run is not touched.');
  }
}

/** The end of a run whose state says that it has ended. */
export function endOf(state: RunState): RunEnd {
  return {
    run: state.id,
    status: state.status === 'running' ? 'faulted' : state.status,
    ...(state.output === undefined ? {} : { output: state.output }),
    ...(state.error === undefined ? {} : { error: state.error }),
    startedAt: state.startedAt,
    endedAt: state.endedAt ?? state.at,
  };
}
