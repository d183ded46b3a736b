import type { Context } from '../compile/context.ts';
import type { Json, JsonObject } from '../json.ts';
import { numberText } from './number-text.ts';

/** Values printed for one step of work. */
const VALUES_PER_STEP = 8;
/** Levels that a text cut short may show. */
const SHOWN_LEVELS = 64;

/** The JSON text of a value on one line, as jq's `tojson` prints it, charged to the budget. */
export function toJson(value: Json, ctx: Context): string {
  if (typeof value === 'number') return numberText(value);
  if (value === null || typeof value === 'boolean') return String(value);
  return ctx.newText(print(value, ctx, 0));
}

/** The beginning of a value's JSON text: printing stops once it is longer than `enough`. */
export function toJsonStart(value: Json, enough: number): string {
  return printStart('', value, enough, 0);
}

/** Quotes, backslashes, control characters and lone surrogates. */
const NEEDS_ESCAPE = /["\\\p{Cc}\p{Cs}]/u;

/** A string as JSON text. Unlike JavaScript, jq escapes DEL. */
function quote(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return `"${text}"`;
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}

function print(value: Json, ctx: Context, depth: number): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return numberText(value);
  if (value === null || typeof value === 'boolean') return String(value);
  ctx.checkDepth(depth);
  return Array.isArray(value) ? printArray(value, ctx, depth + 1) : printObject(value, ctx, depth + 1);
}

function printArray(items: readonly Json[], ctx: Context, depth: number): string {
  if (items.length === 0) return '[]';
  ctx.spend(1 + items.length / VALUES_PER_STEP);
  let text = '';
  for (let i = 0; i < items.length; i++) {
    text += (i === 0 ? '[' : ',') + print(items[i] as Json, ctx, depth);
    ctx.checkString(text.length);
  }
  return `${text}]`;
}

function printObject(object: JsonObject, ctx: Context, depth: number): string {
  const keys = Object.keys(object);
  if (keys.length === 0) return '{}';
  ctx.spend(1 + keys.length / VALUES_PER_STEP);
  let text = '';
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    text += `${i === 0 ? '{' : ','}${quote(key)}:${print(object[key] as Json, ctx, depth)}`;
    ctx.checkString(text.length);
  }
  return `${text}}`;
}

/**
 * Members of objects listed for messages and not charged yet. Listing an object takes its time however
 * little of it is shown, and the places that fail have no budget at hand: who catches the error pays.
 */
let listedMembers = 0;

/** Gives the members to charge and forgets them. */
export function takeListedMembers(): number {
  const count = listedMembers;
  listedMembers = 0;
  return count;
}

/** Appends a value to a text, as far as it is shown. */
function printStart(before: string, value: Json, enough: number, depth: number): string {
  if (typeof value === 'string') return before + quote(value.length > enough ? value.slice(0, enough) : value);
  if (typeof value === 'number') return before + numberText(value);
  if (value === null || typeof value === 'boolean') return before + String(value);
  if (depth > SHOWN_LEVELS) return before;
  let text = before;
  if (Array.isArray(value)) {
    text += '[';
    for (let i = 0; i < value.length && text.length <= enough; i++) {
      text = printStart(i === 0 ? text : `${text},`, value[i] as Json, enough, depth + 1);
    }
    return text.length > enough ? text : `${text}]`;
  }
  const keys = Object.keys(value);
  listedMembers += keys.length;
  text += '{';
  for (let i = 0; i < keys.length && text.length <= enough; i++) {
    const key = keys[i] as string;
    text = printStart(`${text}${i === 0 ? '' : ','}${quote(key)}:`, value[key] as Json, enough, depth + 1);
  }
  return text.length > enough ? text : `${text}}`;
}
