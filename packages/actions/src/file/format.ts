import type { Json } from '@pawl/core';

/**
 * What lies at a position: a record between `start` and `end`; the end of the records (only blanks follow so far as it
 * was looked); `more` bytes are needed to tell; or something that does not belong there.
 */
export type Found =
  | { readonly kind: 'record'; readonly start: number; readonly end: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'more' }
  | { readonly kind: 'bad'; readonly problem: string };

/** A file format: finds records in bytes, and reads them. */
export interface Format {
  /** What precedes the first record: its length in bytes, or undefined when more bytes are needed. Throws a text for a file that is not of this format. */
  head(bytes: Buffer, ended: boolean): Head | undefined;
  /** The record after `at`, which is where the head or the record before it ended. `first`: it is the first of the file. */
  find(bytes: Buffer, at: number, ended: boolean, first: boolean): Found;
  /** Values of the records between two positions; throws when one of them is not valid. */
  parse(bytes: Buffer, records: readonly Span[], columns: readonly string[]): Json[];
}

/** Where a record begins and ends. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What precedes the first record. */
export interface Head {
  readonly length: number;
  /** Names of the columns, for a format that has them. */
  readonly columns: readonly string[];
}

/** A file or a row that is not what was said; the message is the end of a sentence about it. */
export class FormatError extends Error {}

/** Length of a byte order mark at the beginning; undefined when too few bytes are there to tell. */
export function markLength(bytes: Buffer, ended: boolean): number | undefined {
  if (bytes.length < 3 && !ended) return undefined;
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
