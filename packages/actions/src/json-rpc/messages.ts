import { flowError, isObject } from '@pawl/core';
import type { Guarantee, Json, JsonObject, Outcome } from '@pawl/core';
import { FailedAttempt, errorOf, unanswered } from '../failures.ts';
import { quoteText } from '../http/quote.ts';
import { actionLimits } from '../limits.ts';

/** A request of JSON-RPC 2.0, or a notification, which has no id and no answer. */
export interface RpcMessage {
  readonly id?: number;
  readonly method: string;
  readonly params?: JsonObject | undefined;
}

/** The text of a message as it is sent. */
export function messageText({ id, method, params }: RpcMessage): string {
  return JSON.stringify({
    jsonrpc: '2.0',
    ...(id === undefined ? {} : { id }),
    method,
    ...(params === undefined ? {} : { params }),
  });
}

/** Whether a message is the answer to the request with this id. */
export function isAnswerTo(message: Json, id: number | undefined): message is JsonObject {
  // A server that could not read the request answers without its id.
  const names =
    isObject(message) && (message['id'] === id || (message['id'] === null && message['error'] !== undefined));
  return names && (message['result'] !== undefined || message['error'] !== undefined);
}

/** Who answered, for errors, and what must not be shown. */
export interface Answerer {
  readonly doing: string;
  readonly guarantee: Guarantee;
  readonly secrets: readonly string[];
  /** Codes by which the peer refuses for certain, besides those of JSON-RPC. */
  readonly refusals: readonly number[];
}

/** The result of an answer. Throws a FailedAttempt for an error. */
export function resultOf(answer: JsonObject, from: Answerer): Json {
  const { error, result } = answer;
  if (error === undefined) return result ?? null;
  throw new FailedAttempt(errorOutcome(isObject(error) ? error : {}, from));
}

/** JSON-RPC's own: the request was not understood, so that nothing came of it. */
const refusals: readonly number[] = [-32700, -32600, -32601, -32602];

function errorOutcome(error: JsonObject, from: Answerer): Outcome {
  const { code, message } = error;
  const said = typeof message === 'string' ? `: ${quoteText(message, from.secrets, actionLimits.quotedAnswer)}` : '.';
  const shownCode = typeof code === 'number' ? ` ${code}` : '';
  const made = errorOf('runtime', `${from.doing} answered with the error${shownCode}${said}`);
  if (typeof code === 'number' && (refusals.includes(code) || from.refusals.includes(code)))
    return { kind: 'terminal', error: made };
  // Any other tells that the peer failed, not how far it had come.
  return from.guarantee === 'once' ? unanswered(made) : { kind: 'retryable', left: true, error: made };
}

/** The failures of these protocols are of the kind `runtime`, whatever carries them. */
export function asRuntime(outcome: Outcome): Outcome {
  if (!('error' in outcome) || !outcome.error.type.endsWith('/communication')) return outcome;
  const { detail, status, code } = outcome.error;
  const error = { ...flowError('runtime', detail ?? '', { status }), ...(code === undefined ? {} : { code }) };
  return { ...outcome, error };
}
