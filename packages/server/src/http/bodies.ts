import type { FastifyInstance } from 'fastify';
import type { Json, JsonObject } from '@pawl/core';
import { fitsShape, parseJson, PawlError } from '@pawl/core';
import { inputDepth } from '../engine/check-input.ts';

/** Bytes of a body that carries data: a run's largest input, and what escaping adds. */
export const dataBytes = 33_554_432;
/** Bytes of a flow document: its characters may take several bytes. */
export const flowBytes = 16_777_216;
/** Values of a body, in arrays and objects: more keep the process from everything else for too long. */
const bodyValues = 1_000_000;
/** Bytes of every other body. */
export const smallBytes = 1_048_576;

/** Types in which a flow may be sent. */
const yamlTypes = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'];

/** Reads bodies as JSON, and nothing else. */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) =>
    valueOf(textOf(body)),
  );
}

/** Reads bodies of flows as text: positions in it are told to its author. */
export function readTextBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ['application/json', ...yamlTypes],
    { parseAs: 'buffer' },
    async (_request: unknown, body: Buffer) => textOf(body),
  );
}

/** The text of a body. Throws PAWL_REQUEST_INVALID where it is not UTF-8. */
export function textOf(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (error) {
    throw new PawlError('PAWL_REQUEST_INVALID', 'The body is not UTF-8 text.', { cause: error });
  }
}

/** The JSON value of a body: its keys cannot be mistaken for a prototype, and it is nested no deeper than a run's input. Throws PAWL_REQUEST_INVALID. */
export function valueOf(text: string): Json {
  // One level for the member of the request that holds the data.
  if (!fitsShape(text, { depth: inputDepth + 1, values: bodyValues })) {
    throw new PawlError(
      'PAWL_REQUEST_INVALID',
      `The body is nested more than ${inputDepth} levels deep, or has more than ${bodyValues} values.`,
    );
  }
  let value: Json;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new PawlError('PAWL_REQUEST_INVALID', `The body is not JSON: ${(error as Error).message.slice(0, 300)}.`);
  }
  if (text.includes('__proto__') || text.includes('\\u') || text.includes('"constructor"')) refusePrototypes(value);
  return value;
}

function refusePrototypes(value: Json): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value as JsonObject)) {
    const reaches =
      key === 'constructor' && typeof member === 'object' && member !== null && Object.hasOwn(member, 'prototype');
    if (key === '__proto__' || reaches) {
      throw new PawlError('PAWL_REQUEST_INVALID', `The body has a member with the name ${key}, which is not taken.`, {
        hint: 'Give the member another name.',
      });
    }
    refusePrototypes(member);
  }
}
