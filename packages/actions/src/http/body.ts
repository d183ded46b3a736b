import { isObject, PawlError } from '@pawl/core';
import type { Json, JsonObject } from '@pawl/core';

/** Whether a content type is JSON, `application/problem+json` and its kin included. */
export function isJsonType(contentType: string | undefined): boolean {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return type === 'application/json' || type === 'text/json' || type.endsWith('+json');
}

/**
 * The body's text. Without a content type, or with a JSON one, it is JSON (and `headers` get the type); a form takes an
 * object of plain values; any other content type takes a string as it stands.
 */
export function serializeBody(body: Json | undefined, headers: Record<string, string>): string | undefined {
  if (body === undefined) return undefined;
  const given = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  if (given === undefined) headers['Content-Type'] = 'application/json';
  if (given === undefined || isJsonType(given)) return JSON.stringify(body);
  if (typeof body === 'string') return body;
  if (given.toLowerCase().startsWith('application/x-www-form-urlencoded') && isObject(body)) return formOf(body);
  throw new PawlError('PAWL_ACTION_INPUT', `A body of the content type ${given} must be a text.`);
}

function formOf(body: JsonObject): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(body)) {
    if (typeof value === 'object' && value !== null)
      throw new PawlError('PAWL_ACTION_INPUT', `A form holds plain values; "${name}" is a list or an object.`);
    form.append(name, value === null ? '' : String(value));
  }
  return form.toString();
}
