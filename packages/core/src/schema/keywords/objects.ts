import { isObject } from '../../json.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { Check, Run, Seen } from '../check.ts';
import type { Pattern } from '../pattern.ts';
import { below, countOf, nameHint } from '../problems.ts';
import type { Place } from '../problems.ts';
import { own } from '../refs.ts';
import { hasApplicator } from './applicators.ts';
import { countKeyword, mapKeyword, namesKeyword, namesOf, schemaKeyword } from './context.ts';
import type { KeywordContext, KeywordFamily } from './context.ts';

/** The keywords of objects, without `unevaluatedProperties`. */
export const objectKeywords: KeywordFamily = (context) => [
  ...requiredCheck(context),
  ...sizeChecks(context),
  ...membersCheck(context),
  ...propertyNamesCheck(context),
  ...dependentChecks(context),
];

function requiredCheck(context: KeywordContext): Check[] {
  const names = namesKeyword(context, 'required');
  return names === undefined || names.length === 0 ? [] : [presenceCheck(context, 'required', names, 'is missing')];
}

/**
 * Demands own properties; each that is missing is a problem at the place where it should be. Only an object with none
 * of them may be meant for another branch of a choice.
 */
function presenceCheck(context: KeywordContext, keyword: string, names: readonly string[], message: string): Check {
  const schemaPath = context.pathOf(keyword);
  return (value, run, place) => {
    if (!isObject(value)) return true;
    let valid = true;
    for (const name of names) {
      if (Object.hasOwn(value, name)) continue;
      if (place === null) return false;
      const foreign = !names.some((each) => Object.hasOwn(value, each));
      valid = run.fail(below(place, name), () => ({
        schemaPath,
        keyword,
        message,
        ...(foreign ? { misfit: 'missing', expected: [name] } : {}),
      }));
    }
    return valid;
  };
}

function sizeChecks(context: KeywordContext): Check[] {
  const checks: Check[] = [];
  const add = (keyword: string, holds: (size: number, bound: number) => boolean, phrase: string): void => {
    const bound = countKeyword(context, keyword);
    if (bound === undefined) return;
    const schemaPath = context.pathOf(keyword);
    checks.push((value, run, place) => {
      if (!isObject(value)) return true;
      const size = Object.keys(value).length;
      return (
        holds(size, bound) ||
        run.fail(place, () => ({
          schemaPath,
          keyword,
          message: `must have ${phrase} ${countOf(bound, 'entry')}, but has ${size}`,
        }))
      );
    });
  };
  add('minProperties', (size, bound) => size >= bound, 'at least');
  add('maxProperties', (size, bound) => size <= bound, 'at most');
  return checks;
}

/** `properties`, `patternProperties` and `additionalProperties` in one pass over the object. */
function membersCheck(context: KeywordContext): Check[] {
  const known = compileProperties(context);
  const patterns = compilePatterns(context);
  const rest = restCheck(context, [...known.keys()]);
  if (known.size === 0 && patterns.length === 0 && rest === undefined) return [];
  if (patterns.length === 0 && rest === undefined) return [descending(knownOnly(known))];
  return [descending(everyMember(known, patterns, rest))];
}

function compileProperties(context: KeywordContext): Map<string, Check> {
  const names = Object.keys(mapKeyword(context, 'properties') ?? {});
  return new Map(names.map((name) => [name, context.compile('properties', name)]));
}

type PatternMember = readonly [Pattern, Check];

function compilePatterns(context: KeywordContext): PatternMember[] {
  return Object.keys(mapKeyword(context, 'patternProperties') ?? {}).flatMap((source): PatternMember[] => {
    const matches = context.pattern('patternProperties', source);
    const check = context.compile('patternProperties', source);
    return matches === null ? [] : [[matches, check]];
  });
}

/** What holds for the members that nothing else names. */
function restCheck(context: KeywordContext, known: readonly string[]): Check | undefined {
  const keyword = unevaluatedIsAdditional(context) ? 'unevaluatedProperties' : 'additionalProperties';
  if (own(context.schema, keyword) === false) return unknownMember(context.pathOf(keyword), keyword, known);
  return schemaKeyword(context, keyword);
}

/**
 * Whether `unevaluatedProperties` means what `additionalProperties` would: no other schema looks at the same object.
 * Then one pass does for both, and nothing has to be noted.
 */
