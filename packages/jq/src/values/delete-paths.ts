import type { Context } from '../compile/context.ts';
import { raise } from '../errors.ts';
import { isObject, type Json, type JsonObject, kindOf } from '../json.ts';
import { access, sliceBounds } from './access.ts';
import { compare, isEqual } from './compare.ts';
import { getOwn } from './objects.ts';
import { checkPath, setPath } from './paths.ts';

/** `delpaths`: the value without the given places. All positions are those before anything is deleted. */
export function deletePaths(value: Json, paths: readonly Json[], ctx: Context): Json {
  const sorted = [...paths].sort((a, b) => {
    ctx.spend(1 / 4);
    return compare(a, b, ctx);
  });
  for (const path of sorted) {
    if (!Array.isArray(path)) return raise(`Path must be specified as array, not ${kindOf(path)}`);
    checkPath(path, ctx);
  }
  if (sorted.length === 0) return value;
  return (sorted[0] as Json[]).length === 0 ? null : deleteSorted(value, sorted as Json[][], 0, ctx);
}

/** Deletes below a value what sorted paths, equal up to a position, lead to. */
function deleteSorted(value: Json, paths: readonly Json[][], at: number, ctx: Context): Json {
  let result = value;
  const keys: Json[] = [];
  for (let i = 0; i < paths.length; ) {
    const path = paths[i] as Json[];
    const key = path[at] as Json;
    let end = i + 1;
    while (end < paths.length && isEqual(key, (paths[end] as Json[])[at] as Json, ctx)) end += 1;
    ctx.spend(end - i);
    if (path.length === at + 1) keys.push(key);
    else {
      const inner = access(result, key, ctx);
      // A place in null is no place: there is nothing to delete.
      if (inner !== null) result = setPath(result, [key], deleteSorted(inner, paths.slice(i, end), at + 1, ctx), ctx);
    }
    i = end;
  }
  return keys.length === 0 ? result : deleteKeys(result, keys, ctx);
}

function deleteKeys(value: Json, keys: readonly Json[], ctx: Context): Json {
  if (value === null) return null;
  if (Array.isArray(value)) return deleteElements(value, keys, ctx);
  if (!isObject(value)) return raise(`Cannot delete fields from ${kindOf(value)}`);
  const result: JsonObject = { ...value };
  ctx.spendMembers(Object.keys(value).length);
  for (const key of keys) {
    if (typeof key !== 'string') return raise(`Cannot delete ${kindOf(key)} field of object`);
    ctx.spendText(key.length);
    delete result[key];
  }
  return result;
}

function deleteElements(value: readonly Json[], keys: readonly Json[], ctx: Context): Json {
  const { length } = value;
  ctx.spendElements(length);
  const isDeleted = new Uint8Array(length);
  for (const key of keys) {
    if (typeof key === 'number') {
      const position = Math.trunc(key) + (key < 0 ? length : 0);
      if (position >= 0 && position < length) isDeleted[position] = 1;
    } else if (isObject(key)) {
      const start = getOwn(key, 'start');
      const end = getOwn(key, 'end');
      if (start === undefined || end === undefined) return raise(NOT_INTEGERS);
      const { from, to } = sliceBounds(start, end, length);
      ctx.spendElements(to - from);
      isDeleted.fill(1, from, to);
    } else return raise(`Cannot delete ${kindOf(key)} element of array`);
  }
  return value.filter((_, i) => isDeleted[i] === 0);
}

const NOT_INTEGERS = 'Array/string slice indices must be integers';
