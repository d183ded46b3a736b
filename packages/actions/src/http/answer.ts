import type { Guarantee, Json, Outcome } from '@pawl/core';
import { errorOf, egressError, unanswered } from '../failures.ts';
import type { EgressAnswer } from '../egress/client.ts';
import { EgressFailure } from '../egress/failure.ts';
import { actionLimits } from '../limits.ts';
import { quote } from './quote.ts';
import { retryAfterMs } from './retry-after.ts';

/** What is to be judged. */
export interface Judged {
  readonly guarantee: Guarantee;
  readonly attempt: number;
  /** Redirects are followed, so a remaining 3xx is an answer. */
  readonly redirect: boolean;
  readonly answer: EgressAnswer;
  /** Method and URL, for errors. */
  readonly doing: string;
  readonly secrets: readonly string[];
  /** The step's output from the body; throws an EgressFailure for a body that is not what it says. */
  readonly output: (bytes: Buffer) => Json;
}

/** The outcome of an attempt that was answered. */
export function answerOutcome(judged: Judged): Outcome {
  const { status } = judged.answer;
  if ((status >= 200 && status < 300) || (judged.redirect && status >= 300 && status < 400)) return success(judged);
  const after = retryAfterMs(judged.answer.headers['retry-after'], Date.now());
  const error = errorOf('communication', detailOf(judged), { status });
  switch (classify(judged.guarantee, status, after !== undefined, judged.attempt)) {
    case 'ambiguous':
      return { kind: 'ambiguous', error };
    case 'retryable':
      return { kind: 'retryable', left: true, error, ...(after === undefined ? {} : { afterMs: after }) };
    case 'terminal':
      return { kind: 'terminal', error };
  }
}

/** What an answer other than a success tells about an effect (design: effects, outcome of an attempt). */
export function classify(
  guarantee: Guarantee,
  status: number,
  hasRetryAfter: boolean,
  attempt: number,
): 'terminal' | 'retryable' | 'ambiguous' {
  // A gateway does not know what became of the request behind it.
  if (status === 502 || status === 504) return 'ambiguous';
  if (guarantee === 'pure') return maySucceedLater(status) ? 'retryable' : 'terminal';
  if (guarantee === 'once') {
    if (status === 425 || status === 429 || (status === 503 && hasRetryAfter)) return 'retryable';
    return status >= 500 || status === 408 ? 'ambiguous' : 'terminal';
  }
  // "Conflict" to a resend may mean "I have it already": it tells nothing, so the step stays open.
  if (status === 409 && attempt > 1) return 'ambiguous';
  return maySucceedLater(status) ? 'retryable' : 'terminal';
}

function maySucceedLater(status: number): boolean {
  return status >= 500 || status === 408 || status === 409 || status === 425 || status === 429;
}

/** A success whose body cannot be read was applied, its output lost: never a failure of an effect. */
function success({ answer, guarantee, doing, output }: Judged): Outcome {
  let failure = answer.body.failure;
  // Read again, what came whole would be no other; what broke off may be.
  const whole = failure === undefined || failure.reason === 'limit' || failure.reason === 'refused';
  if (answer.body.bytes !== undefined) {
    try {
      return { kind: 'completed', output: output(answer.body.bytes) };
    } catch (error) {
      if (!(error instanceof EgressFailure)) throw error;
      failure = error;
    }
  }
  const lost = failure ?? new EgressFailure('broken', 'The answer could not be read.');
  const error = egressError(
    lost,
    `${doing} answered ${answer.status}, but the answer could not be read. ${lost.message}`,
  );
  return guarantee === 'pure' && whole ? { kind: 'terminal', error } : unanswered(error);
}

function detailOf({ answer, doing, secrets }: Judged): string {
  const quoted = answer.body.bytes === undefined ? '' : quote(answer.body.bytes, secrets, actionLimits.quotedAnswer);
  return `${doing} answered ${answer.status}${quoted === '' ? '.' : `: ${quoted}`}`;
}
