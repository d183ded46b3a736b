import type { Json } from '../json.ts';
import { isObject } from '../json.ts';

/**
 * Lays over a context what a branch changed in its copy of `before`: where they are objects, the members that it set or
 * took away, so that several branches can each add theirs; else its whole context, where it is another one.
 */
export function layOver(context: Json, before: Json, changed: Json): Json {
  if (same(before, changed)) return context;
  const [base, under] = [before ?? {}, context ?? {}];
  if (!isObject(changed) || !isObject(base) || !isObject(under)) return changed;
  const members = new Map(Object.entries(under));
  for (const name of Object.keys(base)) if (!Object.hasOwn(changed, name)) members.delete(name);
  for (const [name, value] of Object.entries(changed)) {
    if (!Object.hasOwn(base, name) || !same(base[name] as Json, value)) members.set(name, value);
  }
  return Object.fromEntries(members);
}

/** Whether two values are the same, whatever the order of their members. */
function same(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item: Json, i) => same(item, b[i] as Json));
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && same(a[name] as Json, b[name] as Json))
  );
}
