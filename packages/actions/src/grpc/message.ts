import { Enum, MapField, Type } from 'protobufjs';
import type { Field, FieldBase } from 'protobufjs';
import { isObject, nearestHint, PawlError } from '@pawl/core';
import type { Json, JsonObject } from '@pawl/core';
import { EgressFailure } from '../egress/failure.ts';
import { refused, scalars } from './scalars.ts';
import type { Scalar } from './scalars.ts';
import { wellKnown } from './well-known.ts';
import { noMessage, tag, varint, WireReader, withLength } from './wire.ts';

/**
 * The bytes of a message, from its JSON: fields by their names as they are written in the definition or in lowerCamelCase.
 * The definition is interpreted; no code is made of it. Throws PAWL_ACTION_INPUT, which names the argument.
 */
export function encodeMessage(type: Type, json: Json, where = 'arguments', depth = 0): Buffer {
  if (depth > deepest) throw new PawlError('PAWL_ACTION_INPUT', `The argument ${where} is nested too deep.`);
  const value = wellKnown.get(type.fullName)?.toMessage(json, where) ?? json;
  if (!isObject(value)) throw refused(where, 'an object', value);
  const fields = type.fieldsArray.toSorted((a, b) => a.id - b.id);
  checkNames(fields, value, where);
  return Buffer.concat(
    fields.flatMap((field) => {
      const given = [field.name, jsonName(field)].find((name) => Object.hasOwn(value, name));
      const member = given === undefined ? null : (value[given] ?? null);
      const isValue = field.resolvedType?.fullName === '.google.protobuf.Value' && given !== undefined;
      return member === null && !isValue ? [] : encodeField(field, member, `${where}.${given}`, depth);
    }),
  );
}

/** The JSON of a message's bytes: names in lowerCamelCase, what has no presence with its zero value. Throws an EgressFailure. */
export function decodeMessage(type: Type, bytes: Buffer, depth = 0): Json {
  if (depth > deepest) throw new EgressFailure('limit', `The answer is nested more than ${deepest} levels deep.`);
  const fields = new Map(type.fieldsArray.map((field) => [field.id, field]));
  const made: Record<string, Json> = {};
  for (const field of fields.values()) {
    const zero = zeroOf(field);
    if (zero !== undefined) put(made, jsonName(field), zero);
  }
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { id, type: wire } = reader.tag();
    const field = fields.get(id);
    if (field === undefined || wire === 3) {
      reader.skip(wire, id);
      continue;
    }
    decodeField(field, wire, reader, made, depth);
  }
  const known = wellKnown.get(type.fullName);
  return known === undefined ? made : known.toJson(made);
}

/** Nesting of messages. */
const deepest = 100;

function checkNames(fields: readonly Field[], value: JsonObject, where: string): void {
  const known = fields.flatMap((field) => [field.name, jsonName(field)]);
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const hint = nearestHint(
      unknown,
      fields.map(({ name }) => name),
    );
    throw new PawlError(
      'PAWL_ACTION_INPUT',
      `${where} has no member ${unknown}${hint === undefined ? '' : `: ${hint}`}.`,
    );
  }
  const choices = new Map<unknown, string>();
  for (const field of fields) {
    const given = [field.name, jsonName(field)].find((name) => value[name] !== undefined && value[name] !== null);
    if (field.partOf === null || given === undefined) continue;
    const other = choices.get(field.partOf);
    if (other !== undefined)
      throw new PawlError('PAWL_ACTION_INPUT', `${where} takes one of ${other} and ${given}, not both.`);
    choices.set(field.partOf, given);
  }
}

function encodeField(field: Field, value: Json, where: string, depth: number): readonly Buffer[] {
  if (field.delimited) throw new PawlError('PAWL_ACTION_INPUT', `${where} is a group, which Pawl does not send.`);
  if (field instanceof MapField) return encodeMap(field, value, where, depth);
  if (!field.repeated) return [tag(field.id, wireOf(field)), ...encodeOne(field, value, where, depth)];
  if (!Array.isArray(value)) throw refused(where, 'a list', value);
  const items = (value as readonly Json[]).map((item, i) => encodeOne(field, item, `${where}.${i}`, depth));
  if (items.length === 0) return [];
  if (field.packed && packs(field)) return [tag(field.id, 2), ...withLength(Buffer.concat(items.flat()))];
  return items.flatMap((item) => [tag(field.id, wireOf(field)), ...item]);
}

