import type { Context } from '../compile/context.ts';
import { raise } from '../errors.ts';
import type { Json } from '../json.ts';
import { describeKind } from './describe.ts';
import { parseJson } from './parse-json.ts';

/** What only jq's own way of reading gets right: escapes of surrogates, and numbers beyond the largest double. */
const NEEDS_CARE = /\\u[dD][89a-fA-F]|[eE]\+?\d{3}|\d{300}/;

/** The value of a JSON text, as jq reads it. */
export function fromJson(input: Json, ctx: Context): Json {
  if (typeof input !== 'string') return raise(`${describeKind(input)} only strings can be parsed`);
  ctx.spendCharacters(input.length * 4);
  // Few texts are long enough to nest too deep, and the host reads those that are not far faster.
  if (input.length <= ctx.limits.depth && !NEEDS_CARE.test(input)) {
    try {
      return JSON.parse(input) as Json;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  ctx.spendCharacters(input.length * 28);
  const parsed = parseJson(input, ctx.limits.depth);
  if ('refused' in parsed) return raise(`${parsed.refused} (while parsing '${input}')`);
  ctx.nonFinite ||= NON_FINITE.test(input);
  return parsed.value;
}

const NON_FINITE = /nan|inf/i;
