import { JqError } from './errors.ts';
import type { Json } from './json.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { parseJson } from './values/parse-json.ts';

/**
 * The value of a JSON text as jq reads it: `nan` and `Infinity` are numbers, `.5` and `+1` are too.
 * @throws JqError when it is none, with the line and the column.
 */
export function parseJsonText(text: string): Json {
  const parsed = parseJson(text, DEFAULT_LIMITS.depth);
  if ('refused' in parsed) throw new JqError(parsed.refused, parsed.refused);
  return parsed.value;
}
