import type { Type } from 'protobufjs';
import type { Json, JsonObject } from '@pawl/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from './message.ts';
import { readInterface } from './interface.ts';

const source = `
syntax = "proto3";
package test;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/wrappers.proto";
message All {
  int32 int32 = 1; uint32 uint32 = 2; sint32 sint32 = 3; fixed32 fixed32 = 4; sfixed32 sfixed32 = 5;
  int64 int64 = 6; uint64 uint64 = 7; sint64 sint64 = 8; fixed64 fixed64 = 9; sfixed64 sfixed64 = 10;
  float float = 11; double double = 12; bool bool = 13; string string = 14; bytes bytes = 15;
  Kind kind = 16; repeated sint64 packed = 17; repeated int32 plain = 18 [packed = false]; repeated string texts = 19;
  map<string, int64> numbers = 20; map<int32, All> others = 21; All inner = 22; repeated All list = 23;
  oneof choice { string first_choice = 24; int32 second_choice = 25; }
  optional int32 maybe = 26; repeated Kind kinds = 27;
}
enum Kind { NONE = 0; ONE = 1; MINUS = -1; }
message Known {
  google.protobuf.Timestamp at = 1; google.protobuf.Duration for = 2; google.protobuf.Struct data = 3;
  google.protobuf.Value any = 4; google.protobuf.Int64Value count = 5; google.protobuf.ListValue list = 6;
}
message Small { int32 int32 = 1; }
`;
const root = readInterface(Buffer.from(source), 'test');
const typeOf = (name: string): Type => root.lookupType(`test.${name}`);
const all = typeOf('All');
const around = (value: Json, type: Type = all): Json => decodeMessage(type, encodeMessage(type, value));

/** The encoder of the library, made of the same definition: it writes the same bytes by another way. */
const oracle = readInterface(Buffer.from(source), 'oracle').lookupType('test.All');

