import { isObject } from '@pawl/core';
import type { Json } from '@pawl/core';
import type { EgressAnswer } from '../../egress/client.ts';
import { EgressFailure } from '../../egress/failure.ts';
import { actionLimits } from '../../limits.ts';
import { parseAnswer } from '../json-answer.ts';
import { quoteText } from '../quote.ts';

/** What a token server says about its refusal (RFC 6749 §5.2), for an error: only those two members, without secrets. */
export function refusedBecause(answer: EgressAnswer, secrets: readonly string[]): string {
  if (answer.body.bytes === undefined) return '';
  try {
    return errorIn(parseAnswer(answer.body.bytes), secrets);
  } catch (error) {
    if (error instanceof EgressFailure) return '';
    throw error;
  }
}

/** The error that a JSON answer tells, or '' where it tells none. */
export function errorIn(answer: Json, secrets: readonly string[]): string {
  if (!isObject(answer)) return '';
  const told = ['error', 'error_description'].map((name) => answer[name]).filter((text) => typeof text === 'string');
  return told.length === 0 ? '' : ` (${quoteText(told.join(': '), secrets, actionLimits.quotedAnswer)})`;
}
