import type { Context } from '../compile/context.ts';
import { raise } from '../errors.ts';
import type { Json } from '../json.ts';
import { access, accessElement, indicesOfArray } from '../values/access.ts';
import { describeKind } from '../values/describe.ts';
import { splitText } from '../values/split.ts';
import { codePointLength, isPlain } from '../values/text.ts';
import { type Builtin, type Builtins, fromInput, fromValues } from './builtin.ts';
import { findFormat } from './formats.ts';

const REPLACEMENT = 0xfffd;

/** The builtins on strings, apart from regular expressions. */
export const strings: Builtins = {
  'explode/0': fromInput((input, ctx) => {
    if (typeof input !== 'string') return raise('explode input must be a string');
    ctx.spend(input.length / 4);
    ctx.checkArray(input.length);
    return Array.from(input, (character) => character.codePointAt(0) as number);
  }),
  'implode/0': fromInput(implode),
  'split/1': fromValues((input, [separator], ctx) => {
    if (typeof input !== 'string' || typeof separator !== 'string')
      return raise('split input and separator must be strings');
    return splitText(input, separator, ctx);
  }),
  'startswith/1': fromValues((input, [part], ctx) => startsWith(input, part as Json, ctx)),
  'endswith/1': fromValues((input, [part], ctx) => endsWith(input, part as Json, ctx)),
  'ltrimstr/1': fromValues((input, [part], ctx) => trimStart(input, part as Json, ctx)),
  'rtrimstr/1': fromValues((input, [part], ctx) => trimEnd(input, part as Json, ctx)),
  'trimstr/1': fromValues((input, [part], ctx) => trimEnd(trimStart(input, part as Json, ctx), part as Json, ctx)),
  'trim/0': trimmer((text) => text.replace(LEADING, '').replace(TRAILING, '')),
  'ltrim/0': trimmer((text) => text.replace(LEADING, '')),
  'rtrim/0': trimmer((text) => text.replace(TRAILING, '')),
  'ascii_downcase/0': caseChanger((text) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())),
  'ascii_upcase/0': caseChanger((text) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())),
  'indices/1': fromValues((input, [part], ctx) => indices(input, part as Json, ctx)),
  '_strindices/1': fromValues((input, [part], ctx) => {
    if (typeof input !== 'string') return raise(`${describeKind(input)} cannot be searched, as it is not a string`);
    if (typeof part !== 'string') return raise(`${describeKind(part as Json)} is not a string`);
    return indicesOfText(input, part, ctx);
  }),
  'index/1': fromValues((input, [part], ctx) => pickIndex(indices(input, part as Json, ctx), 0)),
  'rindex/1': fromValues((input, [part], ctx) => pickIndex(indices(input, part as Json, ctx), -1)),
  'format/1': fromValues((input, [name], ctx) => {
    if (typeof name !== 'string') return raise(`${describeKind(name as Json)} is not a valid format`);
    return (findFormat(name) ?? (() => raise(`${name} is not a valid format`)))(input, ctx);
  }),
};

/** What jq takes for blank: the white space of Unicode. */
const BLANK = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const LEADING = new RegExp(`^${BLANK}+`);
/** The look-behind keeps a long run of blanks inside a text from being tried at each of its positions. */
const TRAILING = new RegExp(`(?<!${BLANK})${BLANK}+$`);

function implode(input: Json, ctx: Context): Json {
  if (!Array.isArray(input)) return raise('implode input must be an array');
  ctx.spendElements(input.length * 4);
  const points = input.map((point) => {
    if (typeof point !== 'number' || point !== point) {
      return raise(`${describeKind(point)} can't be imploded, unicode codepoint needs to be numeric`);
    }
    const code = Math.trunc(point);
    return code < 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? REPLACEMENT : code;
  });
  let text = '';
  for (const point of points) text += String.fromCodePoint(point);
  return ctx.newText(text);
}

function startsWith(input: Json, part: Json, ctx: Context): boolean {
  if (typeof input !== 'string' || typeof part !== 'string') return raise('startswith() requires string inputs');
  spendEdge(input, part, ctx);
  return input.startsWith(part);
}

function endsWith(input: Json, part: Json, ctx: Context): boolean {
  if (typeof input !== 'string' || typeof part !== 'string') return raise('endswith() requires string inputs');
  spendEdge(input, part, ctx);
  return input.endsWith(part);
}

/** Charges the comparison of a part with the start or the end of a text. */
function spendEdge(text: string, part: string, ctx: Context): void {
  ctx.spendJoined(Math.max(text.length, part.length));
  ctx.spendText(Math.min(text.length, part.length));
}

function trimStart(input: Json, part: Json, ctx: Context): Json {
  return startsWith(input, part, ctx) ? (input as string).slice((part as string).length) : input;
}

function trimEnd(input: Json, part: Json, ctx: Context): Json {
  return endsWith(input, part, ctx)
    ? (input as string).slice(0, (input as string).length - (part as string).length)
    : input;
}

function trimmer(trim: (text: string) => string): Builtin {
  return fromInput((input, ctx) => {
    if (typeof input !== 'string') return raise('trim input must be a string');
    ctx.spendCharacters(input.length);
    return trim(input);
  });
}

function caseChanger(change: (text: string) => string): Builtin {
  return fromInput((input, ctx) => {
    if (typeof input !== 'string') return raise('explode input must be a string');
    return ctx.newText(change(input));
  });
}

/** Positions of a part in a string (in code points) or an array. */
function indices(input: Json, part: Json, ctx: Context): Json {
  if (typeof input === 'string' && typeof part === 'string') return indicesOfText(input, part, ctx);
  if (Array.isArray(input)) return indicesOfArray(input, Array.isArray(part) ? part : [part], ctx);
  return access(input, part, ctx);
}

function indicesOfText(text: string, part: string, ctx: Context): Json {
  const found: number[] = [];
  if (part === '') return found;
  ctx.spendSearch(text.length, part.length);
  let counted = 0;
  let position = 0;
  const plain = isPlain(text);
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    ctx.spend(1);
    position += plain ? at - counted : codePointLength(text.slice(counted, at));
    counted = at;
    found.push(position);
  }
  return found;
}

/** Indices of anything but a string or an array are a part of it, of which the first or last element is taken. */
function pickIndex(found: Json, at: 0 | -1): Json {
  return accessElement(found, at);
}
