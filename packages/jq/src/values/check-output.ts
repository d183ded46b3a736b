import type { Context } from '../compile/context.ts';
import type { Json } from '../json.ts';

/** Values of an output that are counted for one step of work. */
const VALUES_PER_STEP = 16;
/** Of an object, whose values the host lists first. */
const MEMBERS_PER_STEP = 4;

/**
 * Charges what an output holds, as often as it holds it: a few steps can make a value that refers to itself so often
 * that no memory could hold its text.
 */
export function checkOutput(output: Json, ctx: Context): void {
  if (typeof output !== 'object' || output === null) return;
  const stack = [{ items: partsOf(output, ctx), at: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const item = top.items[top.at];
    top.at += 1;
    if (item === undefined) stack.pop();
    else if (typeof item === 'string') ctx.spendText(item.length);
    else if (typeof item === 'object' && item !== null) {
      ctx.checkDepth(stack.length);
      stack.push({ items: partsOf(item, ctx), at: 0 });
    }
  }
}

function partsOf(value: object, ctx: Context): readonly Json[] {
  if (Array.isArray(value)) {
    ctx.spend((2 + value.length) / VALUES_PER_STEP);
    return value as Json[];
  }
  const parts = Object.values(value) as Json[];
  ctx.spend((1 + parts.length) / MEMBERS_PER_STEP);
  return parts;
}
