import { type Json, parseJson } from '@pawl/core';
import { FormatError, markLength } from './format.ts';
import type { Format, Found, Head, Span } from './format.ts';

/** A file that holds one JSON array; each element is a row. Nothing but the current elements is ever in memory. */
export const jsonArray: Format = { head, find, parse };

const tab = 0x09;
const newline = 0x0a;
const carriageReturn = 0x0d;
const blank = 0x20;
const quote = 0x22;
const comma = 0x2c;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

function head(bytes: Buffer, ended: boolean): Head | undefined {
  const mark = markLength(bytes, ended);
  if (mark === undefined) return undefined;
  const at = skipBlanks(bytes, mark);
  if (at === bytes.length) {
    if (ended) throw new FormatError('is empty; it must hold one JSON array');
    return undefined;
  }
  if (bytes[at] !== openBracket)
    throw new FormatError(
      'does not begin with "["; it must hold one JSON array. For one value a line, use the format jsonl',
    );
  return { length: at + 1, columns: [] };
}

function find(bytes: Buffer, from: number, ended: boolean, first: boolean): Found {
  let at = skipBlanks(bytes, from);
  if (bytes[at] === closeBracket) return afterArray(bytes, at + 1, ended);
  if (!first && at < bytes.length) {
    if (bytes[at] !== comma) return { kind: 'bad', problem: 'does not follow the one before it after a comma' };
    at = skipBlanks(bytes, at + 1);
  }
  if (at === bytes.length)
    return ended ? { kind: 'bad', problem: 'is missing: the file ends in the middle of the array' } : { kind: 'more' };
  if (bytes[at] === comma || bytes[at] === closeBracket)
    return { kind: 'bad', problem: 'is missing: there is a comma too many' };
  const end = endOfValue(bytes, at);
  if (end !== undefined) return { kind: 'record', start: at, end };
  return ended ? { kind: 'bad', problem: 'is not complete: the file ends in the middle of it' } : { kind: 'more' };
}

function parse(bytes: Buffer, records: readonly Span[]): Json[] {
  const [first, last] = [records[0], records.at(-1)];
  if (first === undefined || last === undefined) return [];
  return parseJson(`[${bytes.toString('utf8', first.start, last.end)}]`) as Json[];
}

function afterArray(bytes: Buffer, from: number, ended: boolean): Found {
  if (skipBlanks(bytes, from) < bytes.length) return { kind: 'bad', problem: 'follows the end of the array' };
  return ended ? { kind: 'end' } : { kind: 'more' };
}

function skipBlanks(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && isBlank(bytes[at])) at++;
  return at;
}

function isBlank(byte: number | undefined): boolean {
  return byte === blank || byte === newline || byte === carriageReturn || byte === tab;
}

/** Where the value that begins at `start` ends; undefined when it goes on beyond the bytes. Only brackets and strings matter. */
function endOfValue(bytes: Buffer, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) {
      const end = endOfString(bytes, at + 1);
      if (end === undefined) return undefined;
      at = end;
      if (depth === 0) return at + 1;
    } else if (byte === openBrace || byte === openBracket) {
      depth++;
    } else if (byte === closeBrace || byte === closeBracket) {
      // A bracket at depth 0 closes the array itself: it ends a number or a word.
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (byte === comma || isBlank(byte))) {
      return at;
    }
  }
  return undefined;
}

/** Position of the quote that ends a string. */
function endOfString(bytes: Buffer, from: number): number | undefined {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === backslash) at++;
    else if (byte === quote) return at;
  }
  return undefined;
}
