import { isObject, nearestHint, PawlError } from '@pawl/core';
import type { ActionRequest, Json, JsonObject } from '@pawl/core';
import { isJsonType } from '../http/body.ts';
import { bodyShapeOf, writeBody } from './body.ts';
import type { BodyShape } from './body.ts';
import type { Operation } from './operation.ts';
import { parametersOf } from './parameters.ts';
import type { Parameter } from './parameters.ts';
import { textsIn } from './references.ts';
import type { Description } from './references.ts';
import { encoderOf, headerValue, pairsOf, pathValue } from './serialize.ts';
import { serverOf } from './servers.ts';

/** An operation, and what its description is about. */
export interface Described {
  readonly description: Description;
  /** Where the description came from. */
  readonly url: URL;
  readonly operation: Operation;
  readonly swagger: boolean;
}

/** What the description of an API makes of a call. */
interface Plan {
  readonly parameters: readonly Parameter[];
  readonly body: BodyShape | undefined;
  /** The values that the flow gives, by name; null is none. */
  readonly given: ReadonlyMap<string, Json>;
}

/**
 * The arguments of the HTTP call that an operation is. Throws PAWL_ACTION_INPUT, which names the operation's parameters,
 * for values that it does not take or misses.
 */
export function httpArgumentsOf(described: Described, request: ActionRequest): JsonObject {
  const { description, operation, swagger, url } = described;
  const { args } = request;
  const plan = planOf(described, args['parameters'], request.key);
  checkNames(operation, plan);
  const uri = `${serverOf(description, operation, swagger, url)}${pathOf(operation, plan)}${queryOf(plan)}`;
  const headers = headersOf(plan, acceptOf(description, operation, swagger));
  const body = bodyOf(plan);
  const written = body === undefined || plan.body === undefined ? undefined : writeBody(body, plan.body, request.key);
  const authentication = args['authentication'];
  return {
    method: operation.method,
    endpoint: authentication === undefined ? uri : { uri, authentication },
    headers: written === undefined ? headers : { ...headers, 'Content-Type': written.type },
    ...(written === undefined ? {} : { body: written.body }),
    ...(args['output'] === undefined ? {} : { output: args['output'] }),
    ...(args['redirect'] === undefined ? {} : { redirect: args['redirect'] }),
  };
}

function planOf({ description, operation, swagger }: Described, values: Json | undefined, key: string): Plan {
  const declared = parametersOf(description, operation, swagger);
  const given = new Map(Object.entries(isObject(values) ? values : {}).filter(([, value]) => value !== null));
  for (const { name, place } of declared) {
    // A target that takes a key by its description gets one, whatever the guarantee.
    if (place === 'header' && /^idempotency-key$/i.test(name) && !given.has(name)) given.set(name, key);
  }
  // A name in the path that the description forgot to declare.
  const open = [...operation.path.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name ?? '');
  const forgotten = open.filter((name) => !declared.some((one) => one.place === 'path' && one.name === name));
  const simple = { name: 'simple', explode: false, separator: ',', reserved: false } as const;
  const parameters: readonly Parameter[] = [
    ...declared,
    ...forgotten.map((name) => ({ name, place: 'path' as const, required: true, style: simple })),
  ];
  return { parameters, body: bodyShapeOf(description, operation, parameters, swagger), given };
}

/** Every value has a place, and every place that needs one has a value. */
function checkNames(operation: Operation, { parameters, body, given }: Plan): void {
  const taken = [...parameters.map(({ name }) => name), ...(body?.names ?? []), ...(body?.members ?? [])];
  const list = describeParameters(parameters, body);
  const unknown = [...given.keys()].find((name) => !taken.includes(name));
  if (unknown !== undefined) {
    const hint = nearestHint(unknown, taken);
    const asks = hint === undefined || hint.startsWith('use one of') ? '' : ` (${hint})`;
    throw invalid(`The operation ${operation.id} has no parameter ${unknown}${asks}. ${list}`);
  }
  const missing = parameters.filter(({ name, place, required }) => required && place !== 'body' && !given.has(name));
  const bodyMissing = body?.required === true && bodyOf({ parameters, body, given }) === undefined;
  const names = [...missing.map(({ name }) => name), ...(bodyMissing && missing.length === 0 ? ['body'] : [])];
  if (names.length > 0) throw invalid(`The operation ${operation.id} needs ${names.join(', ')}. ${list}`);
}

