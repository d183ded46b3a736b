import { isObject, PawlError } from '@pawl/core';
import type { Json, JsonObject } from '@pawl/core';

/** Headers that prove who calls, and the values in them that no error or log may show. */
export interface Credentials {
  readonly credentials: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/** Headers for the `authentication` of an endpoint: `basic` or `bearer`, its names and secrets resolved already. */
export function authenticate(authentication: Json | undefined): Credentials {
  if (authentication === undefined) return { credentials: {}, secrets: [] };
  if (!isObject(authentication)) throw unsupported('');
  const [scheme] = Object.keys(authentication);
  const policy = scheme === undefined ? undefined : authentication[scheme];
  if (!isObject(policy)) throw unsupported(scheme ?? '');
  switch (scheme) {
    case 'basic':
      return basic(policy);
    case 'bearer':
      return bearer(policy);
    default:
      throw unsupported(scheme ?? '');
  }
}

function basic(policy: JsonObject): Credentials {
  const username = textOf(policy, 'username');
  const password = textOf(policy, 'password');
  const encoded = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
  return { credentials: { authorization: `Basic ${encoded}` }, secrets: [password, encoded] };
}

function bearer(policy: JsonObject): Credentials {
  const token = textOf(policy, 'token');
  return { credentials: { authorization: `Bearer ${token}` }, secrets: [token] };
}

function textOf(policy: JsonObject, name: string): string {
  const value = policy[name];
  if (typeof value === 'string') return value;
  throw new PawlError('PAWL_ACTION_INPUT', `The authentication of the endpoint needs a text as its ${name}.`);
}

function unsupported(scheme: string): PawlError {
  const named = scheme === '' ? 'This authentication' : `The authentication "${scheme.slice(0, 40)}"`;
  return new PawlError('PAWL_ACTION_INPUT', `${named} is not supported here. Use basic or bearer.`);
}
