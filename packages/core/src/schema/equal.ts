import { isObject } from '../json.ts';
import type { Json } from '../json.ts';
import type { Run } from './check.ts';

/** Whether two JSON values are equal. The recursion is as deep as the shallower of the two. */
export function equalJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a))
    return (
      Array.isArray(b) &&
      a.length === b.length &&
      (a as readonly Json[]).every((item, index) => equalJson(item, b[index] as Json))
    );
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equalJson(a[key] as Json, b[key] as Json))
  );
}

/** Text that is the same for equal values and different for others; bounded by the limits of the run. */
function fingerprint(value: Json, run: Run): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const keys = Array.isArray(value) ? null : Object.keys(value).sort();
  run.descend(keys?.length ?? (value as readonly Json[]).length, null);
  const text = Array.isArray(value)
    ? `[${value.map((item) => fingerprint(item, run)).join(',')}]`
    : `{${(keys ?? []).map((key) => `${JSON.stringify(key)}:${fingerprint((value as { readonly [key: string]: Json })[key] as Json, run)}`).join(',')}}`;
  run.ascend();
  return text;
}

/** The indexes of two equal items of a list, or null when all are different. Linear in the size of the list. */
export function findDuplicate(items: readonly Json[], run: Run): readonly [number, number] | null {
  // Scalars are told apart by themselves; only objects and lists need their text, which begins with a bracket.
  const scalars = new Map<Json, number>();
  const texts = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const composite = typeof item === 'object' && item !== null;
    const text = composite ? fingerprint(item, run) : '';
    const earlier = composite ? texts.get(text) : scalars.get(item);
    if (earlier !== undefined) return [earlier, index];
    if (composite) texts.set(text, index);
    else scalars.set(item, index);
  }
  return null;
}
