import { isObject, PawlError } from '@pawl/core';
import type { ActionRequest, Json, JsonObject } from '@pawl/core';
import { readPolicy } from './authentication/policy.ts';
import type { Policy } from './authentication/policy.ts';
import { serializeBody } from './body.ts';

/** A request as it goes to egress. */
export interface BuiltRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How the endpoint is told who calls. */
  readonly policy: Policy;
}

/**
 * Builds the request of an attempt from its arguments: the same bytes for every attempt of an effect. Throws
 * PAWL_ACTION_INPUT for what no HTTP request can carry.
 */
export function buildRequest(request: ActionRequest): BuiltRequest {
  const { args, key, keyIn } = request;
  const method = String(args['method']).toUpperCase();
  const endpoint = args['endpoint'] as string | JsonObject;
  const uri = typeof endpoint === 'string' ? endpoint : String(endpoint['uri']);
  const headers = { ...(args['headers'] as Readonly<Record<string, string>> | undefined) };
  const query = { ...(args['query'] as Readonly<Record<string, string>> | undefined) };
  let body = args['body'];
  if (request.guarantee === 'keyed' && keyIn !== undefined) {
    if (keyIn.place === 'header') setHeader(headers, keyIn.name, key);
    else if (keyIn.place === 'query') query[keyIn.name] = key;
    else body = withMember(body, keyIn.name, key);
  }
  const authentication = typeof endpoint === 'string' ? undefined : endpoint['authentication'];
  const policy = readPolicy(authentication);
  const serialized = serializeBody(body, headers);
  return {
    method,
    url: withQuery(uri, query),
    headers,
    policy,
    ...(serialized === undefined ? {} : { body: serialized }),
  };
}

/** Sets a header whatever the spelling of one that is there. */
function setHeader(headers: Record<string, string>, name: string, value: string): void {
  for (const known of Object.keys(headers)) if (known.toLowerCase() === name.toLowerCase()) delete headers[known];
  headers[name] = value;
}

function withMember(body: Json | undefined, name: string, key: string): Json {
  if (body !== undefined && !isObject(body)) {
    throw new PawlError(
      'PAWL_ACTION_INPUT',
      `The key is sent in the member "${name}" of the body, so the body must be an object.`,
    );
  }
  return { ...body, [name]: key };
}

/** Adds parameters to the query that the URL has; a name given in both is taken from `query`. */
function withQuery(uri: string, query: Readonly<Record<string, string>>): string {
  const names = Object.keys(query);
  if (names.length === 0) return uri;
  const [path = '', given = ''] = splitOnce(uri, '?');
  const kept = given.split('&').filter((pair) => pair !== '' && !names.includes(decode(splitOnce(pair, '=')[0] ?? '')));
  const added = names.map((name) => `${encode(name)}=${encode(query[name] ?? '')}`);
  return `${path}?${[...kept, ...added].join('&')}`;
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** Percent-encodes; half a character, which no URL can carry, becomes U+FFFD. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function decode(name: string): string {
  return new URLSearchParams(`${name}=`).keys().next().value ?? name;
}