function describeParameters(parameters: readonly Parameter[], body: BodyShape | undefined): string {
  const own = parameters.filter(({ place, credential }) => place !== 'body' && credential === undefined);
  const all = own.map(({ name, place, required }) => `${name} (${place}${required ? ', required' : ''})`);
  if (body !== undefined) all.push(`body (${body.type}${body.required ? ', required' : ''})`);
  return all.length === 0 ? 'It takes no parameters.' : `Its parameters are ${all.join(', ')}.`;
}

function pathOf(operation: Operation, { parameters, given }: Plan): string {
  const path = operation.path.replace(/\{([^{}]+)\}/g, (_, name: string) => {
    const parameter = parameters.find((one) => one.place === 'path' && one.name === name);
    const value = given.get(name);
    const written = parameter === undefined || value === undefined ? '' : pathValue(name, value, parameter.style);
    if (written === '') throw invalid(`The parameter ${name} is empty, so that another address would be called.`);
    return written;
  });
  if (path.split('/').some((segment) => segment === '.' || segment === '..'))
    throw invalid('A parameter of the path is "." or "..", so that another address would be called.');
  return path.startsWith('/') ? path : `/${path}`;
}

function queryOf({ parameters, given }: Plan): string {
  const pairs = parameters.flatMap(({ name, place, style }) => {
    const value = given.get(name);
    if (place !== 'query' || value === undefined) return [];
    const encode = encoderOf(style);
    return pairsOf(name, value, style).map(
      ([key, text]) => `${encodeURIComponent(key.toWellFormed())}=${encode(text)}`,
    );
  });
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function headersOf({ parameters, given }: Plan, accept: string): Record<string, string> {
  const headers: Record<string, string> = { Accept: accept };
  const cookies: string[] = [];
  for (const { name, place, style } of parameters) {
    const value = given.get(name);
    if (value === undefined) continue;
    if (place === 'header') headers[name.toLowerCase() === 'accept' ? 'Accept' : name] = headerValue(value, style);
    if (place === 'cookie')
      cookies.push(
        ...pairsOf(name, value, style).map(([key, text]) => `${key}=${encodeURIComponent(text.toWellFormed())}`),
      );
  }
  return cookies.length === 0 ? headers : { ...headers, Cookie: cookies.join('; ') };
}

/** The body that the flow gives whole, or puts together of its members; undefined for none. */
function bodyOf({ parameters, body, given }: Plan): Json | undefined {
  if (body === undefined) return undefined;
  const whole = body.names.find((name) => given.has(name));
  if (whole !== undefined) return given.get(whole);
  const elsewhere = new Set(parameters.filter(({ place }) => place !== 'form').map(({ name }) => name));
  const members = [...new Set(body.members)].filter((name) => given.has(name) && !elsewhere.has(name));
  if (members.length === 0) return undefined;
  return Object.fromEntries(members.map((name) => [name, given.get(name) ?? null]));
}

/** What the flow can read best of what the operation answers: JSON. */
function acceptOf(description: Description, operation: Operation, swagger: boolean): string {
  const types = swagger ? swaggerTypes(description, operation) : openApiTypes(description, operation);
  const json = types.find(isJsonType);
  if (json !== undefined) return json;
  return types.length === 0 ? 'application/json, */*;q=0.8' : `${types.join(', ')}, */*;q=0.1`;
}

function swaggerTypes({ root }: Description, { definition }: Operation): readonly string[] {
  const own = textsIn(definition['produces']);
  return own.length > 0 ? own : textsIn(root['produces']);
}

function openApiTypes(description: Description, { definition }: Operation): readonly string[] {
  const answers = Object.entries(description.object(definition['responses']));
  return answers
    .filter(([status]) => /^(2..|default)$/i.test(status))
    .flatMap(([, answer]) => Object.keys(description.object(description.object(answer)['content'])))
    .filter((type, i, all) => all.indexOf(type) === i);
}

function invalid(message: string): PawlError {
  return new PawlError('PAWL_ACTION_INPUT', message);
}
