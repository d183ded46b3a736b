import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { acceptAll } from './check.ts';
import type { Check } from './check.ts';
import { applicatorKeywords } from './keywords/applicators.ts';
import { arrayKeywords } from './keywords/arrays.ts';
import type { KeywordContext, KeywordFamily, Target } from './keywords/context.ts';
import { objectKeywords } from './keywords/objects.ts';
import { referenceKeywords } from './keywords/references.ts';
import { anyValueKeywords, numberKeywords, stringKeywords } from './keywords/scalars.ts';
import { unevaluatedKeywords } from './keywords/unevaluated.ts';
import type { SchemaLimits } from './limits.ts';
import { compilePattern, nativePattern, usesLookAround } from './pattern.ts';
import type { Pattern } from './pattern.ts';
import { pointerSegment } from './problems.ts';
import type { SchemaProblem } from './problems.ts';
import { Registry, sitePath } from './refs.ts';
import type { Resource, Site } from './refs.ts';

/** What a compilation is told. */
export interface CompilerSettings {
  readonly limits: SchemaLimits;
  readonly assertFormats: boolean;
  readonly nativeLookAround: boolean;
}

/** In this order the keywords of a schema judge; the unevaluated ones come after all. */
const FAMILIES: readonly KeywordFamily[] = [
  anyValueKeywords,
  numberKeywords,
  stringKeywords,
  arrayKeywords,
  objectKeywords,
  referenceKeywords,
  applicatorKeywords,
];

interface Slot extends Target {
  check: Check;
}

/** Turns the schemas of one document, and what they refer to, into checks. Documents must be of bounded depth. */
export class Compiler {
  /** What is wrong with the schemas, in the order it was met. */
  readonly problems: SchemaProblem[] = [];
  private readonly settings: CompilerSettings;
  private readonly registry: Registry;
  private readonly checks = new Map<Site, Check>();
  private readonly slots = new Map<Site, Slot>();
  /** References that wait for their target: a queue, since a chain of them may be longer than the stack. */
  private readonly pending: Slot[] = [];
  private dynamic = false;
  private readonly patterns = new Map<string, Pattern>();

  constructor(settings: CompilerSettings) {
    this.settings = settings;
    this.registry = new Registry((site, keyword, message, hint) => this.complain(site, keyword, message, hint));
  }

  /** Makes a document known that references may name. */
  addDefinition(uri: string, schema: Json): void {
    this.registry.addDocument(uri, schema);
  }

  /** Compiles the main document. The check means nothing when there are problems. */
  compile(schema: Json): Check {
    const root = this.registry.addDocument('', schema);
    // What nothing refers to yet is compiled as well: its author wants to know of its mistakes.
    for (const site of this.registry.sitesOf('')) this.checkOf(site);
    for (let slot = this.pending.pop(); slot !== undefined; slot = this.pending.pop())
      slot.check = this.checkOf(slot.site);
    return inResource(this.checkOf(root), root.resource);
  }

  /** Whether what a schema means depends on how it was reached. */
  usesDynamicScope(): boolean {
    return this.dynamic;
  }

  private checkOf(site: Site): Check {
    const known = this.checks.get(site);
    if (known !== undefined) return known;
    const check = this.compileSite(site);
    this.checks.set(site, check);
    return check;
  }

  private compileSite(site: Site): Check {
    const { schema } = site;
    if (schema === true) return acceptAll;
    if (schema === false) return refuseAll(sitePath(site));
    if (isObject(schema)) return this.compileObject(site, schema);
    this.complain(site, '', 'must be a schema: an object, true or false');
    return acceptAll;
  }

  private compileObject(site: Site, schema: JsonObject): Check {
    let nests = false;
    const context = this.contextOf(site, schema, () => {
      nests = true;
    });
    const others = every(FAMILIES.flatMap((family) => family(context)));
    const unevaluated = unevaluatedKeywords(context);
    const check = unevaluated === null ? others : unevaluated(others);
    if (!nests) return check;
    return counted(site.pointer === site.resource.pointer ? inResource(check, site.resource) : check);
  }

  private contextOf(site: Site, schema: JsonObject, onNesting: () => void): KeywordContext {
    return {
      site,
      schema,
      limits: this.settings.limits,
      assertFormats: this.settings.assertFormats,
      pathOf: (keyword) => `${sitePath(site)}${pointerSegment(keyword)}`,
      compile: (...keys) => {
        onNesting();
        return this.checkOf(this.registry.child(site, keys));
      },
      reference: (keyword, reference) => {
        onNesting();
        const target = this.registry.resolve(site, reference);
        if (!('message' in target)) return this.slotOf(target);
        this.complain(site, keyword, target.message, target.hint);
        return null;
      },
      dynamicTargets: (name) => this.dynamicTargets(name),
      pattern: (keyword, source) => this.pattern(site, keyword, source),
      complain: (keyword, message, hint) => this.complain(site, keyword, message, hint),
    };
  }

  private dynamicTargets(name: string): ReadonlyMap<Resource, Target> {
    this.dynamic = true;
    const sites = [...this.registry.dynamicSites(name)];
    return new Map(sites.map(([resource, site]) => [resource, this.slotOf(site)]));
  }

  private slotOf(site: Site): Slot {
    const known = this.slots.get(site);
    if (known !== undefined) return known;
    const slot: Slot = { check: acceptAll, site };
    this.slots.set(site, slot);
    this.pending.push(slot);
    return slot;
  }

  private pattern(site: Site, keyword: string, source: string): Pattern | null {
    const known = this.patterns.get(source);
    if (known !== undefined) return known;
    const native = this.settings.nativeLookAround && usesLookAround(source);
    const pattern = native ? nativePattern(source) : compilePattern(source, this.settings.limits.patternCharacters);
    if (typeof pattern === 'function') {
      this.patterns.set(source, pattern);
      return pattern;
    }
    this.complain(site, keyword, pattern.message, pattern.hint);
    return null;
  }

  private complain(site: Site, keyword: string, message: string, hint?: string): void {
    const path = `${sitePath(site)}${keyword === '' ? '' : pointerSegment(keyword)}`;
    const problem = { path, schemaPath: path, keyword, message };
    this.problems.push(hint === undefined ? problem : { ...problem, hint });
  }
}

/** All checks in turn: at the first refusal it stops, unless everything that is wrong is wanted. */
function every(checks: readonly Check[]): Check {
  const [first, second] = checks;
  if (first === undefined) return acceptAll;
  if (second === undefined) return first;
  return (value, run, place, seen) => {
    let valid = true;
    for (let index = 0; index < checks.length; index++) {
      if ((checks[index] as Check)(value, run, place, seen)) continue;
      if (place === null) return false;
      valid = false;
    }
    return valid;
  };
}

function refuseAll(schemaPath: string): Check {
  return (_, run, place) => run.fail(place, () => ({ schemaPath, keyword: 'false', message: 'is not allowed here' }));
}

/** Bounds the recursion, and ends early once there are as many findings as are wanted. */
function counted(check: Check): Check {
  return (value, run, place, seen) => {
    if (place !== null && run.isFull()) return false;
    run.apply(place);
    const valid = check(value, run, place, seen);
    run.leave();
    return valid;
  };
}

function inResource(check: Check, resource: Resource): Check {
  return (value, run, place, seen) => {
    run.scope.push(resource);
    const valid = check(value, run, place, seen);
    run.scope.pop();
    return valid;
  };
}
