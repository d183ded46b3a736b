import type { Json, JsonObject } from '../../json.ts';

// Small words to write JSON Schemas with.

export const string: JsonObject = { type: 'string' };
export const boolean: JsonObject = { type: 'boolean' };
export const integer: JsonObject = { type: 'integer' };
/** Any object. */
export const anyObject: JsonObject = { type: 'object' };
/** A text that says something. */
export const name: JsonObject = { type: 'string', minLength: 1 };

/** A schema of `$defs`. */
export function ref(definition: string): JsonObject {
  return { $ref: `#/$defs/${definition}` };
}

/** An object of these members and no others; those in `required` must be there. */
export function closed(properties: JsonObject, required: readonly string[] = [], more: JsonObject = {}): JsonObject {
  return { ...open(properties, required), additionalProperties: false, ...more };
}

/** An object of these members, and others that nobody looks at. */
export function open(properties: JsonObject, required: readonly string[] = [], more: JsonObject = {}): JsonObject {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }), ...more };
}

/** An object whose members all are of one kind. */
export function mapOf(member: JsonObject): JsonObject {
  return { type: 'object', additionalProperties: member };
}

/** A list of one kind. */
export function listOf(items: JsonObject): JsonObject {
  return { type: 'array', items };
}

/** One of these texts. */
export function oneOfTexts(...texts: readonly string[]): JsonObject {
  return { type: 'string', enum: texts };
}

/** Exactly one of the schemas. */
export function either(...schemas: readonly Json[]): JsonObject {
  return { oneOf: schemas };
}

/** Exactly one of the members must be there. */
export function oneMember(...members: readonly string[]): JsonObject {
  return { oneOf: members.map((member) => ({ required: [member] })) };
}
