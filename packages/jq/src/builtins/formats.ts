import type { Context } from '../compile/context.ts';
import { raise } from '../errors.ts';
import type { Json } from '../json.ts';
import { describeKind } from '../values/describe.ts';
import { numberText } from '../values/number-text.ts';
import { toJson } from '../values/to-json.ts';
import { decodeBase32, decodeBase64, encodeBase32, encodeBase64, fromUtf8, toUtf8 } from './encodings.ts';

/** Turns a value into text. */
export type Format = (value: Json, ctx: Context) => string;

/** `tostring`: a string as it is, any other value as JSON. */
export function tostring(value: Json, ctx: Context): string {
  return typeof value === 'string' ? value : toJson(value, ctx);
}

/** The format of a name without its `@`. */
export function findFormat(name: string): Format | undefined {
  return FORMATS.get(name);
}

/** A format applied to the text of any value. */
function ofText(encode: (text: string, ctx: Context) => string): Format {
  return (value, ctx) => {
    const text = tostring(value, ctx);
    ctx.spendCharacters(text.length * 16);
    return ctx.newText(encode(text, ctx));
  };
}

/** A format of a row of scalars. */
function ofRow(name: string, separator: string, cell: (value: Json) => string): Format {
  return (value, ctx) => {
    if (!Array.isArray(value)) return raise(`${describeKind(value)} cannot be ${name}-formatted, only array`);
    ctx.spendElements(value.length * 4);
    return joined(value, separator, cell, ctx);
  };
}

/** Texts in a row. The length is checked as it grows: a short array can hold one long text many times. */
function joined(values: readonly Json[], separator: string, write: (value: Json) => string, ctx: Context): string {
  let text = '';
  for (const [i, value] of values.entries()) {
    if (typeof value === 'string') ctx.spendText(value.length * 4);
    text += (i === 0 ? '' : separator) + write(value);
    ctx.checkString(text.length);
  }
  return ctx.newText(text);
}

const HTML: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  "'": '&apos;',
  '"': '&quot;',
  '\0': '\\0',
};
const TSV: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r', '\0': '\\0' };

function csvCell(value: Json): string {
  if (typeof value === 'string') return `"${value.replaceAll('"', '""')}"`;
  return scalarCell(value);
}

function tsvCell(value: Json): string {
  if (typeof value !== 'string') return scalarCell(value);
  return value.replace(/[\\\t\n\r\0]/g, (character) => TSV[character] ?? character);
}

function scalarCell(value: Json): string {
  if (value === null) return '';
  if (typeof value === 'number') return value === value ? numberText(value) : '';
  if (typeof value === 'boolean') return String(value);
  return raise(`${describeKind(value)} is not valid in a csv row`);
}

/** A value quoted for a POSIX shell; an array gives several words. */
function shellWords(value: Json, ctx: Context): string {
  const words = Array.isArray(value) ? value : [value];
  ctx.spendElements(words.length * 4);
  return joined(words, ' ', (word) => shellWord(word, ctx), ctx);
}

function shellWord(value: Json, ctx: Context): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "'\\''").replaceAll('\0', '\\0')}'`;
  if (typeof value === 'object' && value !== null) return raise(`${describeKind(value)} can not be escaped for shell`);
  return toJson(value, ctx);
}

const UNRESERVED = /[A-Za-z0-9\-_.~]/;

function percentEncode(text: string): string {
  let result = '';
  for (const byte of toUtf8(text)) {
    const character = String.fromCharCode(byte);
    result += UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return result;
}

function percentDecode(text: string): string {
  const bytes: number[] = [];
  const source = toUtf8(text);
  for (let i = 0; i < source.length; i++) {
    const byte = source[i] as number;
    if (byte !== 0x25) {
      bytes.push(byte);
      continue;
    }
    const hex = String.fromCharCode(...source.slice(i + 1, i + 3));
    if (!/^[0-9a-fA-F]{2}$/.test(hex)) raise(`${describeKind(text)} is not a valid uri encoding`);
    bytes.push(parseInt(hex, 16));
    i += 2;
  }
  const decoded = fromUtf8(bytes);
  if (decoded.includes('\ufffd') && !text.includes('\ufffd') && !/%EF%BF%BD/i.test(text))
    raise(`${describeKind(text)} is not a valid uri encoding`);
  return decoded;
}

const FORMATS: ReadonlyMap<string, Format> = new Map<string, Format>([
  ['text', tostring],
  ['json', toJson],
  ['html', ofText((text) => text.replace(/[<>&'"\0]/g, (character) => HTML[character] ?? character))],
  ['uri', ofText(percentEncode)],
  ['urid', ofText(percentDecode)],
  ['csv', ofRow('csv', ',', csvCell)],
  ['tsv', ofRow('tsv', '\t', tsvCell)],
  ['sh', shellWords],
  ['base64', ofText((text) => encodeBase64(toUtf8(text)))],
  ['base64d', ofText((text) => fromUtf8(decodeBase64(text)))],
  ['base32', ofText((text) => encodeBase32(toUtf8(text)))],
  ['base32d', ofText((text) => fromUtf8(decodeBase32(text)))],
]);
