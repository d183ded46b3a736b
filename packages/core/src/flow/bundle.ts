import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Hash } from '../ports.ts';
import type { Problem } from '../result.ts';
import { externalReferences } from './external.ts';
import type { ExternalReference } from './external.ts';
import { parseFlow } from './parse.ts';

/** The text behind each address. */
export type Resources = ReadonlyMap<string, string>;

/** A document with what it names outside put into it, and what was wrong with that. */
export interface Bundled {
  readonly document: JsonObject;
  readonly problems: readonly Problem[];
  /** What is still outside: texts that are not there yet. */
  readonly missing: readonly ExternalReference[];
}

/** Resources may name further ones; so deep, and no deeper. */
const depth = 10;

/**
 * Puts functions, schemas and scripts that a flow names by address into it, so that a version never changes with what lies
 * outside: functions go to `use.functions` under the text of their call, schemas and scripts into their places. The sha-256
 * of each text is noted in `document.metadata.pawl.resources`.
 */
export function bundle(document: JsonObject, resources: Resources, hash: Hash): Bundled {
  const copy = structuredCopy(document);
  const problems: Problem[] = [];
  const used: Record<string, Json> = {};
  for (let level = 0; level < depth; level += 1) {
    const references = externalReferences(copy);
    const missing = references.filter(({ uri }) => !resources.has(uri));
    if (missing.length > 0 || references.length === 0) return { document: noted(copy, used), problems, missing };
    for (const reference of references) {
      const text = resources.get(reference.uri) as string;
      used[reference.uri] = hash.sha256(text);
      put(copy, reference, text, problems);
    }
    if (problems.length > 0) return { document: copy, problems, missing: [] };
  }
  problems.push(
    problem(
      '/use',
      `Resources of this flow name further ones more than ${depth} levels deep, so they seem to go in a circle.`,
    ),
  );
  return { document: copy, problems, missing: [] };
}

function put(document: JsonObject, reference: ExternalReference, text: string, problems: Problem[]): void {
  const { kind, path, uri } = reference;
  if (kind === 'script') {
    const script = at(document, path.slice(0, path.lastIndexOf('/')));
    delete script['source'];
    script['code'] = text;
    return;
  }
  const parsed = parseFlow(text);
  if (!parsed.ok) {
    const [first] = parsed.problems;
    const line = first?.line === undefined ? '' : ` (line ${first.line})`;
    problems.push(
      problem(path, `What ${uri} holds cannot be read${line}: ${first?.message ?? 'it is neither YAML nor JSON.'}`),
    );
    return;
  }
  const value = parsed.value.document as unknown as Json;
  if (kind === 'schema') {
    const schema = at(document, path.slice(0, path.lastIndexOf('/')));
    delete schema['resource'];
    schema['document'] = value;
    return;
  }
  if (!isObject(value)) {
    problems.push(problem(path, `What ${uri} holds is not a function: it must be one task.`));
    return;
  }
  const use = member(document, 'use');
  member(use, 'functions')[reference.called ?? uri] = value;
}

function noted(document: JsonObject, used: Record<string, Json>): JsonObject {
  if (Object.keys(used).length === 0) return document;
  const pawl = member(member(member(document as Writable, 'document'), 'metadata'), 'pawl');
  pawl['resources'] = { ...(isObject(pawl['resources']) ? pawl['resources'] : {}), ...used };
  return document;
}

type Writable = { [name: string]: Json };

function member(owner: Writable | JsonObject, name: string): Writable {
  const writable = owner as Writable;
  const value = writable[name];
  if (isObject(value)) return value as Writable;
  const made: Writable = {};
  writable[name] = made;
  return made;
}

/** The object at a pointer that a reference gave. */
function at(document: JsonObject, pointer: string): Writable {
  let value: Json = document;
  for (const segment of pointer.split('/').slice(1)) {
    const name = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    value = (value as { readonly [name: string]: Json })[name] ?? null;
  }
  return value as Writable;
}

function structuredCopy<Value extends Json>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

function problem(path: string, message: string): Problem {
  return { code: 'PAWL_FLOW_RESOURCE', severity: 'error', path, message };
}
