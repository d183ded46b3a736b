import type { Json, JsonObject } from '@pawl/core';
import type { EgressAnswer } from '../egress/client.ts';
import { isJsonType } from './body.ts';
import { parseAnswer } from './json-answer.ts';

/** The output of the step, in the form that `output` names. Throws an EgressFailure for a JSON answer that is none. */
export function outputOf(form: Json | undefined, request: JsonObject, answer: EgressAnswer, bytes: Buffer): Json {
  if (form === 'raw') return bytes.toString('base64');
  const content = contentOf(bytes, answer.headers['content-type']);
  if (form !== 'response') return content;
  return { request, statusCode: answer.status, headers: { ...answer.headers }, content };
}

/** JSON by its content type; nothing for an empty body; anything else in base64. */
function contentOf(bytes: Buffer, contentType: string | undefined): Json {
  if (bytes.length === 0) return null;
  if (!isJsonType(contentType)) return bytes.toString('base64');
  return parseAnswer(bytes);
}
