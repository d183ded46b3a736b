import { isObject, nearestHint } from '@pawl/core';
import type { Json, JsonObject } from '@pawl/core';
import { notADocument } from '../resource/parse-document.ts';
import { FailedAttempt, terminal } from '../failures.ts';
import { memberOf } from './references.ts';
import type { Description } from './references.ts';

/** An operation, where it stands in its description. */
export interface Operation {
  readonly id: string;
  /** Upper case. */
  readonly method: string;
  /** The path template, relative to the server. */
  readonly path: string;
  readonly item: JsonObject;
  readonly definition: JsonObject;
}

/** Whether a description is one of Swagger 2.0, else of OpenAPI 3. Throws a FailedAttempt for any other document. */
export function isSwagger(description: Description): boolean {
  const { swagger, openapi } = description.root;
  if (swagger === '2.0') return true;
  if (typeof openapi === 'string' && /^3\.\d/.test(openapi)) return false;
  throw notADocument(description.shownUrl, 'it describes no API in OpenAPI 3 or Swagger 2.0');
}

/** The operation with an id. Throws a FailedAttempt that names the nearest one. */
export function findOperation(description: Description, id: string): Operation {
  const known: string[] = [];
  const paths = description.object(description.root['paths']);
  for (const [path, value] of Object.entries(paths)) {
    const item = description.object(value);
    for (const method of methods) {
      const definition = memberOf(item, method);
      if (!isObject(definition)) continue;
      if (definition['operationId'] === id) return { id, method: method.toUpperCase(), path, item, definition };
      if (typeof definition['operationId'] === 'string') known.push(definition['operationId']);
    }
  }
  const hint = nearestHint(id, known);
  throw new FailedAttempt(
    terminal(
      'configuration',
      `The API of ${description.shownUrl} has no operation ${id}${hint === undefined ? '' : `: ${hint}`}. Nothing was sent.`,
    ),
  );
}

/** Parameters as they stand: those of the operation before those of its path that it replaces. */
export function declaredParameters(description: Description, operation: Operation): readonly JsonObject[] {
  const all = [
    ...description.list(operation.definition['parameters']),
    ...description.list(operation.item['parameters']),
  ]
    .map((value: Json) => description.object(value))
    .filter((parameter) => typeof parameter['name'] === 'string' && typeof parameter['in'] === 'string');
  const seen = new Set<string>();
  return all.filter((parameter) => {
    const identity = JSON.stringify([parameter['in'], parameter['name']]);
    return seen.has(identity) ? false : seen.add(identity);
  });
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
