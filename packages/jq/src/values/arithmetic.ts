import type { Context } from '../compile/context.ts';
import { raise } from '../errors.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { compare, isEqual } from './compare.ts';
import { describeKind } from './describe.ts';
import { getOwn, setOwn } from './objects.ts';
import { splitText } from './split.ts';

/** A binary operation on values. */
export type Operation = (a: Json, b: Json, ctx: Context) => Json;

/** `a + b`. */
export function add(a: Json, b: Json, ctx: Context): Json {
  if (typeof a === 'number' && typeof b === 'number') return ctx.number(a + b);
  if (a === null) return b;
  if (b === null) return a;
  if (typeof a === 'string' && typeof b === 'string') return concat(a, b, ctx);
  if (Array.isArray(a) && Array.isArray(b)) {
    ctx.checkArray(a.length + b.length);
    ctx.spendElements(a.length + b.length);
    return a.concat(b);
  }
  if (isObject(a) && isObject(b)) return mergeShallow(a, b, ctx);
  return refuse(a, b, 'added');
}

/** `a - b`. */
function subtract(a: Json, b: Json, ctx: Context): Json {
  if (typeof a === 'number' && typeof b === 'number') return ctx.number(a - b);
  if (Array.isArray(a) && Array.isArray(b)) {
    ctx.spendElements(a.length * (b.length + 1));
    return a.filter((item) => !b.some((other) => isEqual(item, other, ctx)));
  }
  return refuse(a, b, 'subtracted');
}

/** `a * b`. */
function multiply(a: Json, b: Json, ctx: Context): Json {
  if (typeof a === 'number' && typeof b === 'number') return ctx.number(a * b);
  if (typeof a === 'string' && typeof b === 'number') return repeatText(a, b, ctx);
  if (typeof a === 'number' && typeof b === 'string') return repeatText(b, a, ctx);
  if (isObject(a) && isObject(b)) return mergeDeep(a, b, ctx);
  return refuse(a, b, 'multiplied');
}

/** `a / b`. */
function divide(a: Json, b: Json, ctx: Context): Json {
  if (typeof a === 'number' && typeof b === 'number') {
    if (b === 0) return refuse(a, b, 'divided because the divisor is zero');
    return ctx.number(a / b);
  }
  if (typeof a === 'string' && typeof b === 'string') return splitText(a, b, ctx);
  return refuse(a, b, 'divided');
}

/** `a % b`, on the operands cut to integers. */
function modulo(a: Json, b: Json, ctx: Context): Json {
  if (typeof a !== 'number' || typeof b !== 'number') return refuse(a, b, 'divided (remainder)');
  if (a !== a || b !== b) return ctx.number(NaN);
  const divisor = Math.abs(Math.trunc(b));
  if (divisor === 0) return refuse(a, b, 'divided (remainder) because the divisor is zero');
  const dividend = Math.trunc(a);
  if (Number.isSafeInteger(dividend) && Number.isSafeInteger(divisor)) return (dividend % divisor) + 0;
  return Number(toInt64(a) % toInt64(divisor));
}

/** `-a`, which is `0 - a` in jq: there is no -0 of it. */
export function negate(value: Json): Json {
  return typeof value === 'number' ? 0 - value : raise(`${describeKind(value)} cannot be negated`);
}

/** The comparisons, by operator. */
export const COMPARISONS: Readonly<Record<string, Operation>> = {
  '==': (a, b, ctx) => isEqual(a, b, ctx),
  '!=': (a, b, ctx) => !isEqual(a, b, ctx),
  '<': (a, b, ctx) => compare(a, b, ctx) < 0,
  '<=': (a, b, ctx) => compare(a, b, ctx) <= 0,
  '>': (a, b, ctx) => compare(a, b, ctx) > 0,
  '>=': (a, b, ctx) => compare(a, b, ctx) >= 0,
};

/** The arithmetic, by operator. */
export const ARITHMETIC: Readonly<Record<string, Operation>> = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': modulo,
};

/** Joins two strings. Only the shorter one is charged: the host shares the text of the longer one. */
export function concat(a: string, b: string, ctx: Context): string {
  ctx.checkString(a.length + b.length);
  ctx.buildText(Math.min(a.length, b.length));
  return a + b;
}

function refuse(a: Json, b: Json, verb: string): never {
  return raise(`${describeKind(a)} and ${describeKind(b)} cannot be ${verb}`);
}

function mergeShallow(a: JsonObject, b: JsonObject, ctx: Context): JsonObject {
  const result = { ...a, ...b };
  ctx.spendMembers(Object.keys(result).length);
  return result;
}

function mergeDeep(a: JsonObject, b: JsonObject, ctx: Context): JsonObject {
  const result = copyObject(a, ctx);
  const open = [{ target: result, source: b, depth: 0 }];
  for (let merge = open.pop(); merge !== undefined; merge = open.pop()) {
    const { target, source, depth } = merge;
    if (depth > ctx.limits.depth) return raise('Object merge too deep');
    const keys = Object.keys(source);
    ctx.spendMembers(keys.length);
    for (const key of keys) {
      const mine = getOwn(target, key);
      const theirs = source[key] as Json;
      if (mine !== undefined && isObject(mine) && isObject(theirs)) {
        const inner = copyObject(mine, ctx);
        setOwn(target, key, inner);
        open.push({ target: inner, source: theirs, depth: depth + 1 });
      } else setOwn(target, key, theirs);
    }
  }
  return result;
}

function copyObject(object: JsonObject, ctx: Context): JsonObject {
  const copy = { ...object };
  ctx.spendMembers(Object.keys(copy).length);
  return copy;
}

/** The length that jq itself refuses. */
const LARGEST_TEXT = 2 ** 31;

/** A string repeated; a fraction of a time counts as none, a negative number gives null. */
function repeatText(text: string, times: number, ctx: Context): Json {
  if (times < 0 || times !== times) return null;
  const count = Math.floor(times);
  if (text === '') return text;
  if (text.length * count >= LARGEST_TEXT) return raise('Repeat string result too long');
  ctx.checkString(text.length * count);
  return ctx.newText(text.repeat(count));
}

const INT64_LIMIT = 2n ** 63n;

function toInt64(value: number): bigint {
  if (value >= 2 ** 63) return INT64_LIMIT - 1n;
  return value <= -(2 ** 63) ? -INT64_LIMIT : BigInt(Math.trunc(value));
}
