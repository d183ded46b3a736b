import type { Guarantee, Json, Outcome } from '@pawl/core';
import { isObject } from '@pawl/core';
import type { ActionContext } from '../action.ts';
import type { AnswerHead, EgressAnswer } from '../egress/client.ts';
import { EgressFailure } from '../egress/failure.ts';
import { parseUrl, showUrl } from '../egress/url.ts';
import { egressOutcome } from '../failures.ts';
import { answerOutcome } from '../http/answer.ts';
import type { Policy } from '../http/authentication/policy.ts';
import { parseAnswer } from '../http/json-answer.ts';
import { send } from '../http/send.ts';
import { EventStream, isEventStream } from './event-stream.ts';
import { asRuntime, isAnswerTo, messageText, resultOf } from './messages.ts';
import type { RpcMessage } from './messages.ts';

/** Where messages go. */
export interface RpcTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly policy: Policy;
}

/** How a message is sent and its answer judged. */
export interface Posting {
  readonly guarantee: Guarantee;
  readonly attempt: number;
  readonly refusals: readonly number[];
  /** The output is a list of all results that the stream brings; it ends with the one of which this holds, or by itself. */
  readonly last?: (result: Json) => boolean;
}

/** What came of a message: the result as output, and the headers of its answer. */
export interface Posted {
  readonly outcome: Outcome;
  readonly headers: Readonly<Record<string, string>>;
  /** Values that no error may show. */
  readonly secrets: readonly string[];
}

/** Sends a message of JSON-RPC by HTTP POST. The answer is JSON, or a stream of events that holds it. */
export async function post(
  message: RpcMessage,
  target: RpcTarget,
  posting: Posting,
  context: Pick<ActionContext, 'egress' | 'cancellation' | 'left'>,
): Promise<Posted> {
  const doing = `${message.method} at ${showUrl(parseUrl(target.url))}`;
  const headers = {
    ...target.headers,
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
    // A packed stream could not be read as it comes.
    'Accept-Encoding': 'identity',
  };
  const built = { method: 'POST', url: target.url, headers, body: messageText(message), policy: target.policy };
  const { guarantee, attempt } = posting;
  const sending = { follow: false, fresh: guarantee === 'once', enough: untilAnswered(message, posting) };
  const { answer, left, secrets } = await send(built, sending, context);
  if (answer instanceof EgressFailure)
    return { headers: {}, secrets, outcome: asRuntime(egressOutcome(answer, guarantee, left, doing)) };
  const from = { doing, guarantee, secrets, refusals: posting.refusals };
  const output = (bytes: Buffer): Json => {
    if (message.id === undefined) return null;
    const answers = messagesOf(bytes, answer).filter((each) => isAnswerTo(each, message.id));
    const results = answers.map((each) => resultOf(each, from));
    if (results.length === 0) throw new EgressFailure('broken', 'The answer holds no answer to this request.');
    return posting.last === undefined ? (results[0] ?? null) : results;
  };
  const outcome = answerOutcome({ guarantee, attempt, redirect: false, answer, doing, secrets, output });
  return { headers: answer.headers, secrets, outcome: asRuntime(outcome) };
}

function messagesOf(bytes: Buffer, { headers }: EgressAnswer): readonly Json[] {
  if (!isEventStream(headers['content-type'])) {
    const value = parseAnswer(bytes);
    return Array.isArray(value) ? (value as readonly Json[]) : [value];
  }
  const stream = new EventStream();
  return [...stream.push(bytes), ...stream.end()].map((data) => parseAnswer(Buffer.from(data)));
}

/** Ends a stream with the answer that is waited for: many servers leave it open. */
function untilAnswered({ id }: RpcMessage, { last }: Posting): (piece: Buffer, head: AnswerHead) => boolean {
  const stream = new EventStream();
  return (piece, { headers }) => {
    if (!isEventStream(headers['content-type'])) return false;
    return stream.push(piece).some((data) => {
      const message = parsed(data);
      if (!isAnswerTo(message, id)) return false;
      return last === undefined || message['error'] !== undefined || last(message['result'] ?? null);
    });
  };
}

function parsed(data: string): Json {
  try {
    return parseAnswer(Buffer.from(data));
  } catch {
    return null;
  }
}

/** The outcome of a message that prepares the one with the effect: whatever became of it, nothing has left. */
export function beforeEffect(outcome: Outcome): Outcome {
  if (outcome.kind === 'ambiguous') return { kind: 'retryable', left: false, error: outcome.error };
  return outcome.kind === 'retryable' ? { ...outcome, left: false } : outcome;
}

/** The outcome of a message that changes nothing: without an answer it is sent again. */
export function withoutEffect(outcome: Outcome): Outcome {
  return outcome.kind === 'ambiguous' ? { kind: 'retryable', left: false, error: outcome.error } : outcome;
}

/** The address and authentication of an `endpoint` of the language. */
export function endpointOf(endpoint: Json | undefined): {
  readonly uri: string;
  readonly authentication: Json | undefined;
} {
  if (isObject(endpoint)) return { uri: String(endpoint['uri']), authentication: endpoint['authentication'] };
  return { uri: String(endpoint), authentication: undefined };
}
