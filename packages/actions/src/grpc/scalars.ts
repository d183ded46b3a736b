import { isUtf8 } from 'node:buffer';
import { PawlError } from '@pawl/core';
import type { Json } from '@pawl/core';
import { noMessage, varint, withLength } from './wire.ts';
import type { WireReader, WireType } from './wire.ts';

/** A plain type of interface definitions: its layout, and its value as JSON. 64 bits are texts, as no double holds them. */
export interface Scalar {
  readonly wire: WireType;
  /** Whether a list of them stands as one value. */
  readonly packs: boolean;
  readonly zero: Json;
  write(value: Json, where: string): readonly Buffer[];
  read(reader: WireReader): Json;
}

/** All of them by name. */
export const scalars: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...integers(
    'int',
    (value) => value,
    (value, bits) => BigInt.asIntN(bits, value),
  ),
  ...integers(
    'uint',
    (value) => value,
    (value, bits) => BigInt.asUintN(bits, value),
  ),
  ...integers('sint', zigzag, (value, bits) => BigInt.asIntN(bits, (value >> 1n) ^ -(value & 1n))),
  ['fixed32', fixed(4, false)],
  ['sfixed32', fixed(4, true)],
  ['fixed64', fixed(8, false)],
  ['sfixed64', fixed(8, true)],
  ['float', floating(4)],
  ['double', floating(8)],
  ['bool', bool()],
  ['string', text()],
  ['bytes', bytes()],
]);

function integers(
  kind: 'int' | 'uint' | 'sint',
  encode: (value: bigint) => bigint,
  decode: (value: bigint, bits: number) => bigint,
): readonly (readonly [string, Scalar])[] {
  return [32, 64].map((bits) => [
    `${kind}${bits}`,
    {
      wire: 0,
      packs: true,
      zero: bits === 64 ? '0' : 0,
      write: (value: Json, where: string) => [varint(encode(integer(value, bits, kind !== 'uint', where)))],
      read: (reader: WireReader) => shown(decode(reader.varint(), bits), bits),
    },
  ]);
}

function fixed(length: 4 | 8, signed: boolean): Scalar {
  const bits = length * 8;
  return {
    wire: length === 4 ? 5 : 1,
    packs: true,
    zero: length === 8 ? '0' : 0,
    write: (value, where) => {
      const buffer = Buffer.alloc(8);
      buffer.writeBigUInt64LE(BigInt.asUintN(64, integer(value, bits, signed, where)));
      return [buffer.subarray(0, length)];
    },
    read: (reader) => {
      const buffer = Buffer.alloc(8);
      reader.fixed(length).copy(buffer);
      const value = buffer.readBigUInt64LE();
      return shown(signed ? BigInt.asIntN(bits, value) : value, bits);
    },
  };
}

function floating(length: 4 | 8): Scalar {
  return {
    wire: length === 4 ? 5 : 1,
    packs: true,
    zero: 0,
    write: (value, where) => {
      const number = typeof value === 'string' && specials.includes(value) ? Number(value) : value;
      if (typeof number !== 'number') throw refused(where, 'a number', value);
      const buffer = Buffer.alloc(length);
      if (length === 4) buffer.writeFloatLE(number);
      else buffer.writeDoubleLE(number);
      return [buffer];
    },
    read: (reader) => {
      const buffer = reader.fixed(length);
      const value = length === 4 ? buffer.readFloatLE() : buffer.readDoubleLE();
      // JSON has no -0 either: a run that is loaded again would have another value.
      return Number.isFinite(value) ? value + 0 : String(value);
    },
  };
}

/** JSON has no number for them. */
const specials: readonly string[] = ['NaN', 'Infinity', '-Infinity'];

function bool(): Scalar {
  return {
    wire: 0,
    packs: true,
    zero: false,
    write: (value, where) => {
      if (typeof value !== 'boolean' && value !== 'true' && value !== 'false')
        throw refused(where, 'true or false', value);
      return [varint(String(value) === 'true' ? 1 : 0)];
    },
    read: (reader) => reader.varint() !== 0n,
  };
}

function text(): Scalar {
  return {
    wire: 2,
    packs: false,
    zero: '',
    write: (value, where) => {
      if (typeof value !== 'string') throw refused(where, 'a text', value);
      return withLength(Buffer.from(value, 'utf8'));
    },
    read: (reader) => {
      const read = reader.bytes();
      if (!isUtf8(read)) throw noMessage();
      return read.toString('utf8');
    },
  };
}

function bytes(): Scalar {
  return {
    wire: 2,
    packs: false,
    zero: '',
    write: (value, where) => {
      if (typeof value !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(value))
        throw refused(where, 'a text in base64', value);
      return withLength(Buffer.from(value, 'base64'));
    },
    read: (reader) => reader.bytes().toString('base64'),
  };
}

function integer(value: Json, bits: number, signed: boolean, where: string): bigint {
  const whole =
    typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'string' && /^-?\d{1,20}$/.test(value);
  const number = whole ? BigInt(value as number | string) : undefined;
  const fits = number !== undefined && (signed ? BigInt.asIntN(bits, number) : BigInt.asUintN(bits, number)) === number;
  if (!fits) throw refused(where, `a whole number of ${bits} bits${signed ? '' : ' without a sign'}`, value);
  return number;
}

function zigzag(value: bigint): bigint {
  return value < 0n ? (-value << 1n) - 1n : value << 1n;
}

function shown(value: bigint, bits: number): Json {
  return bits === 64 ? String(value) : Number(value);
}

/** The error of a value that its field does not take. The value itself may be a secret, so that only its kind is named. */
export function refused(where: string, wanted: string, value: Json): PawlError {
  const kind =
    value === null
      ? 'null'
      : Array.isArray(value)
        ? 'a list'
        : typeof value === 'object'
          ? 'an object'
          : `a ${typeof value}`;
  return new PawlError('PAWL_ACTION_INPUT', `The argument ${where} must be ${wanted}, and is ${kind} that is none.`);
}
