import { type Json, parseJson } from '@pawl/core';
import { markLength } from './format.ts';
import type { Format, Found, Span } from './format.ts';

/** One JSON value a line; empty lines are passed over. */
export const jsonLines: Format = {
  head: (bytes, ended) => {
    const mark = markLength(bytes, ended);
    return mark === undefined ? undefined : { length: mark, columns: [] };
  },
  find: (bytes, at, ended) => findLine(bytes, at, ended, (_bytes, from) => _bytes.indexOf(newline, from)),
  parse: parseLines,
};

const newline = 0x0a;
const carriageReturn = 0x0d;

/** The next line that is not empty. `endOfLine` finds the line feed that ends a line, or -1. */
export function findLine(
  bytes: Buffer,
  from: number,
  ended: boolean,
  endOfLine: (bytes: Buffer, from: number) => number,
): Found {
  let start = from;
  while (start < bytes.length && (bytes[start] === newline || bytes[start] === carriageReturn)) start++;
  if (start === bytes.length) return ended ? { kind: 'end' } : { kind: 'more' };
  const feed = endOfLine(bytes, start);
  if (feed < 0 && !ended) return { kind: 'more' };
  const end = feed < 0 ? bytes.length : feed;
  return { kind: 'record', start, end: bytes[end - 1] === carriageReturn ? end - 1 : end };
}

function parseLines(bytes: Buffer, records: readonly Span[]): Json[] {
  // Joined with a line feed, which no JSON string may hold: a string that ends in another line is an error, not a merge.
  const lines = records.map(({ start, end }) => bytes.toString('utf8', start, end));
  return parseJson(`[${lines.join(',\n')}]`) as Json[];
}
