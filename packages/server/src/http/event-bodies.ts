import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Json, JsonObject } from '@pawl/core';
import { PawlError } from '@pawl/core';
import { textOf, valueOf } from './bodies.ts';

/** Reads the bodies of a route as CloudEvents, in each form of their HTTP binding: the body is an array of events then. */
export function readEventBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async ({ headers }: FastifyRequest, body: Buffer) =>
    eventsOf(headers, body),
  );
}

/**
 * The events of a request: a batch, one event as JSON (structured), or one with its attributes in headers (binary). They
 * are as they came: whether they are CloudEvents is not looked at.
 */
export function eventsOf(headers: IncomingHttpHeaders, body: Buffer): readonly Json[] {
  const type = mediaType(headers['content-type'] ?? '');
  if (type === 'application/cloudevents-batch+json') return batchOf(read(body));
  if (type === 'application/cloudevents+json') return [read(body)];
  if (type.startsWith('application/cloudevents')) throw mediaTypeError(type);
  if (Object.keys(headers).some((name) => name.startsWith(prefix))) return [binaryEvent(headers, type, body)];
  if (type !== 'application/json') throw mediaTypeError(type);
  const value = read(body);
  return Array.isArray(value) ? batchOf(value) : [value];
}

const prefix = 'ce-';

function read(body: Buffer): Json {
  return valueOf(textOf(body));
}

function batchOf(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value;
  throw new PawlError('PAWL_REQUEST_INVALID', 'The body of a batch is a JSON array of events.');
}

function mediaTypeError(type: string): PawlError {
  return new PawlError(
    'PAWL_MEDIA_TYPE',
    type === ''
      ? 'The request has neither a body of events nor `ce-` headers.'
      : `A body of the type ${type.slice(0, 100)} is no event without \`ce-\` headers.`,
    {
      hint: 'Send application/cloudevents+json, application/cloudevents-batch+json, or the attributes as ce- headers.',
    },
  );
}

function binaryEvent(headers: IncomingHttpHeaders, type: string, body: Buffer): JsonObject {
  const event: Record<string, Json> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(prefix) && value !== undefined) event[name.slice(prefix.length)] = decoded(name, String(value));
  }
  const given = headers['content-type'];
  if (given !== undefined) event['datacontenttype'] = given;
  if (body.length === 0) return event;
  return { ...event, ...dataOf(type, body) };
}

/** An attribute's value: UTF-8, percent-encoded where it is not printable ASCII. */
function decoded(name: string, value: string): string {
  const text = /^"(?:[^"\\]|\\.)*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
  try {
    return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (escaped) => decodeURIComponent(escaped));
  } catch {
    throw new PawlError('PAWL_REQUEST_INVALID', `The header ${name.slice(0, 100)} is not UTF-8, percent-encoded.`);
  }
}

/** Data of its type: JSON as its value, text as text, all else as bytes. Without a type it is JSON. */
function dataOf(type: string, body: Buffer): JsonObject {
  if (type === '' || type === 'application/json' || type.endsWith('+json')) return { data: read(body) };
  if (type.startsWith('text/') || type.endsWith('+xml') || type === 'application/xml') return { data: textOf(body) };
  return { data_base64: body.toString('base64') };
}

function mediaType(header: string): string {
  return (header.split(';')[0] ?? '').trim().toLowerCase();
}
