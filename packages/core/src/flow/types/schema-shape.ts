import { isObject } from '../../json.ts';
import type { Json, JsonObject } from '../../json.ts';
import { both } from './combine.ts';
import { typeLimits } from './limits.ts';
import type { Field, ObjectShape, Shape } from './shape.ts';
import {
  anyShape,
  arrayOf,
  booleanShape,
  joined,
  neverShape,
  nullShape,
  numberShape,
  objectOf,
  stringShape,
} from './shape.ts';
import { shapeOfValue } from './value-shape.ts';

/** The shape of what a JSON Schema accepts. `origin` says what gives it. */
export function shapeOfSchema(schema: Json, origin: string): Shape {
  return shapeOf({ root: schema, origin, left: typeLimits.size }, schema, 0);
}

interface Reading {
  readonly root: Json;
  readonly origin: string;
  /** Schemas that are still looked at; what comes after says nothing. */
  left: number;
}

/** Keywords by which members may come that no list of properties names. */
const opening = ['patternProperties', 'dependentSchemas', 'if', 'then', 'else', 'dependencies', '$dynamicRef'];

function shapeOf(reading: Reading, schema: Json, depth: number): Shape {
  if (schema === false) return neverShape;
  if (!isObject(schema) || depth > typeLimits.depth || reading.left-- <= 0) return anyShape;
  // Within a schema with an address of its own, references mean something else.
  if (depth > 0 && schema['$id'] !== undefined) return anyShape;
  let shape = ownShape(reading, schema, depth);
  if (typeof schema['$ref'] === 'string') shape = both(shape, referred(reading, schema['$ref'], depth));
  for (const part of listOf(schema['allOf'])) shape = both(shape, shapeOf(reading, part, depth + 1));
  for (const name of ['anyOf', 'oneOf']) {
    const choices = listOf(schema[name]);
    if (choices.length === 0) continue;
    shape = both(shape, joined(...choices.map((choice) => shapeOf(reading, choice, depth + 1))));
  }
  return shape;
}

function referred(reading: Reading, reference: string, depth: number): Shape {
  if (reference !== '#' && !reference.startsWith('#/')) return anyShape;
  let found: Json | undefined = reading.root;
  for (const segment of reference.split('/').slice(1)) {
    const name = decoded(segment).replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(found)) found = (found as readonly Json[])[Number(name)];
    else found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  return found === undefined ? anyShape : shapeOf(reading, found, depth + 1);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** What the keywords of one schema say that are not about other schemas. */
function ownShape(reading: Reading, schema: JsonObject, depth: number): Shape {
  if (schema['const'] !== undefined) return shapeOfValue(schema['const'], reading.origin);
  const { type } = schema;
  if (Array.isArray(schema['enum'])) {
    const values = listOf(schema['enum']);
    if (values.length <= typeLimits.size) return joined(...values.map((value) => shapeOfValue(value, reading.origin)));
  }
  if (!speaking.some((name) => schema[name] !== undefined)) return anyShape;
  const types = typeof type === 'string' ? [type] : Array.isArray(type) ? listOf(type) : allTypes;
  return joined(...types.map((each) => shapeOfType(reading, schema, each, depth)));
}

/** Keywords that say what parts a value has. */
const speaking = ['type', 'properties', 'required', 'items', 'prefixItems'];
const allTypes = ['null', 'boolean', 'number', 'string', 'array', 'object'];

function shapeOfType(reading: Reading, schema: JsonObject, type: Json, depth: number): Shape {
  switch (type) {
    case 'null':
      return nullShape;
    case 'boolean':
      return booleanShape;
    case 'number':
    case 'integer':
      return numberShape;
    case 'string':
      return stringShape;
    case 'array':
      return arrayOf(itemOf(reading, schema, depth));
    case 'object':
      return objectShape(reading, schema, depth);
    default:
      return anyShape;
  }
}

function itemOf(reading: Reading, schema: JsonObject, depth: number): Shape {
  const first = listOf(schema['prefixItems']).map((item) => shapeOf(reading, item, depth + 1));
  const { items } = schema;
  return joined(...first, items === undefined ? anyShape : shapeOf(reading, items, depth + 1));
}

function objectShape(reading: Reading, schema: JsonObject, depth: number): Shape {
  const fields = new Map<string, Field>();
  const required = new Set(listOf(schema['required']).filter((name) => typeof name === 'string'));
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  for (const name of Object.keys(properties)) {
    const shape = shapeOf(reading, properties[name] ?? true, depth + 1);
    fields.set(name, { shape, optional: !required.has(name) });
  }
  for (const name of required) if (!fields.has(name)) fields.set(name, { shape: anyShape, optional: false });
  return objectOf(fields, othersOf(schema, properties), reading.origin);
}

function othersOf(schema: JsonObject, properties: JsonObject): ObjectShape['others'] {
  if (opening.some((name) => schema[name] !== undefined)) return 'some';
  const { additionalProperties: others, unevaluatedProperties: rest } = schema;
  if (others === false) return 'none';
  if (others !== undefined || (rest !== undefined && rest !== false)) return 'some';
  return Object.keys(properties).length === 0 ? 'some' : 'unsaid';
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
