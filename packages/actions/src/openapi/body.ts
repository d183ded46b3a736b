import { createHash } from 'node:crypto';
import { isObject, PawlError } from '@pawl/core';
import type { Json, JsonObject } from '@pawl/core';
import { isJsonType } from '../http/body.ts';
import type { Operation } from './operation.ts';
import type { Parameter } from './parameters.ts';
import { textsIn } from './references.ts';
import type { Description } from './references.ts';
import { pairsOf } from './serialize.ts';
import type { Style } from './serialize.ts';

/** The body that an operation takes. */
export interface BodyShape {
  /** Names under which a flow may give it whole. */
  readonly names: readonly string[];
  readonly required: boolean;
  /** The content type that Pawl sends. */
  readonly type: string;
  /** Members of it, which a flow may give one by one instead. */
  readonly members: readonly string[];
  /** How a member is written in a form; others are written as `form`. */
  readonly styles: ReadonlyMap<string, Style>;
}

/** The body of an operation; undefined where it takes none. */
export function bodyShapeOf(
  description: Description,
  operation: Operation,
  parameters: readonly Parameter[],
  swagger: boolean,
): BodyShape | undefined {
  return swagger ? swaggerBody(description, operation, parameters) : openApiBody(description, operation);
}

function swaggerBody(
  { root }: Description,
  operation: Operation,
  parameters: readonly Parameter[],
): BodyShape | undefined {
  const body = parameters.find(({ place }) => place === 'body');
  const form = parameters.filter(({ place }) => place === 'form');
  if (body === undefined && form.length === 0) return undefined;
  const own = textsIn(operation.definition['consumes']);
  const consumes = own.length > 0 ? own : textsIn(root['consumes']);
  if (body !== undefined)
    return {
      names: ['body', body.name],
      required: body.required,
      type: preferred(consumes, 'application/json'),
      members: [],
      styles: new Map(),
    };
  const forms = consumes.filter((type) => isForm(type) || isMultipart(type));
  return {
    names: ['body'],
    required: form.some(({ required }) => required),
    type: preferred(forms, urlEncoded),
    members: form.map(({ name }) => name),
    styles: new Map(form.map(({ name, style }) => [name, style])),
  };
}

function openApiBody(description: Description, { definition }: Operation): BodyShape | undefined {
  const body = description.object(definition['requestBody']);
  const content = description.object(body['content']);
  const types = Object.keys(content);
  if (types.length === 0) return undefined;
  const type = preferred(types, 'application/json');
  const media = description.object(content[type] ?? content[types[0] ?? '']);
  const schema = description.object(media['schema']);
  const parts = [schema, ...description.list(schema['allOf']).map((part) => description.object(part))];
  const members = parts.flatMap((part) => Object.keys(description.object(part['properties'])));
  return { names: ['body'], required: body['required'] === true, type, members, styles: new Map() };
}

/** JSON where it is taken, then forms, then what comes first. */
function preferred(types: readonly string[], otherwise: string): string {
  const found = types.find(isJsonType) ?? types.find(isForm) ?? types.find(isMultipart) ?? types[0] ?? otherwise;
  return found.includes('*') ? 'application/json' : found;
}

/** A body as the HTTP call takes it, and its content type. */
export function writeBody(body: Json, shape: BodyShape, key: string): { readonly body: Json; readonly type: string } {
  const { type } = shape;
  if (isForm(type) && isObject(body)) return { type, body: formText(formPairs(body, shape)) };
  if (!isMultipart(type)) return { type, body };
  if (!isObject(body))
    throw new PawlError('PAWL_ACTION_INPUT', 'The body of this operation is a form, so it must be an object.');
  return multipart(formPairs(body, shape), key);
}

function formText(pairs: readonly (readonly [string, string])[]): string {
  const text = new URLSearchParams();
  for (const [name, value] of pairs) text.append(name, value);
  return text.toString();
}

function formPairs(body: JsonObject, { styles }: BodyShape): readonly (readonly [string, string])[] {
  return Object.entries(body).flatMap(([name, value]) => {
    // Servers read an object within a form as JSON, where nothing else is said.
    const style = styles.get(name) ?? (isObject(value) ? { ...form, name: 'json' as const } : form);
    return value === null ? [] : pairsOf(name, value, style);
  });
}

const form: Style = { name: 'form', explode: true, separator: ',', reserved: false };

/** The same bytes for every attempt: the boundary is made from what it separates. */
function multipart(pairs: readonly (readonly [string, string])[], key: string): { body: string; type: string } {
  const boundary = `pawl-${createHash('sha256')
    .update(JSON.stringify([key, pairs]))
    .digest('hex')
    .slice(0, 32)}`;
  const parts = pairs.map(([name, value]) => {
    const shown = name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
    return `--${boundary}\r\nContent-Disposition: form-data; name="${shown}"\r\n\r\n${value}\r\n`;
  });
  return { body: `${parts.join('')}--${boundary}--\r\n`, type: `multipart/form-data; boundary=${boundary}` };
}

const urlEncoded = 'application/x-www-form-urlencoded';

function isForm(type: string): boolean {
  return type.toLowerCase().startsWith(urlEncoded);
}

function isMultipart(type: string): boolean {
  return type.toLowerCase().startsWith('multipart/form-data');
}
