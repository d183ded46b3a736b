import type { Context } from '../compile/context.ts';
import type { Json, JsonObject } from '../json.ts';
import { rebuild } from './walk.ts';

/**
 * The value with NaN replaced by null and infinities by the largest numbers, as jq prints them.
 * Parts without such numbers are shared with the original.
 */
export function toFinite(value: Json, ctx: Context): Json {
  return rebuild(value, ctx, (after, before) => (isUnchanged(after, before) ? before : finite(after))) as Json;
}

/** True for a container whose parts are all the ones it had. */
function isUnchanged(after: Json, before: Json): boolean {
  if (typeof after !== 'object' || after === null) return false;
  if (Array.isArray(after)) return after.every((item, i) => item === (before as Json[])[i]);
  return Object.keys(after).every((key) => after[key] === (before as JsonObject)[key]);
}

function finite(value: Json): Json {
  if (typeof value !== 'number') return value;
  if (value !== value) return null;
  if (value === Infinity) return Number.MAX_VALUE;
  return value === -Infinity ? -Number.MAX_VALUE : value;
}
