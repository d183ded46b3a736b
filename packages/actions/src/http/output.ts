import { isUtf8 } from 'node:buffer';
import { type Json, type JsonObject, parseJson } from '@pawl/core';
import type { EgressAnswer } from '../egress/client.ts';
import { EgressFailure } from '../egress/failure.ts';
import { actionLimits } from '../limits.ts';
import { isJsonType } from './body.ts';

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
  if (!isUtf8(bytes)) throw new EgressFailure('broken', 'The answer says that it is JSON, but it is not UTF-8 text.');
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  if (nestsTooDeep(text))
    throw new EgressFailure('limit', `The answer is nested more than ${actionLimits.answerDepth} levels deep.`);
  try {
    return parseJson(text);
  } catch (error) {
    throw new EgressFailure('broken', 'The answer says that it is JSON, but it is not.', error);
  }
}

/** Counts brackets outside strings, before anything recursive sees the text. */
function nestsTooDeep(text: string): boolean {
  if (text.length <= actionLimits.answerDepth) return false;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === backslash) at++;
      else if (code === doubleQuote) inString = false;
    } else if (code === doubleQuote) {
      inString = true;
    } else if (code === openBracket || code === openBrace) {
      if (++depth > actionLimits.answerDepth) return true;
    } else if (code === closeBracket || code === closeBrace) {
      depth--;
    }
  }
  return false;
}

const doubleQuote = 0x22;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
