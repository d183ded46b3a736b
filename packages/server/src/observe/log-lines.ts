import type { Log } from '@pawl/core';
import type { EngineObserver } from '../engine/observers.ts';
import type { FactsOfRuns } from './run-facts.ts';

/** Writes a line at the begin and end of each run and attempt. Only for the level `debug`: a busy worker makes thousands a second. */
export function logRuns(log: Log, facts: FactsOfRuns): EngineObserver {
  return {
    onCommitted(_run, _firstSeq, events, state) {
      const told = { ...facts.learn(state) };
      if (events[0]?.type === 'run.started') log.debug(told, 'A run began.');
    },
    onAttempt({ run, step, action, target, attempt, key, startedAt, ended }) {
      const fields = { ...facts.of(run), step, action, target, attempt, effectKey: key };
      if (ended === undefined) log.debug(fields, 'An attempt began.');
      else
        log.debug(
          { ...fields, outcome: ended.outcome.kind, ms: Math.round(ended.at - startedAt) },
          'An attempt ended.',
        );
    },
    onEnded({ run, status, error }) {
      log.debug({ ...facts.of(run), status, ...(error === undefined ? {} : { error: error.type }) }, 'A run ended.');
      facts.forget(run);
    },
  };
}
