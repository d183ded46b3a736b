import type { Cancellation, Json } from '@pawl/core';
import type { EgressAnswer } from '../../egress/client.ts';
import type { Egress } from '../../egress/egress.ts';
import { EgressFailure } from '../../egress/failure.ts';
import { parseUrl, showUrl } from '../../egress/url.ts';
import { actionLimits } from '../../limits.ts';
import { parseAnswer } from '../json-answer.ts';
import { retryAfterMs } from '../retry-after.ts';
import { notNow, refusal } from './failure.ts';
import type { OAuthPolicy } from './oauth-policy.ts';
import { refusedBecause } from './refused-because.ts';

/** For whom a server is asked, and over what. */
export interface Asking {
  readonly policy: OAuthPolicy;
  readonly egress: Egress;
  readonly cancellation: Cancellation;
}

/** What a server is asked. */
export interface Question {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Values that the server may echo and no error may show. */
  readonly secrets: readonly string[];
}

/**
 * The JSON that a server answers with success. It goes out as the flow's own calls do, but nothing of the step has left
 * with it: whatever fails here leaves the endpoint untouched. Rejects with an AuthenticationFailure or EgressFailure.
 */
export async function ask(asking: Asking, question: Question): Promise<Json> {
  const { secrets, ...request } = question;
  const answer = await asking.egress.request({
    ...request,
    headers: { accept: 'application/json', ...request.headers },
    cancellation: asking.cancellation,
    // Where a secret goes is the policy's to say, not a server's.
    follow: false,
    fresh: true,
    maxBytes: actionLimits.tokenAnswerBytes,
    onLeft: () => undefined,
  });
  const shown = showAsked(question.url);
  if (answer.status < 200 || answer.status > 299) throw failureOf(answer, shown, secrets);
  return jsonOf(answer, shown);
}

/** A URL as errors show it. */
export function showAsked(url: string): string {
  return showUrl(parseUrl(url));
}

function failureOf(answer: EgressAnswer, shown: string, secrets: readonly string[]): Error {
  const { status } = answer;
  const nothing = 'Nothing was done at the endpoint.';
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    const after = retryAfterMs(answer.headers['retry-after'], Date.now());
    return notNow(`Pawl needs an answer of ${shown} for a token, which answered ${status}. ${nothing}`, status, after);
  }
  if (status >= 300 && status < 400)
    return refusal(
      `${shown} answers with a redirect (${status}), which Pawl does not follow with secrets. ${nothing} Give the policy the address that it redirects to.`,
    );
  return refusal(
    `${shown} refused to give a token: ${status}${refusedBecause(answer, secrets)}. ${nothing} Check the client, the grant and the scopes of the policy.`,
  );
}

function jsonOf(answer: EgressAnswer, shown: string): Json {
  let { failure } = answer.body;
  if (answer.body.bytes !== undefined) {
    try {
      return parseAnswer(answer.body.bytes);
    } catch (error) {
      if (!(error instanceof EgressFailure)) throw error;
      return unusable(shown, 'is no JSON');
    }
  }
  failure ??= new EgressFailure('broken', 'The answer could not be read.');
  // What broke off may come whole next time; what is too large will be so again.
  if (failure.reason === 'limit') return unusable(shown, `is too large or too slow`);
  throw failure;
}

function unusable(shown: string, what: string): never {
  throw refusal(`The answer of ${shown} cannot be used: it ${what}. Nothing was done at the endpoint.`);
}
