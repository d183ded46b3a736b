import type { Context } from '../compile/context.ts';
import { isObject, type Json } from '../json.ts';
import { add } from './arithmetic.ts';
import { setOwn } from './objects.ts';
import type { Owned } from './paths.ts';

/** `a + b`, where `a` is extended in place when it is owned and the result is owned from then on. */
export function addOwned(a: Json, b: Json, ctx: Context, owned: Owned): Json {
  if (owned.has(a)) {
    if (Array.isArray(a) && Array.isArray(b)) {
      ctx.checkArray(a.length + b.length);
      ctx.spendElements(b.length);
      for (const item of b) a.push(item);
      return a;
    }
    if (isObject(a) && isObject(b)) {
      const keys = Object.keys(b);
      ctx.spendMembers(keys.length);
      for (const key of keys) setOwn(a, key, b[key] as Json);
      return a;
    }
  }
  const sum = add(a, b, ctx);
  // A sum that is one of its operands, as `null + b` is, belongs to whoever holds that operand.
  return typeof sum === 'object' && sum !== null && sum !== a && sum !== b ? owned.add(sum) : sum;
}
