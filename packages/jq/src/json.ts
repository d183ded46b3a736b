/** An object of JSON: only its own properties count, whatever its prototype is. */
export interface JsonObject {
  [key: string]: Json;
}

/** Any JSON value. Values are never changed in place once a program has emitted them. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

/** jq's names of the six kinds of value. */
export type JsonKind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

/** The kind of a value, as jq's `type` names it. */
export function kindOf(value: Json): JsonKind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  const kind = typeof value;
  return kind === 'object' ? 'object' : (kind as JsonKind);
}

/** True for an object that is neither null nor an array. */
export function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** jq's truth: everything but `false` and `null`. */
export function isTruthy(value: Json): boolean {
  return value !== false && value !== null;
}
