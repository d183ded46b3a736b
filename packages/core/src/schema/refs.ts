import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { pointerSegment } from './problems.ts';
import { resolveUri, splitUri } from './uri.ts';

/** A schema with an address of its own: a document's root, or a schema with `$id` inside it. */
export interface Resource {
  /** Absolute URI without fragment; empty for a root without `$id`. */
  readonly id: string;
  /** Name of the document it stands in: empty for the main one, the key in `definitions` for the others. */
  readonly document: string;
  /** JSON pointer from the document's root. */
  readonly pointer: string;
  readonly schema: Json;
  /** Pointers, from the document's root, by anchor name. */
  readonly anchors: Map<string, string>;
  readonly dynamicAnchors: Map<string, string>;
}

/** One schema in its document. */
export interface Site {
  readonly schema: Json;
  readonly resource: Resource;
  /** JSON pointer from the document's root. */
  readonly pointer: string;
}

/** Tells of a problem of the schema at a site's keyword. */
export type SchemaComplaint = (site: Site, keyword: string, message: string, hint?: string) => void;

/** The pointer that people see: from the main schema's root, or behind the id of the document it is in. */
export function sitePath(site: Site): string {
  const { document } = site.resource;
  return document === '' ? site.pointer : `${document}#${site.pointer}`;
}

/** The schemas below a schema, by the keywords that hold them. Unknown keywords hold data, not schemas. */
const SINGLE = [
  ...['additionalProperties', 'propertyNames', 'unevaluatedProperties', 'items', 'contains', 'unevaluatedItems'],
  ...['not', 'if', 'then', 'else', 'contentSchema'],
];
const LISTS = ['prefixItems', 'allOf', 'anyOf', 'oneOf'];
const MAPS = ['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions', 'dependencies'];

const ANCHOR = /^[A-Za-z_][-A-Za-z0-9._]*$/;

/** All schemas of the main document and of `definitions`, by their addresses. */
export class Registry {
  private readonly resources = new Map<string, Resource>();
  private readonly sites = new Map<string, Site>();
  private readonly complain: SchemaComplaint;

  constructor(complain: SchemaComplaint) {
    this.complain = complain;
  }

  /** Reads a document. `name` is empty for the main one, else its absolute URI. Returns its root. */
  addDocument(name: string, schema: Json): Site {
    const id = splitUri(name).fragment === undefined ? name : resolveUri(name, '');
    const root: Site = { schema, pointer: '', resource: newResource(id, name, '', schema) };
    this.resources.set(id, root.resource);
    return this.index(root);
  }

  /** Every schema known in a document. */
  sitesOf(document: string): Site[] {
    return [...this.sites.values()].filter((site) => site.resource.document === document);
  }

  /** Every schema with a dynamic anchor of this name, by its resource. */
  dynamicSites(name: string): Map<Resource, Site> {
    const found = new Map<Resource, Site>();
    for (const resource of this.resources.values()) {
      const pointer = resource.dynamicAnchors.get(name);
      if (pointer !== undefined) found.set(resource, this.siteAt(resource, pointer) as Site);
    }
    return found;
  }

  /** What stands below a schema, such as `['properties', 'name']`; it may turn out to be no schema at all. */
  child(parent: Site, keys: readonly (string | number)[]): Site {
    const pointer = `${parent.pointer}${keys.map(pointerSegment).join('')}`;
    return this.siteAt(parent.resource, pointer) as Site;
  }

  /** The schema that a reference leads to, or what is wrong with the reference. */
  resolve(from: Site, reference: string): Site | { readonly message: string; readonly hint: string } {
    const target = resolveUri(from.resource.id, reference);
    const resource = this.resources.get(target) ?? (target === from.resource.id ? from.resource : undefined);
    if (resource === undefined) {
      return {
        message: `refers to ${JSON.stringify(reference)}, which is not in this schema`,
        hint: 'Pawl loads no schemas from the network: copy that schema into "$defs" and refer to it there.',
      };
    }
    const fragment = decodeFragment(splitUri(reference).fragment ?? '');
    const pointer =
      fragment === '' || fragment.startsWith('/')
        ? `${resource.pointer}${fragment}`
        : (resource.anchors.get(fragment) ?? null);
    const site = pointer === null ? undefined : this.siteAt(resource, pointer);
    return (
      site ?? {
        message: `refers to ${JSON.stringify(reference)}, which does not exist`,
        hint: 'Check the spelling; names inside the schema look like "#/$defs/name".',
      }
    );
  }

