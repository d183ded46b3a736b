import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { PawlError } from '@pawl/core';
import type { Json } from '@pawl/core';
import { actionLimits } from '../limits.ts';
import { csv } from './csv.ts';
import { FormatError } from './format.ts';
import type { Format, Head, Span } from './format.ts';
import { jsonArray } from './json-array.ts';
import { jsonLines } from './lines.ts';
import { Window } from './window.ts';

/** The formats by name. */
export const formats = { json: jsonArray, csv, jsonl: jsonLines } as const satisfies Record<string, Format>;

/** Where a page begins: the byte after the record before it, and how many rows came before. */
export interface FileCursor {
  readonly offset: number;
  readonly row: number;
}

/** Rows of a page as they stand in the file. */
export interface RawPage {
  readonly rows: Json[];
  readonly next: FileCursor;
  readonly last: boolean;
}

/** Reads pages of one file, one after the other, in memory that does not grow with the file. */
export class FileReader {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #format: Format;
  readonly #head: Head;
  readonly #window: Window;
  #row: number;

  private constructor(parts: {
    path: string;
    handle: FileHandle;
    format: Format;
    head: Head;
    window: Window;
    row: number;
  }) {
    this.#path = parts.path;
    this.#handle = parts.handle;
    this.#format = parts.format;
    this.#head = parts.head;
    this.#window = parts.window;
    this.#row = parts.row;
  }

  /** A reader at a cursor; null is the beginning. The handle becomes the reader's own. */
  static async open(path: string, handle: FileHandle, format: Format, cursor: FileCursor | null): Promise<FileReader> {
    try {
      const start = new Window(handle, 0);
      const head = await readHead(path, format, start);
      start.drop(head.length);
      const window = cursor === null ? start : new Window(handle, cursor.offset);
      return new FileReader({ path, handle, format, head, window, row: cursor?.row ?? 0 });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Where the next page begins. */
  get cursor(): FileCursor {
    return { offset: this.#window.offset, row: this.#row };
  }

  /** At most `size` rows; fewer, though not the last, when they are large. */
  async read(size: number): Promise<RawPage> {
    const spans = await this.#findRecords(size);
    const rows = this.#parse(spans);
    this.#row += rows.length;
    this.#window.drop(spans.at(-1)?.end ?? 0);
    if (this.#row > actionLimits.fileRows)
      throw this.#invalid(this.#row, `is one too many: Pawl reads ${actionLimits.fileRows} rows of a file`);
    return { rows, next: this.cursor, last: await this.#isAtEnd() };
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #findRecords(size: number): Promise<Span[]> {
    const spans: Span[] = [];
    let at = 0;
    while (spans.length < size && at < actionLimits.filePageBytes) {
      const found = await this.#find(at, this.#row + spans.length);
      if (found === undefined) break;
      spans.push(found);
      at = found.end;
    }
    return spans;
  }

  async #isAtEnd(): Promise<boolean> {
    return (await this.#find(0, this.#row)) === undefined;
  }

  /** The record after a position in the window; undefined at the end. */
  async #find(at: number, row: number): Promise<Span | undefined> {
    for (;;) {
      const found = this.#format.find(this.#window.bytes, at, this.#window.ended, row === 0);
      switch (found.kind) {
        case 'record':
          if (found.end - found.start > actionLimits.fileRowBytes) throw this.#tooLong(row);
          return found;
        case 'end':
          return undefined;
        case 'bad':
          throw this.#invalid(row + 1, found.problem);
        case 'more':
          if (this.#window.bytes.length - at > actionLimits.fileRowBytes) throw this.#tooLong(row);
          await this.#window.more();
      }
    }
  }

  /** Parses a page at once, which is fast; only when that fails row by row, to say which one it is. */
  #parse(spans: readonly Span[]): Json[] {
    const [bytes, columns] = [this.#window.bytes, this.#head.columns];
    try {
      if (isUtf8(bytes.subarray(spans[0]?.start ?? 0, spans.at(-1)?.end ?? 0))) {
        const rows = this.#format.parse(bytes, spans, columns);
        if (rows.length === spans.length) return rows;
      }
    } catch {
      // Row by row below.
    }
    return spans.map((span, index) => this.#parseOne(span, this.#row + index + 1));
  }

  #parseOne(span: Span, row: number): Json {
    const [bytes, columns] = [this.#window.bytes, this.#head.columns];
    if (!isUtf8(bytes.subarray(span.start, span.end))) throw this.#invalid(row, 'is not UTF-8 text');
    let values: Json[];
    try {
      values = this.#format.parse(bytes, [span], columns);
    } catch (error) {
      throw this.#invalid(row, error instanceof FormatError ? error.message : 'cannot be read', error);
    }
    const [value] = values;
    if (values.length !== 1 || value === undefined) throw this.#invalid(row, 'holds more than one value');
    return value;
  }

  #tooLong(row: number): PawlError {
    return this.#invalid(row + 1, `is longer than ${actionLimits.fileRowBytes} bytes`);
  }

  #invalid(row: number, problem: string, cause?: unknown): PawlError {
    return new PawlError('PAWL_FILE_INVALID', `Row ${row} of ${this.#path} ${problem}.`, { cause, extra: { row } });
  }
}

async function readHead(path: string, format: Format, window: Window): Promise<Head> {
  for (;;) {
    try {
      const head = format.head(window.bytes, window.ended);
      if (head !== undefined) return head;
    } catch (error) {
      if (error instanceof FormatError) throw new PawlError('PAWL_FILE_INVALID', `The file ${path} ${error.message}.`);
      throw error;
    }
    if (window.bytes.length > actionLimits.fileRowBytes)
      throw new PawlError(
        'PAWL_FILE_INVALID',
        `The beginning of ${path} is longer than ${actionLimits.fileRowBytes} bytes.`,
      );
    await window.more();
  }
}
