import type { Context } from '../compile/context.ts';
import { raise } from '../errors.ts';
import type { Json } from '../json.ts';
import { describeKind } from './describe.ts';

/** The value of a JSON text. `nan` reads as NaN, as in jq. */
export function fromJson(input: Json, ctx: Context): Json {
  if (typeof input !== 'string') return raise(`${describeKind(input)} only strings can be parsed`);
  ctx.spendCharacters(input.length * 4);
  const text = input.trim();
  if (text === '') return raise(`Expected JSON value (while parsing '${input}')`);
  if (text === 'nan' || text === 'NaN') return ctx.number(NaN);
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return raise(`Invalid JSON text (while parsing '${shorten(input)}')`);
    throw error;
  }
}

/** Characters of the text that an error message shows. */
const SHOWN = 60;

function shorten(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}