  private siteAt(resource: Resource, pointer: string): Site | undefined {
    const known = this.sites.get(siteKey(resource.document, pointer));
    if (known !== undefined) return known;
    const schema = follow(resource.schema, pointer.slice(resource.pointer.length));
    return schema === undefined ? undefined : this.index({ schema, resource, pointer });
  }

  /** Notes a schema and all below it; the recursion is as deep as the schema, which is bounded. */
  private index(site: Site): Site {
    const { schema } = site;
    const here = isObject(schema) ? this.withIdentity(site, schema) : site;
    this.sites.set(siteKey(here.resource.document, here.pointer), here);
    if (!isObject(schema)) return here;
    for (const keyword of SINGLE) this.indexChild(here, own(schema, keyword), `/${keyword}`);
    for (const keyword of LISTS) this.indexMembers(here, own(schema, keyword), keyword, 'list');
    for (const keyword of MAPS) this.indexMembers(here, own(schema, keyword), keyword, 'map');
    return here;
  }

  private indexMembers(parent: Site, members: Json | undefined, keyword: string, form: 'list' | 'map'): void {
    if (form === 'list' ? !Array.isArray(members) : !isObject(members)) return;
    for (const [key, member] of Object.entries(members as JsonObject))
      this.indexChild(parent, member, `/${keyword}${pointerSegment(key)}`);
  }

  private indexChild(parent: Site, schema: Json | undefined, segments: string): void {
    if (isObject(schema) || typeof schema === 'boolean')
      this.index({ schema, resource: parent.resource, pointer: parent.pointer + segments });
  }

  /** The site with the resource that its `$id` opens, if it has one; its anchors are noted. */
  private withIdentity(site: Site, schema: JsonObject): Site {
    const id = own(schema, '$id');
    const here = typeof id === 'string' ? this.openResource(site, id) : site;
    if (id !== undefined && typeof id !== 'string')
      this.complain(site, '$id', 'must be a string with the address of this schema');
    for (const keyword of ['$anchor', '$dynamicAnchor']) {
      const name = own(schema, keyword);
      if (name === undefined) continue;
      const { anchors, dynamicAnchors } = here.resource;
      if (typeof name !== 'string' || !ANCHOR.test(name))
        this.complain(here, keyword, 'must be a name of letters, digits, "-", "_" and "."');
      else if ((anchors.get(name) ?? here.pointer) !== here.pointer)
        this.complain(here, keyword, `repeats the name ${JSON.stringify(name)}`);
      else {
        anchors.set(name, here.pointer);
        if (keyword === '$dynamicAnchor') dynamicAnchors.set(name, here.pointer);
      }
    }
    return here;
  }

  private openResource(site: Site, id: string): Site {
    const { document } = site.resource;
    if ((splitUri(id).fragment ?? '') !== '')
      this.complain(site, '$id', 'must not have a part after "#"', 'Use "$anchor" to name a place inside a schema.');
    const address = resolveUri(site.resource.id, id);
    const known = this.resources.get(address);
    if (
      known !== undefined &&
      known !== site.resource &&
      (known.document !== document || known.pointer !== site.pointer)
    ) {
      this.complain(site, '$id', `repeats the address ${JSON.stringify(address)} of another schema`);
    }
    const resource = newResource(address, document, site.pointer, site.schema);
    this.resources.set(address, resource);
    // A document stays reachable by the name it was given, too.
    if (site.pointer === '') this.resources.set(site.resource.id, resource);
    return { ...site, resource };
  }
}

function newResource(id: string, document: string, pointer: string, schema: Json): Resource {
  return { id, document, pointer, schema, anchors: new Map(), dynamicAnchors: new Map() };
}

function siteKey(document: string, pointer: string): string {
  return `${document}#${pointer}`;
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

function follow(schema: Json, pointer: string): Json | undefined {
  let at: Json | undefined = schema;
  for (const segment of pointer.split('/').slice(1)) {
    const key = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as JsonObject)[key];
  }
  return at;
}

/** An own property, or undefined. */
export function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