export function unevaluatedIsAdditional(context: KeywordContext): boolean {
  const { schema } = context;
  return (
    own(schema, 'unevaluatedProperties') !== undefined &&
    own(schema, 'additionalProperties') === undefined &&
    !hasApplicator(context)
  );
}

/** Refuses a member, with the names that are known in its stead. */
export function unknownMember(schemaPath: string, keyword: string, known: readonly string[]): Check {
  return (_, run, place) =>
    run.fail(place, () => {
      const hint = nameHint(String(place?.key), known);
      return { schemaPath, keyword, message: 'is not allowed here', ...(hint === undefined ? {} : { hint }) };
    });
}

type ObjectCheck = (value: JsonObject, run: Run, place: Place | null, seen: Seen | null) => boolean;

function descending(check: ObjectCheck): Check {
  return (value, run, place, seen) => {
    if (!isObject(value)) return true;
    run.descend(1, place);
    const valid = check(value, run, place, seen);
    run.ascend();
    return valid;
  };
}

function knownOnly(known: ReadonlyMap<string, Check>): ObjectCheck {
  const names = [...known.keys()];
  const checks = [...known.values()];
  return (value, run, place, seen) => {
    let valid = true;
    for (let index = 0; index < names.length; index++) {
      const name = names[index] as string;
      if (!Object.hasOwn(value, name)) continue;
      seen?.addProperty(name);
      if ((checks[index] as Check)(value[name] as Json, run, below(place, name), null)) continue;
      if (place === null) return false;
      valid = false;
    }
    return valid;
  };
}

function everyMember(
  known: ReadonlyMap<string, Check>,
  patterns: readonly PatternMember[],
  rest: Check | undefined,
): ObjectCheck {
  return (value, run, place, seen) => {
    const keys = Object.keys(value);
    run.countSteps(keys.length, place);
    let valid = true;
    for (const key of keys) {
      const member = value[key] as Json;
      const at = below(place, key);
      const check = known.get(key);
      let named = check !== undefined;
      let holds = check === undefined || check(member, run, at, null);
      for (const [matches, patternCheck] of patterns) {
        if (!matches(key)) continue;
        named = true;
        holds = patternCheck(member, run, at, null) && holds;
      }
      if (!named && rest !== undefined) holds = rest(member, run, at, null);
      if (named || rest !== undefined) seen?.addProperty(key);
      if (holds) continue;
      if (place === null) return false;
      valid = false;
    }
    return valid;
  };
}

function propertyNamesCheck(context: KeywordContext): Check[] {
  const check = schemaKeyword(context, 'propertyNames');
  if (check === undefined) return [];
  return [
    descending((value, run, place) => {
      let valid = true;
      for (const key of Object.keys(value)) {
        if (check(key, run, below(place, key), null)) continue;
        if (place === null) return false;
        valid = false;
      }
      return valid;
    }),
  ];
}

/** `dependentRequired`, `dependentSchemas` and the `dependencies` of older drafts, which is both. */
function dependentChecks(context: KeywordContext): Check[] {
  const checks: Check[] = [];
  for (const [name, value] of Object.entries(mapKeyword(context, 'dependentRequired') ?? {})) {
    const names = namesOf(context, 'dependentRequired', value);
    if (names !== undefined)
      checks.push(whenPresent(name, dependentPresence(context, 'dependentRequired', name, names)));
  }
  for (const name of Object.keys(mapKeyword(context, 'dependentSchemas') ?? {})) {
    checks.push(whenPresent(name, context.compile('dependentSchemas', name)));
  }
  for (const [name, value] of Object.entries(mapKeyword(context, 'dependencies') ?? {})) {
    const names = Array.isArray(value) ? namesOf(context, 'dependencies', value) : undefined;
    if (names !== undefined) checks.push(whenPresent(name, dependentPresence(context, 'dependencies', name, names)));
    else if (!Array.isArray(value)) checks.push(whenPresent(name, context.compile('dependencies', name)));
  }
  return checks;
}

function dependentPresence(context: KeywordContext, keyword: string, name: string, names: readonly string[]): Check {
  return presenceCheck(context, keyword, names, `is missing, but is needed where ${JSON.stringify(name)} is given`);
}

function whenPresent(name: string, check: Check): Check {
  return (value, run, place, seen) => !isObject(value) || !Object.hasOwn(value, name) || check(value, run, place, seen);
}
