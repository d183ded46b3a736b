import type { Json } from '@pawl/core';
import { parse as parseCsv } from 'csv-parse/sync';
import { actionLimits } from '../limits.ts';
import { FormatError, markLength } from './format.ts';
import type { Format, Head, Span } from './format.ts';
import { findLine } from './lines.ts';

/** Comma separated values (RFC 4180): the first line names the columns, each further one is an object of texts. */
export const csv: Format = {
  head: readHeader,
  find: (bytes, at, ended) => findLine(bytes, at, ended, endOfRecord),
  parse: parseRows,
};

const newline = 0x0a;
const quote = 0x22;

/** The line feed that ends a record: the first one outside quotes (a doubled quote opens and closes at once). */
function endOfRecord(bytes: Buffer, from: number): number {
  let quoted = false;
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] === quote) quoted = !quoted;
    else if (bytes[at] === newline && !quoted) return at;
  }
  return -1;
}

function readHeader(bytes: Buffer, ended: boolean): Head | undefined {
  const mark = markLength(bytes, ended);
  if (mark === undefined) return undefined;
  const line = findLine(bytes, mark, ended, endOfRecord);
  if (line.kind === 'more') return undefined;
  if (line.kind !== 'record') throw new FormatError('is empty; its first line must name the columns');
  const columns = splitRecords(bytes.toString('utf8', line.start, line.end))[0] ?? [];
  if (columns.length > actionLimits.fileColumns)
    throw new FormatError(`has more than ${actionLimits.fileColumns} columns`);
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  if (twice !== undefined) throw new FormatError(`has two columns named ${JSON.stringify(twice)}`);
  return { length: line.end, columns };
}

function parseRows(bytes: Buffer, records: readonly Span[], columns: readonly string[]): Json[] {
  const [first, last] = [records[0], records.at(-1)];
  if (first === undefined || last === undefined) return [];
  return splitRecords(bytes.toString('utf8', first.start, last.end)).map((fields) => {
    if (fields.length !== columns.length)
      throw new FormatError(`has ${fields.length} values, but there are ${columns.length} columns`);
    return Object.fromEntries(columns.map((name, index) => [name, fields[index] ?? '']));
  });
}

function splitRecords(text: string): string[][] {
  return parseCsv(text, { record_delimiter: ['\r\n', '\n'], skip_empty_lines: true, relax_column_count: true });
}
