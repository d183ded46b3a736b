import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Sites } from './lint/sites.ts';
import { sitesOf } from './lint/sites.ts';
import { member } from './member.ts';

/** Something that a flow names by its address and that is not in it. */
export interface ExternalReference {
  readonly kind: 'function' | 'schema' | 'script';
  /** Where it is read. */
  readonly uri: string;
  /** How to prove who asks: the policy itself. */
  readonly authentication?: JsonObject;
  /** JSON pointer of what names it. */
  readonly path: string;
  /** `function`: the text of the `call`. */
  readonly called?: string;
}

/** Everything outside that a document which the schema accepts names as part of itself, in the order of the text. */
export function externalReferences(document: JsonObject, sites: Sites = sitesOf(document)): ExternalReference[] {
  const found: ExternalReference[] = [];
  for (const name of ['input', 'output']) addSchema(found, document, document[name], `/${name}`);
  for (const { task, path } of sites.tasks) {
    for (const name of ['input', 'output', 'export']) addSchema(found, document, task[name], `${path}/${name}`);
    addFunction(found, document, task['call'], `${path}/call`);
    const source = member(member(task['run'], 'script'), 'source');
    if (isObject(source)) addAt(found, document, 'script', source['endpoint'], `${path}/run/script/source`);
  }
  return found;
}

/** Where a catalog keeps a function; the pages of GitHub and GitLab are turned into the files behind them. */
export function functionUri(endpoint: string, name: string, version: string): string {
  const base = endpoint.replace(/\/+$/, '');
  const file = `functions/${encodeURIComponent(name)}/${encodeURIComponent(version)}/function.yaml`;
  const hub = /^https:\/\/github\.com\/([^/]+)\/([^/]+?)(?:\.git)?(?:\/tree\/(.+))?$/.exec(base);
  if (hub !== null) return `https://raw.githubusercontent.com/${hub[1]}/${hub[2]}/${hub[3] ?? 'main'}/${file}`;
  const lab = /^https:\/\/gitlab\.com\/(.+?)(?:\.git)?(?:\/-\/tree\/(.+))?$/.exec(base);
  if (lab !== null) return `https://gitlab.com/${lab[1]}/-/raw/${lab[2] ?? 'main'}/${file}`;
  return `${base}/${file}`;
}

/** What a `call` says: a function of a catalog; `default` is the catalog of Pawl's own actions. */
export function catalogFunction(
  called: string,
): { readonly name: string; readonly version: string | undefined; readonly catalog: string } | undefined {
  const match = /^([^:@/\s]+)(?::([^:@/\s]+))?(?:@([^:@/\s]+))?$/.exec(called);
  return match === null ? undefined : { name: match[1] ?? '', version: match[2], catalog: match[3] ?? 'default' };
}

function addSchema(found: ExternalReference[], document: JsonObject, owner: Json | undefined, path: string): void {
  const resource = member(member(owner, 'schema'), 'resource');
  if (isObject(resource)) addAt(found, document, 'schema', resource['endpoint'], `${path}/schema/resource`);
}

function addFunction(found: ExternalReference[], document: JsonObject, called: Json | undefined, path: string): void {
  if (typeof called !== 'string' || Object.hasOwn(objectIn(document, 'functions'), called)) return;
  if (/^https?:\/\//i.test(called)) {
    found.push({ kind: 'function', uri: called, path, called });
    return;
  }
  const parts = catalogFunction(called);
  if (parts?.version === undefined || parts.catalog === 'default') return;
  const catalog = objectIn(document, 'catalogs')[parts.catalog];
  const endpoint = addressOf(document, member(catalog, 'endpoint'));
  if (endpoint === undefined) return;
  found.push({
    ...endpoint,
    kind: 'function',
    uri: functionUri(endpoint.uri, parts.name, parts.version),
    path,
    called,
  });
}

function addAt(
  found: ExternalReference[],
  document: JsonObject,
  kind: 'schema' | 'script',
  endpoint: Json | undefined,
  path: string,
): void {
  const address = addressOf(document, endpoint);
  if (address !== undefined) found.push({ ...address, kind, path });
}

function addressOf(
  document: JsonObject,
  endpoint: Json | undefined,
): { readonly uri: string; readonly authentication?: JsonObject } | undefined {
  const uri = typeof endpoint === 'string' ? endpoint : member(endpoint, 'uri');
  if (typeof uri !== 'string') return undefined;
  const given = member(endpoint, 'authentication');
  const name = member(given, 'use');
  const policy = typeof name === 'string' ? objectIn(document, 'authentications')[name] : given;
  return isObject(policy) ? { uri, authentication: policy } : { uri };
}

function objectIn(document: JsonObject, name: string): JsonObject {
  const named = member(document['use'], name);
  return isObject(named) ? named : {};
}
