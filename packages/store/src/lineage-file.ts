import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '@pawl/core';
import { ensureError } from '@pawl/core';
import type { LineageMark } from './lineage.ts';

/** Keeps the marks of databases in a file, which must not be restored together with them. */
export interface LineageFile {
  read(database: string): Promise<LineageMark | undefined>;
  write(database: string, mark: LineageMark): Promise<void>;
  /** Writes at most every few seconds: the log grows with each commit. */
  writeSometimes(database: string, mark: LineageMark): void;
}

/** Shortest time between two writes of a position (ms): so far back a restore may go unnoticed if every process has ended. */
const writeEveryMs = 5_000;

/** The file at a path; made when there is something to write. A file that cannot be read or written is as good as none. */
export function openLineageFile(path: string, log: Log): LineageFile {
  let writing: Promise<void> = Promise.resolve();
  let wroteAt = Number.NEGATIVE_INFINITY;

  async function readAll(): Promise<Record<string, LineageMark>> {
    const text = await readFile(path, 'utf8').catch(() => '{}');
    try {
      const marks = JSON.parse(text) as unknown;
      return typeof marks === 'object' && marks !== null ? (marks as Record<string, LineageMark>) : {};
    } catch {
      return {};
    }
  }

  async function put(database: string, mark: LineageMark): Promise<void> {
    const marks = await readAll();
    const other = marks[database];
    // Other processes of this machine write it too, and the furthest of them tells most.
    if (isMark(other) && isBehind(mark, other)) return;
    const temporary = `${path}.${process.pid}`;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, `${JSON.stringify({ ...marks, [database]: mark })}\n`, { mode: 0o600 });
    await rename(temporary, path);
  }

  function write(database: string, mark: LineageMark): Promise<void> {
    wroteAt = performance.now();
    writing = writing
      .then(() => put(database, mark))
      .catch((error: unknown) => {
        log.warn({ err: ensureError(error), path }, 'Where the database stands could not be noted outside of it.');
      });
    return writing;
  }

  return {
    async read(database) {
      const mark = (await readAll())[database];
      return isMark(mark) ? mark : undefined;
    },
    write,
    writeSometimes(database, mark) {
      if (performance.now() - wroteAt >= writeEveryMs) void write(database, mark);
    },
  };
}

function isMark(value: unknown): value is LineageMark {
  const mark = value as LineageMark | undefined | null;
  return (
    typeof mark === 'object' &&
    Number.isInteger(mark?.number) &&
    /^[\da-f-]{36}$/.test(String(mark?.token)) &&
    (mark?.position === null || /^[\dA-F]{1,8}\/[\dA-F]{1,8}$/.test(String(mark?.position))) &&
    (mark?.row === null || isRow(mark?.row))
  );
}

function isRow(value: unknown): value is LineageMark['row'] {
  const row = value as Partial<NonNullable<LineageMark['row']>> | undefined;
  const numbers = [row?.from, row?.checksum, row?.at];
  return /^[\da-f-]{36}$/.test(String(row?.run)) && numbers.every(Number.isInteger);
}

/** Whether a mark says less than another one of the same history. */
function isBehind(mark: LineageMark, other: LineageMark): boolean {
  if (mark.number !== other.number || mark.token !== other.token) return mark.number < other.number;
  return other.position !== null && (mark.position === null || position(mark.position) < position(other.position));
}

/** A `pg_lsn` as a number of bytes. */
function position(text: string): bigint {
  const [high = '0', low = '0'] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}