const shape = fc.record(
  {
    int32: fc.integer(),
    uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    sint32: fc.integer(),
    fixed32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    sfixed32: fc.integer(),
    int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
    sint64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    fixed64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
    sfixed64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    double: fc.double({ noNaN: true, noDefaultInfinity: true }),
    bool: fc.boolean(),
    string: fc.string({ unit: 'grapheme' }),
    bytes: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
    kind: fc.constantFrom('NONE', 'ONE', 'MINUS'),
    packed: fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
    plain: fc.array(fc.integer()),
    texts: fc.array(fc.string()),
    numbers: fc.dictionary(fc.string(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
    kinds: fc.array(fc.constantFrom('NONE', 'ONE', 'MINUS')),
    maybe: fc.integer(),
    firstChoice: fc.string(),
    inner: fc.record({ int32: fc.integer() }),
  },
  { requiredKeys: [] },
);

describe('a message', () => {
  it('comes back as it was sent (property)', () => {
    fc.assert(
      fc.property(shape, (value) => {
        const back = around(value as JsonObject) as JsonObject;
        for (const [name, member] of Object.entries(value)) {
          if (name === 'inner') expect(back[name]).toMatchObject(member as object);
          else if (name === 'double') expect(back[name]).toBe((member as number) + 0);
          else expect(back[name]).toEqual(name === 'numbers' ? { ...(member as object) } : member);
        }
      }),
    );
  });

  it('is what the library reads, and the library writes what is read (property)', () => {
    const form = { longs: String, bytes: String, enums: String } as const;
    fc.assert(
      fc.property(shape, (value) => {
        const ours = encodeMessage(all, value as JsonObject);
        const library = oracle.decode(ours);
        const again = Buffer.from(oracle.encode(library).finish());
        expect(decodeMessage(all, again)).toEqual(decodeMessage(all, ours));
        const { string, int64, kind } = oracle.toObject(library, { ...form, defaults: true });
        expect({ string, int64, kind }).toEqual({
          string: value.string ?? '',
          int64: value.int64 ?? '0',
          kind: value.kind ?? 'NONE',
        });
      }),
    );
  });

  it('has zero values where nothing tells whether a field is there, and nothing where something does', () => {
    expect(around({})).toEqual({
      ...Object.fromEntries(
        ['int32', 'uint32', 'sint32', 'fixed32', 'sfixed32', 'float', 'double'].map((name) => [name, 0]),
      ),
      ...Object.fromEntries(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64'].map((name) => [name, '0'])),
      ...{ bool: false, string: '', bytes: '', kind: 'NONE', numbers: {}, others: {} },
      ...Object.fromEntries(['packed', 'plain', 'texts', 'list', 'kinds'].map((name) => [name, []])),
    });
    expect(around({ maybe: 0, inner: {} })).toMatchObject({ maybe: 0, inner: { int32: 0 } });
  });

  it('takes names in either spelling, numbers as texts, and values that JSON has none for', () => {
    expect(
      around({ first_choice: 'a', int32: '7', double: 'NaN', float: '-Infinity', kind: -1, int64: 5 }),
    ).toMatchObject({
      ...{ firstChoice: 'a', int32: 7, double: 'NaN', float: '-Infinity', kind: 'MINUS', int64: '5' },
    });
    expect(around({ others: { 3: { int32: 1 } } })).toMatchObject({ others: { 3: { int32: 1 } } });
  });

  it('of a well-known type has the JSON of its own', () => {
    const known = {
      at: '2026-01-31T12:00:00.250Z',
      for: '-1.500s',
      data: { a: [1, 'x', null, { b: true }] },
      any: null,
      count: '9007199254740993',
      list: [1, null],
    };
    expect(around(known, typeOf('Known'))).toEqual(known);
    expect(around({ at: '2026-01-31T13:00:00+01:00' }, typeOf('Known'))).toEqual({ at: '2026-01-31T12:00:00Z' });
  });

  it.each([
    [{ nope: 1 }, 'arguments has no member nope'],
    [{ int33: 1 }, 'did you mean "int32"?'],
    [{ int32: 2 ** 31 }, 'arguments.int32 must be a whole number of 32 bits'],
    [{ uint64: -1 }, 'arguments.uint64 must be a whole number of 64 bits without a sign'],
    [{ int32: 1.5 }, 'arguments.int32'],
    [{ string: 5 }, 'arguments.string must be a text'],
    [{ bytes: 'ü' }, 'in base64'],
    [{ kind: 'TWO' }, 'one of NONE, ONE, MINUS'],
    [{ texts: 'a' }, 'arguments.texts must be a list'],
    [{ list: [{}, { bool: 'yes' }] }, 'arguments.list.1.bool must be true or false'],
    [{ firstChoice: 'a', secondChoice: 1 }, 'one of firstChoice and secondChoice'],
    [{ inner: [] }, 'arguments.inner must be an object'],
  ])('that is not of its type is refused with its place: %j', (value, message) => {
    expect(() => encodeMessage(all, value as JsonObject)).toThrow(message);
  });

  it.each(['ff', '08', '0a05', '0801ffffffffffffffffffff01', '7200ff', '7201ff', '0f', '0000'])(
    'that is none is told from one: %s',
    (hex) => {
      expect(() => decodeMessage(all, Buffer.from(hex, 'hex'))).toThrow('no message');
    },
  );

  it('may have fields that the definition does not know, groups too', () => {
    const value = Buffer.concat([encodeMessage(all, { string: 'a' }), Buffer.from('a306' + '0801' + 'a406', 'hex')]);
    expect(decodeMessage(typeOf('Small'), value)).toEqual({ int32: 0 });
  });

  it('is not read deeper than a bound', () => {
    let bytes = encodeMessage(all, { int32: 1 });
    for (let i = 0; i < 200; i++) bytes = Buffer.concat([Buffer.from('b201', 'hex'), lengthOf(bytes), bytes]);
    expect(() => decodeMessage(all, bytes)).toThrow('nested more than');
  });
});

function lengthOf({ length }: Buffer): Buffer {
  return length < 128 ? Buffer.from([length]) : Buffer.from([(length & 0x7f) | 0x80, length >> 7]);
}
