import type { Guarantee, Outcome } from '@pawl/core';
import { errorOf, terminal, unanswered } from '../failures.ts';
import type { Return } from './ended.ts';
import { endedOutcome } from './ended.ts';
import type { ProgramEnd } from './program.ts';

/** The outcome of a program. One that was ended half-way may have done anything up to then. */
export function programOutcome(what: string, end: ProgramEnd, wanted: Return, started: boolean): Outcome {
  if (end instanceof Error) return terminal('configuration', `${what} could not be started: ${end.message}.`);
  if (end !== 'given up') return endedOutcome(what, end, wanted);
  if (!started) return { kind: 'cancelled' };
  return unanswered(errorOf('timeout', `${what} did not end in time and was ended half-way.`));
}

/** What a step may declare about a program, which may do anything. */
export const programGuarantees: readonly Guarantee[] = ['pure', 'idempotent', 'once'];
