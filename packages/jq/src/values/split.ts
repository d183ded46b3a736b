import type { Context } from '../compile/context.ts';

/** The parts of a text between the occurrences of a separator; an empty separator gives the characters. */
export function splitText(text: string, separator: string, ctx: Context): string[] {
  if (text === '') return [];
  ctx.spendSearch(text.length, separator.length);
  if (separator === '') {
    // A character takes two units at most.
    ctx.checkArray(Math.ceil(text.length / 2));
    ctx.spend(text.length / 4);
    return Array.from(text);
  }
  const parts = text.split(separator, ctx.limits.arrayLength + 1);
  ctx.checkArray(parts.length);
  ctx.spend(parts.length / 4);
  return parts;
}
