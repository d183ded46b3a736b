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
  return ctx.newText(typeof value === 'string' ? quote(value) : print(value, ctx));
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

/** A container being printed. */
interface Printing {
  readonly source: readonly Json[] | JsonObject;
  /** The keys of an object. */
  readonly keys: readonly string[] | undefined;
  readonly size: number;
  at: number;
}

/** Prints with a stack of its own, so that a value may nest as deep as the limit allows. */
function print(value: Json[] | JsonObject, ctx: Context): string {
  const stack: Printing[] = [];
  let top = begin(value, ctx);
  let text = top.keys === undefined ? '[' : '{';
  for (;;) {
    if (top.at === top.size) {
      text += top.keys === undefined ? ']' : '}';
      const outer = stack.pop();
      if (outer === undefined) return text;
      top = outer;
      continue;
    }
    const key = top.keys?.[top.at];
    const item = (key === undefined ? (top.source as Json[])[top.at] : (top.source as JsonObject)[key]) as Json;
    if (top.at > 0) text += ',';
    if (key !== undefined) text += `${quote(key)}:`;
    top.at += 1;
    if (typeof item === 'string') text += quote(item);
    else if (typeof item === 'number') text += numberText(item);
    else if (item === null || typeof item === 'boolean') text += String(item);
    else {
      ctx.checkDepth(stack.length + 1);
      stack.push(top);
      top = begin(item, ctx);
      text += top.keys === undefined ? '[' : '{';
    }
    ctx.checkString(text.length);
  }
}

function begin(source: Json[] | JsonObject, ctx: Context): Printing {
  const keys = Array.isArray(source) ? undefined : Object.keys(source);
  const size = keys?.length ?? (source as Json[]).length;
  ctx.spend(2 + size / VALUES_PER_STEP);
  return { source, keys, size, at: 0 };
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
