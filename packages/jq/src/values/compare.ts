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
  return compareDeep(a, b, ctx);
}

/** True when two values are equal; the order of an object's keys does not count. */
export function isEqual(a: Json, b: Json, ctx: Context): boolean {
  if (typeof a === 'string' && typeof b === 'string') return isSameText(a, b, ctx);
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return isEqualDeep(a, b, ctx);
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

/** Two lists of parts that are compared one by one, and what decides when all of them are equal. */
interface Pairing {
  readonly a: readonly Json[];
  readonly b: readonly Json[];
  readonly otherwise: number;
  at: number;
}

/** Compares values with a stack of its own, so that they may nest as deep as the limit allows. */
function compareDeep(a: Json, b: Json, ctx: Context): number {
  const stack: Pairing[] = [{ a: [a], b: [b], otherwise: 0, at: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (top.at >= top.a.length || top.at >= top.b.length) {
      if (top.otherwise !== 0) return top.otherwise;
      stack.pop();
      continue;
    }
    const x = top.a[top.at] as Json;
    const y = top.b[top.at] as Json;
    top.at += 1;
    ctx.spend(1 / 8);
    const order = compareShallow(x, y, ctx);
    if (order !== 0) return order;
    if (typeof x !== 'object' || x === null) continue;
    ctx.checkDepth(stack.length);
    stack.push(pair(x, y as Json[] | JsonObject, ctx));
  }
  return 0;
}

/** The order of two values that is known without their parts. */
function compareShallow(a: Json, b: Json, ctx: Context): number {
  const rank = rankOf(a);
  const difference = rank - rankOf(b);
  if (difference !== 0 || rank < 3) return difference;
  if (rank === 3) return compareNumbers(a as number, b as number);
  if (rank === 4) return compareText(a as string, b as string, ctx);
  return rank === 6 ? compareKeys(a as JsonObject, b as JsonObject, ctx) : 0;
}

function compareKeys(a: JsonObject, b: JsonObject, ctx: Context): number {
  const keysOfA = sortedKeys(a, ctx);
  const keysOfB = sortedKeys(b, ctx);
  ctx.spendMembers(keysOfA.length + keysOfB.length);
  for (let i = 0; i < Math.min(keysOfA.length, keysOfB.length); i++) {
    ctx.spend(1 / 8);
    const order = compareText(keysOfA[i] as string, keysOfB[i] as string, ctx);
    if (order !== 0) return order;
  }
  return keysOfA.length - keysOfB.length;
}

/** The parts of two containers of one kind. Objects have the same keys by now. */
function pair(a: Json[] | JsonObject, b: Json[] | JsonObject, ctx: Context): Pairing {
  if (Array.isArray(a)) return { a, b: b as Json[], otherwise: a.length - (b as Json[]).length, at: 0 };
  const keys = sortedKeys(a, ctx);
  return {
    a: keys.map((key) => a[key] as Json),
    b: keys.map((key) => (b as JsonObject)[key] as Json),
    otherwise: 0,
    at: 0,
  };
}

function isEqualDeep(a: Json[] | JsonObject, b: Json[] | JsonObject, ctx: Context): boolean {
  const first = matched(a, b, ctx);
  if (first === undefined) return false;
  const stack = [first];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (top.at >= top.a.length) {
      stack.pop();
      continue;
    }
    const x = top.a[top.at] as Json;
    const y = top.b[top.at] as Json;
    top.at += 1;
    ctx.spend(1 / 8);
    if (typeof x === 'string' && typeof y === 'string') {
      if (!isSameText(x, y, ctx)) return false;
    } else if (x !== y) {
      if (typeof x !== 'object' || typeof y !== 'object' || x === null || y === null) return false;
      const below = matched(x, y, ctx);
      if (below === undefined) return false;
      ctx.checkDepth(stack.length);
      stack.push(below);
    }
  }
  return true;
}

/** The parts of two containers that must be equal, or undefined when the containers already differ. */
function matched(a: Json[] | JsonObject, b: Json[] | JsonObject, ctx: Context): Pairing | undefined {
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return undefined;
    return { a, b, otherwise: 0, at: 0 };
  }
  const keys = Object.keys(a);
  const count = Object.keys(b).length;
  ctx.spendMembers(Math.max(keys.length, count));
  if (keys.length !== count) return undefined;
  const values: Json[] = [];
  for (const key of keys) {
    ctx.spendText(key.length);
    const other = getOwn(b, key);
    if (other === undefined) return undefined;
    values.push(other);
  }
  return { a: keys.map((key) => a[key] as Json), b: values, otherwise: 0, at: 0 };
}
