import type { Context } from '../compile/context.ts';

/** The parts of a text between the occurrences of a separator; an empty separator gives the characters. */
export function splitText(text: string, separator: string, ctx: Context): string[] {
  if (text === '') return [];
  ctx.spendCharacters(text.length);
  const parts = separator === '' ? Array.from(text) : text.split(separator);
  ctx.spend(parts.length / 4);
  ctx.checkArray(parts.length);
  return parts;
}
