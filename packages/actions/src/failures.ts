import { flowError } from '@pawl/core';
import type { ErrorCode, ErrorKind, FlowError, Guarantee, Outcome, PawlError } from '@pawl/core';
import type { EgressFailure } from './egress/failure.ts';

/** Ends an attempt with an outcome, from wherever it is found out. The outcome's words are for people and hold no secret. */
export class FailedAttempt extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super('error' in outcome ? (outcome.error.detail ?? outcome.kind) : outcome.kind);
    this.name = 'FailedAttempt';
    this.outcome = outcome;
  }
}

/** A refusal for certain: a repeat of the same request would be refused again. */
export function terminal(kind: ErrorKind, detail: string, more: { status?: number; code?: ErrorCode } = {}): Outcome {
  return { kind: 'terminal', error: errorOf(kind, detail, more) };
}

/** Nothing was applied, and a repeat may work. */
export function unsent(detail: string): Outcome {
  return { kind: 'retryable', left: false, error: flowError('communication', detail) };
}

/** Whether what Pawl could not do now, such as opening a secret, may be done later without a change of the flow. */
export function passesByItself({ code }: PawlError): boolean {
  return code === 'PAWL_STORE_UNREACHABLE' || code === 'PAWL_SECRET_KEY';
}

/** An error of the language, with Pawl's stable code where there is one. */
export function errorOf(kind: ErrorKind, detail: string, more: { status?: number; code?: ErrorCode } = {}): FlowError {
  const error = flowError(kind, detail, more.status === undefined ? {} : { status: more.status });
  return more.code === undefined ? error : { ...error, code: more.code };
}

/**
 * Something left and no answer tells what became of it. So it is for a `pure` call too, which is then simply made again:
 * `retryable` with something left would be an answer, which goes to the flow at once.
 */
export function unanswered(error: FlowError): Outcome {
  return { kind: 'ambiguous', error };
}

/** The outcome of a request that got no answer. */
export function egressOutcome(failure: EgressFailure, guarantee: Guarantee, left: boolean, doing: string): Outcome {
  const detail = `${doing}: ${failure.message}`;
  if (failure.reason === 'cancelled') return left ? unanswered(errorOf('timeout', detail)) : { kind: 'cancelled' };
  if (left) {
    // A pure call that meets the same limit or refusal again gains nothing; any other may have been applied.
    const certain = guarantee === 'pure' && (failure.reason === 'refused' || failure.reason === 'limit');
    return certain
      ? { kind: 'terminal', error: egressError(failure, detail) }
      : unanswered(egressError(failure, detail));
  }
  if (failure.reason === 'refused' || failure.reason === 'invalid')
    return { kind: 'terminal', error: egressError(failure, detail) };
  return unsent(detail);
}

/** The error that says what happened to a request without an answer. */
export function egressError(failure: EgressFailure, detail: string): FlowError {
  switch (failure.reason) {
    case 'refused':
      return errorOf('authorization', detail, { code: 'PAWL_EGRESS' });
    case 'invalid':
      return errorOf('validation', detail, { code: 'PAWL_ACTION_INPUT' });
    case 'limit':
      return errorOf('communication', detail, { status: 502, code: 'PAWL_RESPONSE_LIMIT' });
    case 'cancelled':
      return errorOf('timeout', detail);
    case 'unreachable':
    case 'broken':
      return errorOf('communication', detail);
  }
}
