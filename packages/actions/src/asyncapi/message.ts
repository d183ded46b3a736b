import { isUtf8 } from 'node:buffer';
import { fitsShape, parseJson } from '@pawl/core';
import type { Json, JsonObject } from '@pawl/core';
import { actionLimits } from '../limits.ts';
import type { Incoming, Outgoing } from './brokers/broker.ts';
import { membersOf } from './channel.ts';

/** The bytes of a payload: JSON, unless the content type is another and the payload a text. */
export function writeMessage(message: Json | undefined, contentType: string): Outgoing {
  const { payload, headers } = membersOf(message);
  const raw = typeof payload === 'string' && !isJson(contentType);
  const text = payload === undefined ? '' : raw ? payload : JSON.stringify(payload);
  return { body: Buffer.from(text), contentType, headers: textsOf(membersOf(headers)) };
}

/** A message as flows have it: a payload that is JSON, a text, or base64 where it is neither. */
export function readMessage(incoming: Incoming, assumed: string): JsonObject {
  const { body, headers, correlationId } = incoming;
  return {
    payload: payloadOf(body, incoming.contentType ?? assumed),
    headers,
    ...(correlationId === undefined ? {} : { correlationId }),
  };
}

/** Headers of a message are any JSON; those of a protocol are texts. */
export function textsOf(headers: JsonObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function payloadOf(body: Buffer, contentType: string): Json {
  if (!isUtf8(body)) return body.toString('base64');
  const text = body.toString('utf8');
  const shape = { depth: actionLimits.answerDepth, values: Number.POSITIVE_INFINITY };
  if (!isJson(contentType) || !fitsShape(text, shape)) return text;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

function isJson(contentType: string): boolean {
  return /^[\w.-]+\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType.trim());
}
