import type { Context } from '../compile/context.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { setOwn } from './objects.ts';

/**
 * The value with NaN replaced by null and infinities by the largest numbers, as jq prints them.
 * Parts without such numbers are shared with the original.
 */
export function toFinite(value: Json, ctx: Context): Json {
  return cleaned(value, ctx, 0);
}

function cleaned(value: Json, ctx: Context, depth: number): Json {
  if (typeof value === 'number') return finite(value);
  if (typeof value !== 'object' || value === null) return value;
  ctx.checkDepth(depth);
  if (Array.isArray(value)) {
    ctx.spendElements(value.length);
    const items = value.map((item) => cleaned(item, ctx, depth + 1));
    return items.some((item, i) => item !== value[i]) ? items : value;
  }
  return isObject(value) ? cleanedObject(value, ctx, depth) : value;
}

function cleanedObject(value: JsonObject, ctx: Context, depth: number): JsonObject {
  const keys = Object.keys(value);
  ctx.spendMembers(keys.length);
  const result: JsonObject = {};
  let isChanged = false;
  for (const key of keys) {
    const item = cleaned(value[key] as Json, ctx, depth + 1);
    isChanged ||= item !== value[key];
    setOwn(result, key, item);
  }
  return isChanged ? result : value;
}

function finite(value: number): Json {
  if (value !== value) return null;
  if (value === Infinity) return Number.MAX_VALUE;
  return value === -Infinity ? -Number.MAX_VALUE : value;
}