function encodeMap(field: MapField, value: Json, where: string, depth: number): readonly Buffer[] {
  if (!isObject(value)) throw refused(where, 'an object', value);
  const key = scalarOf(field.keyType);
  return Object.entries(value).flatMap(([name, member]) => {
    const at = `${where}.${name}`;
    const entry = [
      tag(1, key.wire),
      ...key.write(name, at),
      tag(2, wireOf(field)),
      ...encodeOne(field, member, at, depth),
    ];
    return [tag(field.id, 2), ...withLength(Buffer.concat(entry))];
  });
}

function encodeOne(field: FieldBase, value: Json, where: string, depth: number): readonly Buffer[] {
  const type = field.resolvedType;
  if (type instanceof Type) return withLength(encodeMessage(type, value, where, depth + 1));
  if (!(type instanceof Enum)) return scalarOf(field.type).write(value, where);
  const number = typeof value === 'string' && Object.hasOwn(type.values, value) ? type.values[value] : value;
  if (typeof number !== 'number' || !Number.isInteger(number))
    throw refused(where, `one of ${Object.keys(type.values).slice(0, shownNames).join(', ')}`, value);
  return [varint(number)];
}

/** Names of an enumeration in an error. */
const shownNames = 20;

function decodeField(field: Field, wire: number, reader: WireReader, made: Record<string, Json>, depth: number): void {
  const name = jsonName(field);
  if (field instanceof MapField) {
    const [key, value] = decodeEntry(field, new WireReader(reader.bytes()), depth);
    put(made[name] as Record<string, Json>, key, value);
  } else if (!field.repeated) {
    if (wire !== wireOf(field)) throw noMessage();
    for (const other of field.partOf?.fieldsArray ?? []) delete made[jsonName(other)];
    put(made, name, decodeOne(field, reader, depth));
  } else {
    const list = made[name] as Json[];
    if (wire === 2 && packs(field)) {
      const packed = new WireReader(reader.bytes());
      while (!packed.done) list.push(decodeOne(field, packed, depth));
    } else if (wire === wireOf(field)) list.push(decodeOne(field, reader, depth));
    else throw noMessage();
  }
}

function decodeEntry(field: MapField, reader: WireReader, depth: number): readonly [string, Json] {
  let key: Json = scalarOf(field.keyType).zero;
  let value: Json | undefined;
  while (!reader.done) {
    const { id, type } = reader.tag();
    if (id === 1) key = scalarOf(field.keyType).read(reader);
    else if (id === 2) value = decodeOne(field, reader, depth);
    else reader.skip(type, id);
  }
  return [String(key), value ?? emptyOf(field, depth)];
}

function decodeOne(field: FieldBase, reader: WireReader, depth: number): Json {
  const type = field.resolvedType;
  if (type instanceof Type) return decodeMessage(type, reader.bytes(), depth + 1);
  if (!(type instanceof Enum)) return scalarOf(field.type).read(reader);
  const number = Number(BigInt.asIntN(32, reader.varint()));
  return type.valuesById[number] ?? number;
}

/** What stands for a field that is not there, where nothing tells whether it is; undefined where something does. */
function zeroOf(field: Field): Json | undefined {
  if (field instanceof MapField) return {};
  if (field.repeated) return [];
  if (field.partOf !== null || field.hasPresence || field.resolvedType instanceof Type) return undefined;
  return field.resolvedType instanceof Enum ? (field.resolvedType.valuesById[0] ?? 0) : scalarOf(field.type).zero;
}

function emptyOf(field: FieldBase, depth: number): Json {
  const type = field.resolvedType;
  if (type instanceof Type) return decodeMessage(type, Buffer.alloc(0), depth + 1);
  return type instanceof Enum ? (type.valuesById[0] ?? 0) : scalarOf(field.type).zero;
}

function wireOf(field: FieldBase): 0 | 1 | 2 | 3 | 4 | 5 {
  if (field.resolvedType instanceof Type) return 2;
  return field.resolvedType instanceof Enum ? 0 : scalarOf(field.type).wire;
}

function packs(field: Field): boolean {
  return field.resolvedType instanceof Enum || (field.resolvedType === null && scalarOf(field.type).packs);
}

function scalarOf(name: string): Scalar {
  const scalar = scalars.get(name);
  if (scalar === undefined)
    throw new PawlError('PAWL_ACTION_INPUT', `The definition has a type ${name} that Pawl does not know.`);
  return scalar;
}

function jsonName(field: FieldBase): string {
  const own: unknown = field.options?.['json_name'];
  return typeof own === 'string'
    ? own
    : field.name.replace(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function put(object: Record<string, Json>, name: string, value: Json): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
