import type { Context } from '../compile/context.ts';
import { raise } from '../errors.ts';
import { isObject, isTruthy, type Json, type JsonObject, kindOf } from '../json.ts';
import { accessField } from '../values/access.ts';
import { isEqual } from '../values/compare.ts';
import { describeKind } from '../values/describe.ts';
import { getOwn, setOwn, sortedKeys } from '../values/objects.ts';
import { type Builtins, fromInput, fromValues, iterating } from './builtin.ts';

/** The builtins on objects, and those on keys and containment. */
export const objects: Builtins = {
  'keys/0': fromInput((input, ctx) => keys(input, true, ctx)),
  'keys_unsorted/0': fromInput((input, ctx) => keys(input, false, ctx)),
  'has/1': fromValues((input, [key], ctx) => has(input, key as Json, ctx)),
  'contains/1': fromValues((input, [part], ctx) => containsWhole(input, part as Json, ctx)),
  'to_entries/0': fromInput(toEntries),
  'from_entries/0': iterating(fromInput(fromEntries)),
};

function keys(input: Json, isSorted: boolean, ctx: Context): Json {
  if (Array.isArray(input)) {
    ctx.spendElements(input.length);
    return input.map((_, i) => i);
  }
  if (!isObject(input)) return raise(`${describeKind(input)} has no keys`);
  const names = isSorted ? sortedKeys(input, ctx) : Object.keys(input);
  ctx.spendMembers(names.length);
  return names;
}

function has(input: Json, key: Json, ctx: Context): Json {
  if (input === null) return false;
  if (isObject(input) && typeof key === 'string') {
    ctx.spendText(key.length);
    return Object.hasOwn(input, key);
  }
  if (Array.isArray(input) && typeof key === 'number') return key > -1 && Math.trunc(key) < input.length;
  return raise(`Cannot check whether ${kindOf(input)} has a ${kindOf(key)} key`);
}

const TOO_DEEP = 'Containment check too deep';

/** The check nests with its values, and the host's stack may be full before the limit is reached. */
function containsWhole(whole: Json, part: Json, ctx: Context): boolean {
  try {
    return contains(whole, part, ctx, 0);
  } catch (error) {
    if (error instanceof RangeError) return raise(TOO_DEEP);
    throw error;
  }
}

function contains(whole: Json, part: Json, ctx: Context, depth: number): boolean {
  if (depth > ctx.limits.depth) return raise(TOO_DEEP);
  ctx.spend(1);
  if (isObject(whole) && isObject(part)) {
    const names = Object.keys(part);
    ctx.spendMembers(names.length);
    return names.every((key) => {
      ctx.spendText(key.length);
      const mine = getOwn(whole, key);
      return mine !== undefined && containsItem(mine, part[key] as Json, ctx, depth);
    });
  }
  if (Array.isArray(whole) && Array.isArray(part)) {
    return part.every((item) => whole.some((mine) => containsItem(mine, item, ctx, depth)));
  }
  if (typeof whole === 'string' && typeof part === 'string') {
    ctx.spendSearch(whole.length, part.length);
    return whole.includes(part);
  }
  if (kindOf(whole) === kindOf(part)) return isEqual(whole, part, ctx);
  return raise(`${describeKind(whole)} and ${describeKind(part)} cannot have their containment checked`);
}

/** Inside a container, values of different kinds simply do not contain each other. */
function containsItem(mine: Json, item: Json, ctx: Context, depth: number): boolean {
  ctx.spend(1 / 8);
  return kindOf(mine) === kindOf(item) && contains(mine, item, ctx, depth + 1);
}

function toEntries(input: Json, ctx: Context): Json {
  if (Array.isArray(input)) {
    ctx.spend(input.length);
    return input.map((value, key) => ({ key, value }));
  }
  if (!isObject(input)) return raise(`${describeKind(input)} has no keys`);
  const names = Object.keys(input);
  ctx.spend(names.length);
  return names.map((key) => ({ key, value: input[key] as Json }));
}

function fromEntries(input: Json, ctx: Context): Json {
  if (typeof input !== 'object' || input === null) {
    return raise(`Cannot iterate over ${describeKind(input)}`);
  }
  const result: JsonObject = {};
  for (const entry of Array.isArray(input) ? input : Object.values(input)) {
    ctx.spend(1);
    const key = entryKey(entry);
    if (typeof key !== 'string') return raise(`Cannot use ${describeKind(key)} as object key`);
    const value =
      isObject(entry) && Object.hasOwn(entry, 'value') ? (entry['value'] as Json) : accessField(entry, 'Value');
    ctx.spendText(key.length);
    setOwn(result, key, value);
  }
  return result;
}

const KEY_NAMES = ['key', 'Key', 'name', 'Name'];

function entryKey(entry: Json): Json {
  let key: Json = null;
  for (const name of KEY_NAMES) {
    key = accessField(entry, name);
    if (isTruthy(key)) return key;
  }
  return key;
}
