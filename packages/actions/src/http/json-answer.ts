import { isUtf8 } from 'node:buffer';
import { parseJson } from '@pawl/core';
import type { Json } from '@pawl/core';
import { EgressFailure } from '../egress/failure.ts';
import { actionLimits } from '../limits.ts';

/** The JSON that an answer says it is, from any server. Throws an EgressFailure for what is none, or too deep. */
export function parseAnswer(bytes: Buffer): Json {
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
