import type { Context } from '../compile/context.ts';
import type { Json, JsonObject } from '../json.ts';
import { compareText, getOwn, isSameText, sortedKeys } from './objects.ts';

/**
 * jq's total order of values: null, false, true, numbers, strings, arrays, objects. NaN is below
 * every number. Negative, zero or positive, like a comparator of `sort`.
 */
export function compare(a: Json, b: Json, ctx: Context): number {
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b);
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b, ctx);
  return compareAt(a, b, ctx, 0);
}

/** True when two values are equal; the order of an object's keys does not count. */
export function isEqual(a: Json, b: Json, ctx: Context): boolean {
  if (typeof a === 'string' && typeof b === 'string') return isSameText(a, b, ctx);
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return isEqualAt(a, b, ctx, 0);
}

function compareNumbers(a: number, b: number): number {
  if (a < b) return -1;
  if (a === b) return 0;
  return a > b ? 1 : compareNotANumber(a);
}

/** NaN is below everything, itself included. */
function compareNotANumber(a: number): number {
  return a !== a ? -1 : 1;
}

function rankOf(value: Json): number {
  if (value === null) return 0;
  if (value === false) return 1;
  if (value === true) return 2;
  if (typeof value === 'number') return 3;
  if (typeof value === 'string') return 4;
  return Array.isArray(value) ? 5 : 6;
}

function compareAt(a: Json, b: Json, ctx: Context, depth: number): number {
  const rank = rankOf(a);
  const difference = rank - rankOf(b);
  if (difference !== 0) return difference;
  if (rank < 3) return 0;
  if (rank === 3) return compareNumbers(a as number, b as number);
  if (rank === 4) return compareText(a as string, b as string, ctx);
  ctx.checkDepth(depth);
  if (rank === 5) return compareArrays(a as Json[], b as Json[], ctx, depth + 1);
  return compareObjects(a as JsonObject, b as JsonObject, ctx, depth + 1);
}

function compareArrays(a: Json[], b: Json[], ctx: Context, depth: number): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    ctx.spend(1 / 8);
    const order = compareAt(a[i] as Json, b[i] as Json, ctx, depth);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Objects compare by their sorted keys first, then by their values in that order. */
function compareObjects(a: JsonObject, b: JsonObject, ctx: Context, depth: number): number {
  const keysOfA = sortedKeys(a, ctx);
  const keysOfB = sortedKeys(b, ctx);
  ctx.spendMembers(keysOfA.length + keysOfB.length);
  const order = compareArrays(keysOfA, keysOfB, ctx, depth);
  if (order !== 0) return order;
  for (const key of keysOfA) {
    const inner = compareAt(a[key] as Json, b[key] as Json, ctx, depth);
    if (inner !== 0) return inner;
  }
  return 0;
}

function isEqualAt(a: Json, b: Json, ctx: Context, depth: number): boolean {
  if (typeof a === 'string' && typeof b === 'string') return isSameText(a, b, ctx);
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  ctx.checkDepth(depth);
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) {
      ctx.spend(1 / 8);
      if (!isEqualAt(a[i] as Json, b[i] as Json, ctx, depth + 1)) return false;
    }
    return true;
  }
  return !Array.isArray(b) && isEqualObject(a, b, ctx, depth);
}

function isEqualObject(a: JsonObject, b: JsonObject, ctx: Context, depth: number): boolean {
  const keys = Object.keys(a);
  const count = Object.keys(b).length;
  ctx.spendMembers(Math.max(keys.length, count));
  if (keys.length !== count) return false;
  for (const key of keys) {
    ctx.spendText(key.length);
    const other = getOwn(b, key);
    if (other === undefined || !isEqualAt(a[key] as Json, other, ctx, depth + 1)) return false;
  }
  return true;
}
