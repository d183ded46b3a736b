import { isObject } from '@pawl/core';
import type { Json, JsonObject } from '@pawl/core';
import { refused } from './scalars.ts';

/** A type whose JSON has a form of its own: how it becomes the message that it is, and back. */
export interface WellKnown {
  toMessage(value: Json, where: string): JsonObject;
  toJson(message: JsonObject): Json;
}

/** Types of `google.protobuf` by their full name, as ProtoJSON writes them. */
export const wellKnown: ReadonlyMap<string, WellKnown> = new Map<string, WellKnown>([
  ['.google.protobuf.Timestamp', { toMessage: fromInstant, toJson: toInstant }],
  ['.google.protobuf.Duration', { toMessage: fromDuration, toJson: toDuration }],
  ['.google.protobuf.Struct', { toMessage: fromStruct, toJson: toStruct }],
  ['.google.protobuf.Value', { toMessage: fromValue, toJson: toValue }],
  ['.google.protobuf.ListValue', { toMessage: fromList, toJson: toList }],
  ...['Double', 'Float', 'Int64', 'UInt64', 'Int32', 'UInt32', 'Bool', 'String', 'Bytes'].map(
    (name): readonly [string, WellKnown] => [
      `.google.protobuf.${name}Value`,
      { toMessage: (value) => ({ value }), toJson: (message) => message['value'] ?? null },
    ],
  ),
]);

function fromInstant(value: Json, where: string): JsonObject {
  if (isObject(value)) return value;
  const match =
    typeof value === 'string'
      ? /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/i.exec(value)
      : null;
  const at = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`);
  if (match === null || Number.isNaN(at)) throw refused(where, 'a time such as 2026-01-31T12:00:00Z', value);
  return { seconds: String(Math.floor(at / 1000)), nanos: nanosOf(match[2]) };
}

function toInstant({ seconds, nanos }: JsonObject): Json {
  const date = new Date(Number(seconds) * 1000);
  const fraction = fractionOf(Number(nanos));
  return Number.isNaN(date.getTime())
    ? { seconds: seconds ?? '0', nanos: nanos ?? 0 }
    : date.toISOString().replace('.000Z', `${fraction}Z`);
}

function fromDuration(value: Json, where: string): JsonObject {
  if (isObject(value)) return value;
  const match = typeof value === 'string' ? /^(-?)(\d{1,12})(\.\d{1,9})?s$/.exec(value) : null;
  if (match === null) throw refused(where, 'a duration such as 1.5s', value);
  const sign = match[1] === '-' ? -1 : 1;
  return { seconds: String(sign * Number(match[2])), nanos: sign * nanosOf(match[3]) };
}

function toDuration({ seconds, nanos }: JsonObject): Json {
  const negative = String(seconds).startsWith('-') || Number(nanos) < 0;
  return `${negative ? '-' : ''}${String(seconds).replace('-', '')}${fractionOf(Math.abs(Number(nanos)))}s`;
}

function nanosOf(fraction: string | undefined): number {
  return Number((fraction ?? '.').slice(1).padEnd(9, '0'));
}

function fractionOf(nanos: number): string {
  return nanos === 0
    ? ''
    : `.${String(nanos)
        .padStart(9, '0')
        .replace(/(000)+$/, '')}`;
}

function fromStruct(value: Json, where: string): JsonObject {
  if (!isObject(value)) throw refused(where, 'an object', value);
  return { fields: value };
}

function toStruct({ fields }: JsonObject): Json {
  return fields ?? {};
}

function fromList(value: Json, where: string): JsonObject {
  if (!Array.isArray(value)) throw refused(where, 'a list', value);
  return { values: value as readonly Json[] };
}

function toList({ values }: JsonObject): Json {
  return values ?? [];
}

function fromValue(value: Json): JsonObject {
  if (value === null) return { nullValue: 0 };
  if (typeof value === 'number') return { numberValue: value };
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Array.isArray(value) ? { listValue: value as readonly Json[] } : { structValue: value };
}

function toValue(message: JsonObject): Json {
  const [[name, value] = ['nullValue', null]] = Object.entries(message);
  return name === 'nullValue' ? null : value;
}
