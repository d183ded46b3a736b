import type { Context } from '../compile/context.ts';
import { raise } from '../errors.ts';
import { isObject, type Json, type JsonObject, kindOf } from '../json.ts';
import { access, refuseKey, sliceBounds } from './access.ts';
import { compare } from './compare.ts';
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

/** `getpath`: null once the way ends in null. */
export function getPath(value: Json, keys: readonly Json[], ctx: Context): Json {
  let at = value;
  for (const key of keys) {
    if (at === null) return null;
    at = access(at, key, ctx);
  }
  return at;
}

/** `setpath`: the value with one place replaced. */
export function setPath(
  value: Json,
  keys: readonly Json[],
  replacement: Json,
  ctx: Context,
  owned = new Owned(),
): Json {
  return setFrom(value, keys, 0, replacement, ctx, owned);
}

function setFrom(value: Json, keys: readonly Json[], at: number, replacement: Json, ctx: Context, owned: Owned): Json {
  if (at === keys.length) return replacement;
  ctx.checkDepth(at);
  const key = keys[at] as Json;
  const inner = access(value, key, ctx);
  return setKey(value, key, setFrom(inner, keys, at + 1, replacement, ctx, owned), ctx, owned);
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
  const floor = Math.floor(key);
  const position = floor < 0 ? floor + length : floor;
  if (position < 0) raise('Out of bounds negative array index');
  if (position > LARGEST_INDEX || position !== position) raise('Array index too large');
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

/** `delpaths`: the value without the given places, the last ones removed first so that positions hold. */
export function deletePaths(value: Json, paths: readonly Json[], ctx: Context): Json {
  const sorted = [...paths].sort((a, b) => {
    ctx.spend(1 / 4);
    return compare(b, a, ctx);
  });
  const owned = new Owned();
  let result = value;
  for (const path of sorted) {
    if (!Array.isArray(path)) return raise('Path must be specified as an array');
    if (path.length === 0) return null;
    result = deleteFrom(result, path, 0, ctx, owned);
  }
  return result;
}

function deleteFrom(value: Json, keys: readonly Json[], at: number, ctx: Context, owned: Owned): Json {
  if (value === null) return null;
  const key = keys[at] as Json;
  if (at === keys.length - 1) return deleteKey(value, key, ctx, owned);
  ctx.checkDepth(at);
  const inner = access(value, key, ctx);
  if (inner === null) return value;
  return setKey(value, key, deleteFrom(inner, keys, at + 1, ctx, owned), ctx, owned);
}

function deleteKey(value: Json, key: Json, ctx: Context, owned: Owned): Json {
  if (isObject(value)) {
    if (typeof key !== 'string') return raise(`Cannot delete ${kindOf(key)} field of object`);
    ctx.spendText(key.length);
    if (!Object.hasOwn(value, key)) return value;
    const object = ownObject(value, ctx, owned);
    delete object[key];
    return object;
  }
  if (!Array.isArray(value)) return raise(`Cannot delete fields from ${kindOf(value)}`);
  if (typeof key === 'number') return deleteElements(value, Math.floor(key), 1, ctx, owned);
  if (!isObject(key)) return raise(`Cannot delete ${kindOf(key)} element of array`);
  const { from, to } = boundsOf(key, value.length);
  return deleteElements(value, from, to - from, ctx, owned);
}

function deleteElements(value: Json[], index: number, count: number, ctx: Context, owned: Owned): Json {
  const position = index < 0 ? index + value.length : index;
  if (position < 0 || position >= value.length || count <= 0) return value;
  const array = ownArray(value, ctx, owned);
  ctx.spendElements(array.length - position);
  array.splice(position, count);
  return array;
}
