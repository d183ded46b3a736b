import type { Context } from '../compile/context.ts';
import { raise } from '../errors.ts';
import { isObject, type Json, kindOf } from '../json.ts';
import { isEqual } from './compare.ts';
import { describeKind } from './describe.ts';
import { getOwn } from './objects.ts';
import { codePointLength, sliceCodePoints } from './text.ts';

const NOT_INTEGERS = 'Array/string slice indices must be integers';

/** `.[key]`: the part of a value, null when it is not there. */
export function access(value: Json, key: Json, ctx: Context): Json {
  if (typeof key === 'string') {
    ctx.spendText(key.length);
    return accessField(value, key);
  }
  if (typeof key === 'number') return accessElement(value, key);
  if (isObject(key) && value === null) return null;
  if (isObject(key) && (Array.isArray(value) || typeof value === 'string')) {
    const start = getOwn(key, 'start');
    const end = getOwn(key, 'end');
    if (start === undefined || end === undefined) return raise(NOT_INTEGERS);
    return slice(value, start, end, ctx);
  }
  if (Array.isArray(key) && Array.isArray(value)) return indicesOfArray(value, key, ctx);
  return refuseKey(value, key);
}

/** `.key`. */
export function accessField(value: Json, key: string): Json {
  if (isObject(value)) return getOwn(value, key) ?? null;
  return value === null ? null : refuseKey(value, key);
}

/** `.[number]`: negative positions count from the end, fractions are cut. */
export function accessElement(value: Json, key: number): Json {
  if (Array.isArray(value)) {
    const position = Math.trunc(key);
    return value[position < 0 ? position + value.length : position] ?? null;
  }
  return value === null ? null : refuseKey(value, key);
}

/** `.[start:end]` of an array, a string or null. */
export function slice(value: Json, start: Json, end: Json, ctx: Context): Json {
  if (value === null) return null;
  if (typeof value !== 'string' && !Array.isArray(value)) return refuseKey(value, { start, end });
  const length = typeof value === 'string' ? codePointLength(value) : value.length;
  const { from, to } = sliceBounds(start, end, length);
  if (typeof value === 'string') {
    ctx.spendCharacters(value.length);
    return sliceCodePoints(value, from, to);
  }
  ctx.spendElements(to - from);
  return value.slice(from, to);
}

/** The whole positions a slice covers: its start rounded down, its end rounded up, both within the length. */
export function sliceBounds(start: Json, end: Json, length: number): { from: number; to: number } {
  const from = sliceBound(start, 0, length, Math.floor);
  const to = sliceBound(end, length, length, Math.ceil);
  return { from, to: Math.max(from, to) };
}

/** Positions at which an array occurs in another. */
export function indicesOfArray(value: Json[], part: Json[], ctx: Context): Json {
  if (part.length === 0) return [];
  const found: number[] = [];
  for (let at = 0; at + part.length <= value.length; at++) {
    ctx.spend(1);
    const isHere = part.every((item, i) => {
      ctx.spend(1 / 8);
      return isEqual(value[at + i] as Json, item, ctx);
    });
    if (isHere) found.push(at);
  }
  return found;
}

/** Refuses a key that a kind of value can not have. */
export function refuseKey(value: Json, key: Json): never {
  return raise(`Cannot index ${kindOf(value)} with ${describeKind(key)}`);
}

function sliceBound(bound: Json, missing: number, length: number, round: (x: number) => number): number {
  if (bound === null) return missing;
  if (typeof bound !== 'number') return raise(NOT_INTEGERS);
  const position = bound < 0 ? bound + length : bound;
  if (position !== position) return missing;
  return Math.min(length, Math.max(0, round(position)));
}
