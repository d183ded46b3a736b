import { isUtf8 } from 'node:buffer';
import { fitsShape, parseJson } from '@pawl/core';
import type { Json } from '@pawl/core';
import { EgressFailure } from '../egress/failure.ts';
import { actionLimits } from '../limits.ts';

/** The JSON that an answer says it is, from any server. Throws an EgressFailure for what is none, or too deep. */
export function parseAnswer(bytes: Buffer): Json {
  if (!isUtf8(bytes)) throw new EgressFailure('broken', 'The answer says that it is JSON, but it is not UTF-8 text.');
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  if (!fitsShape(text, { depth: actionLimits.answerDepth, values: Number.POSITIVE_INFINITY }))
    throw new EgressFailure('limit', `The answer is nested more than ${actionLimits.answerDepth} levels deep.`);
  try {
    return parseJson(text);
  } catch (error) {
    throw new EgressFailure('broken', 'The answer says that it is JSON, but it is not.', error);
  }
}
