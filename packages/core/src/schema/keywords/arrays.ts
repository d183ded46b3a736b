import type { Json } from '../../json.ts';
import { acceptAll } from '../check.ts';
import type { Check, Run, Seen } from '../check.ts';
import { findDuplicate } from '../equal.ts';
import { below, countOf } from '../problems.ts';
import type { Place } from '../problems.ts';
import { own } from '../refs.ts';
import { countKeyword, schemaKeyword, schemaList } from './context.ts';
import type { KeywordContext, KeywordFamily } from './context.ts';

/** The keywords of lists, without `unevaluatedItems`. */
export const arrayKeywords: KeywordFamily = (context) => [
  ...sizeChecks(context),
  ...itemsCheck(context),
  ...containsCheck(context),
  ...uniqueCheck(context),
];

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function sizeChecks(context: KeywordContext): Check[] {
  const checks: Check[] = [];
  const add = (keyword: string, holds: (size: number, bound: number) => boolean, phrase: string): void => {
    const bound = countKeyword(context, keyword);
    if (bound === undefined) return;
    const schemaPath = context.pathOf(keyword);
    checks.push(
      (value, run, place) =>
        !isList(value) ||
        holds(value.length, bound) ||
        run.fail(place, () => ({
          schemaPath,
          keyword,
          message: `must have ${phrase} ${countOf(bound, 'item')}, but has ${value.length}`,
        })),
    );
  };
  add('minItems', (size, bound) => size >= bound, 'at least');
  add('maxItems', (size, bound) => size <= bound, 'at most');
  return checks;
}

type ListCheck = (value: readonly Json[], run: Run, place: Place | null, seen: Seen | null) => boolean;

function descending(check: ListCheck): Check {
  return (value, run, place, seen) => {
    if (!isList(value)) return true;
    run.descend(value.length, place);
    const valid = check(value, run, place, seen);
    run.ascend();
    return valid;
  };
}

/** `prefixItems` and `items` in one pass over the list. */
function itemsCheck(context: KeywordContext): Check[] {
  if (Array.isArray(own(context.schema, 'items'))) {
    context.complain(
      'items',
      'must be one schema for all items',
      'For a schema per position, use "prefixItems" (older drafts wrote a list in "items").',
    );
    return [];
  }
  const prefix = schemaList(context, 'prefixItems') ?? [];
  const items = schemaKeyword(context, 'items');
  if (prefix.length === 0 && items === undefined) return [];
  const pathOfItems = context.pathOf('items');
  const refuseRest = own(context.schema, 'items') === false && prefix.length > 0;
  const rest = refuseRest ? tooMany(pathOfItems, prefix.length) : (items ?? acceptAll);
  return [
    descending((value, run, place, seen) => {
      if (seen !== null) {
        if (items !== undefined) seen.everyItem = true;
        else seen.prefix = Math.max(seen.prefix, prefix.length);
      }
      const end = items === undefined ? Math.min(prefix.length, value.length) : value.length;
      let valid = true;
      for (let index = 0; index < end; index++) {
        const check = prefix[index] ?? rest;
        if (check(value[index] as Json, run, below(place, index), null)) continue;
        if (place === null || run.isFull()) return false;
        valid = false;
      }
      return valid;
    }),
  ];
}

function tooMany(schemaPath: string, length: number): Check {
  return (_, run, place) =>
    run.fail(place, () => ({
      schemaPath,
      keyword: 'items',
      message: `is one item too many: this list has at most ${countOf(length, 'item')}`,
    }));
}

function containsCheck(context: KeywordContext): Check[] {
  // Both bounds are judged even without `contains`, where they have no effect.
  const min = countKeyword(context, 'minContains') ?? 1;
  const max = countKeyword(context, 'maxContains') ?? Number.POSITIVE_INFINITY;
  const check = schemaKeyword(context, 'contains');
  if (check === undefined) return [];
  const [minKeyword, minPath] =
    own(context.schema, 'minContains') === undefined
      ? ['contains', context.pathOf('contains')]
      : ['minContains', context.pathOf('minContains')];
  const maxPath = context.pathOf('maxContains');
  return [
    descending((value, run, place, seen) => {
      let count = 0;
      for (let index = 0; index < value.length; index++) {
        if (!check(value[index] as Json, run, null, null)) continue;
        count++;
        seen?.addItem(index);
        // Nobody asks which items match, and the verdict is known: there are enough, and no number is too many.
        if (seen === null && count >= min && max === Number.POSITIVE_INFINITY) return true;
      }
      if (count < min)
        return run.fail(place, () => ({
          schemaPath: minPath,
          keyword: minKeyword,
          message: `must contain at least ${countOf(min, 'item')} of the kind that is asked for, but has ${count}`,
        }));
      if (count > max)
        return run.fail(place, () => ({
          schemaPath: maxPath,
          keyword: 'maxContains',
          message: `must contain at most ${countOf(max, 'item')} of the kind that is limited, but has ${count}`,
        }));
      return true;
    }),
  ];
}

function uniqueCheck(context: KeywordContext): Check[] {
  const unique = own(context.schema, 'uniqueItems');
  if (unique !== undefined && typeof unique !== 'boolean') context.complain('uniqueItems', 'must be true or false');
  if (unique !== true) return [];
  const schemaPath = context.pathOf('uniqueItems');
  return [
    descending((value, run, place) => {
      const pair = findDuplicate(value, run);
      if (pair === null) return true;
      const [first, second] = pair;
      return run.fail(place, () => ({
        schemaPath,
        keyword: 'uniqueItems',
        message: `must not have the same item twice, but items ${first + 1} and ${second + 1} are equal`,
      }));
    }),
  ];
}
