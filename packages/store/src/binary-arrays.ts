import { PoisonError } from '@pawl/core';

/**
 * Parameters in PostgreSQL's binary array format: `pg` sends a Buffer as it is. Nothing is escaped, quoted or parsed,
 * on either side: that is half of what a commit costs in Node.
 */

/** Object ids of the element types (pg_type.dat; stable since the first releases). */
const oid = { bool: 16, bytea: 17, char: 18, int8: 20, int2: 21, int4: 23, text: 25, uuid: 2950 } as const;

/** Bytes before the elements: dimensions, null flag, element type, length, lower bound. */
const headerBytes = 20;
const nullLength = -1;

/** An array without elements (no dimensions), of a type. */
function emptyArray(type: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeInt32BE(type, 8);
  return bytes;
}

const empty = new Map<number, Buffer>(Object.values(oid).map((type) => [type, emptyArray(type)]));

function none(type: number): Buffer {
  return empty.get(type) as Buffer;
}

/** A one-dimensional array with room for its elements. Lower bound 1, or arrays would not compare equal. */
function begin(type: number, length: number, bytes: number, nullable: boolean): Buffer {
  const array = Buffer.allocUnsafe(headerBytes + bytes);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(nullable ? 1 : 0, 4);
  array.writeInt32BE(type, 8);
  array.writeInt32BE(length, 12);
  array.writeInt32BE(1, 16);
  return array;
}

/** `smallint[]` of one number of each row. */
export function int2Array<T>(rows: readonly T[], value: (row: T) => number): Buffer {
  if (rows.length === 0) return none(oid.int2);
  const array = begin(oid.int2, rows.length, rows.length * 6, false);
  let at = headerBytes;
  for (const row of rows) {
    array.writeInt32BE(2, at);
    array.writeInt16BE(value(row), at + 4);
    at += 6;
  }
  return array;
}

/** `integer[]`. A number beyond 32 bits throws a PoisonError, as PostgreSQL itself would. */
export function int4Array<T>(rows: readonly T[], value: (row: T) => number): Buffer {
  if (rows.length === 0) return none(oid.int4);
  const array = begin(oid.int4, rows.length, rows.length * 8, false);
  let at = headerBytes;
  for (const row of rows) {
    const number = value(row);
    if (number !== (number | 0)) throw new PoisonError('22003', `${number} is out of range`, undefined);
    array.writeInt32BE(4, at);
    array.writeInt32BE(number, at + 4);
    at += 8;
  }
  return array;
}

/** `bigint[]` of whole numbers up to 2^53. */
export function int8Array<T>(rows: readonly T[], value: (row: T) => number | null): Buffer {
  if (rows.length === 0) return none(oid.int8);
  const array = begin(oid.int8, rows.length, rows.length * 12, true);
  let at = headerBytes;
  for (const row of rows) {
    const number = value(row);
    at = array.writeInt32BE(number === null ? nullLength : 8, at);
    if (number === null) continue;
    const high = Math.floor(number / 0x1_0000_0000);
    at = array.writeInt32BE(high, at);
    at = array.writeUInt32BE(number - high * 0x1_0000_0000, at);
  }
  return array.subarray(0, at);
}

/** `boolean[]`. */
export function boolArray<T>(rows: readonly T[], value: (row: T) => boolean): Buffer {
  return byteArray(oid.bool, rows, (row) => (value(row) ? 1 : 0));
}

/** `"char"[]` of one-letter codes. */
export function charArray<T>(rows: readonly T[], value: (row: T) => string): Buffer {
  return byteArray(oid.char, rows, (row) => value(row).charCodeAt(0));
}

function byteArray<T>(type: number, rows: readonly T[], value: (row: T) => number): Buffer {
  if (rows.length === 0) return none(type);
  const array = begin(type, rows.length, rows.length * 5, false);
  let at = headerBytes;
  for (const row of rows) {
    array.writeInt32BE(1, at);
    array[at + 4] = value(row);
    at += 5;
  }
  return array;
}

/** `uuid[]` of ids in their usual form. */
export function uuidArray<T>(rows: readonly T[], value: (row: T) => string): Buffer {
  if (rows.length === 0) return none(oid.uuid);
  const array = begin(oid.uuid, rows.length, rows.length * 20, false);
  let at = headerBytes;
  for (const row of rows) {
    at = array.writeInt32BE(16, at);
    at = writeHex(value(row), array, at, 16);
  }
  return array;
}

/** `bytea[]` of lower-case hex texts of `size` bytes each. */
export function hexArray<T>(rows: readonly T[], size: number, value: (row: T) => string | null): Buffer {
  if (rows.length === 0) return none(oid.bytea);
  const array = begin(oid.bytea, rows.length, rows.length * (4 + size), true);
  let at = headerBytes;
  for (const row of rows) {
    const hex = value(row);
    at = array.writeInt32BE(hex === null ? nullLength : size, at);
    if (hex !== null) at = writeHex(hex, array, at, size);
  }
  return array.subarray(0, at);
}

/**
 * `text[]`. A text with a lone surrogate throws the PoisonError that PostgreSQL would answer, had UTF-8 a way to send
 * it: written silently as another character, it would break the fold of its run.
 */
export function textArray<T>(rows: readonly T[], value: (row: T) => string | null): Buffer {
  if (rows.length === 0) return none(oid.text);
  let room = rows.length * 4;
  for (const row of rows) room += Buffer.byteLength(value(row) ?? '');
  const array = begin(oid.text, rows.length, room, true);
  let at = headerBytes;
  for (const row of rows) {
    const text = value(row);
    if (text === null) {
      at = array.writeInt32BE(nullLength, at);
      continue;
    }
    if (!text.isWellFormed()) throw new PoisonError('22021', 'a text holds half of a surrogate pair', undefined);
    const length = array.write(text, at + 4, 'utf8');
    array.writeInt32BE(length, at);
    at += 4 + length;
  }
  return array.subarray(0, at);
}

/** Writes hex digits as bytes, passing over the dashes of a uuid; throws a PoisonError when they are not `size` bytes. */
function writeHex(hex: string, target: Buffer, at: number, size: number): number {
  const end = at + size;
  let high = -1;
  for (let i = 0; i < hex.length && at < end; i += 1) {
    const digit = hexDigit(hex.charCodeAt(i));
    if (digit < 0) continue;
    if (high < 0) high = digit;
    else {
      target[at] = (high << 4) | digit;
      at += 1;
      high = -1;
    }
  }
  if (at !== end) throw new PoisonError('22P02', `not a text of ${size} bytes in hex: ${hex}`, undefined);
  return at;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return -1;
}
