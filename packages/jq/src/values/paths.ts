import type { Context } from '../compile/context.ts';
import { raise } from '../errors.ts';
import { isObject, type Json, type JsonObject, kindOf } from '../json.ts';
import { access, refuseKey, sliceBounds } from './access.ts';
import { getOwn, setOwn } from './objects.ts';

/**
 * Containers made during one update and held by no one else: they are changed in place. An update
 * of n places then copies each container once instead of n times.
 */
export class Owned {
  private readonly containers = new Set<Json>();

  has(container: Json): boolean {
    return this.containers.has(container);
  }

  add<T extends Json>(container: T): T {
    this.containers.add(container);
    return container;
  }

  /**
   * Notes that a value is about to be seen by the program. If it is an owned container, parts of it
   * may be owned too, so nothing is owned any more; if it is not, none of its parts is, since only
   * containers on the way from the root to a changed place are ever owned.
   */
  share(value: Json): void {
    if (this.containers.has(value)) this.containers.clear();
  }
}

/** `getpath`. */
export function getPath(value: Json, keys: readonly Json[], ctx: Context): Json {
  checkPath(keys, ctx);
  let at = value;
  for (const key of keys) at = access(at, key, ctx);
  return at;
}

/** Keys of a path that are followed for one step of work. */
const KEYS_PER_STEP = 8;

/** Charges a path and refuses one with more keys than a value may nest. */
export function checkPath(keys: readonly Json[], ctx: Context): void {
  ctx.spend(keys.length / KEYS_PER_STEP);
  if (keys.length > ctx.limits.depth) raise('Path too deep');
}

/** `setpath`: the value with one place replaced. */
export function setPath(
  value: Json,
  keys: readonly Json[],
  replacement: Json,
  ctx: Context,
  owned = new Owned(),
): Json {
  checkPath(keys, ctx);
  const containers: Json[] = [];
  let inner = value;
  for (const key of keys) {
    containers.push(inner);
    inner = access(inner, key, ctx);
  }
  let result = replacement;
  for (let i = keys.length - 1; i >= 0; i--)
    result = setKey(containers[i] as Json, keys[i] as Json, result, ctx, owned);
  return result;
}

/** A value with one key set, in place when it is owned. */
function setKey(value: Json, key: Json, item: Json, ctx: Context, owned: Owned): Json {
  if (typeof key === 'string') {
    if (value !== null && !isObject(value)) return refuseKey(value, key);
    ctx.spendText(key.length);
    const object = ownObject(value, ctx, owned);
    setOwn(object, key, item);
    return object;
  }
  if (typeof key === 'number') {
    if (value !== null && !Array.isArray(value)) return refuseKey(value, key);
    return setElement(value, key, item, ctx, owned);
  }
  if (isObject(key)) return setSlice(value, key, item, ctx);
  return Array.isArray(key) && Array.isArray(value)
    ? raise('Cannot update field at array index of array')
    : refuseKey(value, key);
}

function ownObject(value: JsonObject | null, ctx: Context, owned: Owned): JsonObject {
  if (value !== null && owned.has(value)) return value;
  const copy = { ...value };
  ctx.spendMembers(Object.keys(copy).length);
  return owned.add(copy);
}

/** The largest index jq accepts, far above any array limit here. */
const LARGEST_INDEX = 536_870_911;

function setElement(value: Json[] | null, key: number, item: Json, ctx: Context, owned: Owned): Json {
  const length = value?.length ?? 0;
  const whole = Math.trunc(key);
  const position = whole < 0 ? whole + length : whole;
  if (position < 0) raise('Out of bounds negative array index');
  if (position !== position) raise('Cannot set array element at NaN index');
  if (position > LARGEST_INDEX) raise('Array index too large');
  ctx.checkArray(position + 1);
  const array = ownArray(value, ctx, owned);
  if (position > length) ctx.spendElements(position - length);
  while (array.length < position) array.push(null);
  array[position] = item;
  return array;
}

function ownArray(value: Json[] | null, ctx: Context, owned: Owned): Json[] {
  if (value !== null && owned.has(value)) return value;
  ctx.spendElements(value?.length ?? 0);
  return owned.add(value === null ? [] : value.slice());
}

function setSlice(value: Json, key: JsonObject, item: Json, ctx: Context): Json {
  if (typeof value === 'string') return raise('Cannot update string slices');
  if (value !== null && !Array.isArray(value)) return raise(`Cannot update field at object index of ${kindOf(value)}`);
  if (getOwn(key, 'start') === undefined || getOwn(key, 'end') === undefined)
    return raise('Array/string slice indices must be integers');
  if (!Array.isArray(item)) return raise('A slice of an array can only be assigned another array');
  const array = value ?? [];
  const { from, to } = boundsOf(key, array.length);
  ctx.checkArray(array.length + item.length);
  ctx.spendElements(array.length + item.length);
  return [...array.slice(0, from), ...item, ...array.slice(to)];
}

function boundsOf(key: JsonObject, length: number): { from: number; to: number } {
  return sliceBounds(getOwn(key, 'start') ?? null, getOwn(key, 'end') ?? null, length);
}
