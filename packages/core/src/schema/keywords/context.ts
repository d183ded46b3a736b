import type { Json, JsonObject } from '../../json.ts';
import type { Check } from '../check.ts';
import type { SchemaLimits } from '../limits.ts';
import type { Pattern } from '../pattern.ts';
import { own } from '../refs.ts';
import type { Resource, Site } from '../refs.ts';

/** What a reference leads to. Its check is put in later, so that schemas may refer to each other in circles. */
export interface Target {
  readonly check: Check;
  readonly site: Site;
}

/** What the compiler offers to the keywords of one schema. */
export interface KeywordContext {
  readonly site: Site;
  readonly schema: JsonObject;
  readonly limits: SchemaLimits;
  /** Whether `format` refuses values, or only describes them. */
  readonly assertFormats: boolean;
  /** The pointer to a keyword, as problems show it. */
  pathOf(keyword: string): string;
  /** Compiles the schema below this one, such as `compile('properties', 'name')`. */
  compile(...keys: readonly (string | number)[]): Check;
  /** The schema that `$ref` (or another keyword) refers to, or null when there is none (the problem is noted). */
  reference(keyword: string, reference: string): Target | null;
  /** All schemas with this dynamic anchor. */
  dynamicTargets(name: string): ReadonlyMap<Resource, Target>;
  /** A pattern made ready, or null when it cannot be used (the problem is noted). */
  pattern(keyword: string, source: string): Pattern | null;
  /** Notes a problem of the schema. */
  complain(keyword: string, message: string, hint?: string): void;
}

/** Compiles the keywords of a family, when the schema has one; returns their checks in order. */
export type KeywordFamily = (context: KeywordContext) => readonly Check[];

/** The keyword's value where it is a whole number of at least 0; otherwise undefined, and a problem if it is there. */
export function countKeyword(context: KeywordContext, keyword: string): number | undefined {
  const value = own(context.schema, keyword);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  context.complain(keyword, 'must be a whole number, 0 or more');
  return undefined;
}

/** The keyword's value where it is a number. */
export function numberKeyword(context: KeywordContext, keyword: string): number | undefined {
  const value = own(context.schema, keyword);
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
  context.complain(keyword, 'must be a number');
  return undefined;
}

/** The keyword's value where it is a string. */
export function stringKeyword(context: KeywordContext, keyword: string): string | undefined {
  const value = own(context.schema, keyword);
  if (value === undefined || typeof value === 'string') return value;
  context.complain(keyword, 'must be a string');
  return undefined;
}

/** The keyword's value where it is a list of different strings. */
export function namesKeyword(context: KeywordContext, keyword: string): readonly string[] | undefined {
  const value = own(context.schema, keyword);
  return value === undefined ? undefined : namesOf(context, keyword, value);
}

/** A value as a list of different strings; otherwise undefined and a problem. */
export function namesOf(context: KeywordContext, keyword: string, value: Json): readonly string[] | undefined {
  if (Array.isArray(value) && value.every((name) => typeof name === 'string') && new Set(value).size === value.length)
    return value;
  context.complain(keyword, 'must be a list of different names');
  return undefined;
}

/** The keyword's value where it is an object, such as `properties`. */
export function mapKeyword(context: KeywordContext, keyword: string): JsonObject | undefined {
  const value = own(context.schema, keyword);
  if (value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value)))
    return value as JsonObject | undefined;
  context.complain(keyword, 'must be an object');
  return undefined;
}

/** The checks of a keyword that holds a list of schemas, such as `allOf`. */
export function schemaList(context: KeywordContext, keyword: string): readonly Check[] | undefined {
  const value = own(context.schema, keyword);
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.length > 0) return value.map((_, index) => context.compile(keyword, index));
  context.complain(keyword, 'must be a list of one or more schemas');
  return undefined;
}

/** The check of a keyword that holds one schema, such as `not`. */
export function schemaKeyword(context: KeywordContext, keyword: string): Check | undefined {
  return own(context.schema, keyword) === undefined ? undefined : context.compile(keyword);
}
