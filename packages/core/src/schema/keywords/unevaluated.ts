import { isObject } from '../../json.ts';
import type { Json } from '../../json.ts';
import { Seen } from '../check.ts';
import type { Check, Run } from '../check.ts';
import { below } from '../problems.ts';
import type { Place } from '../problems.ts';
import { own } from '../refs.ts';
import { hasApplicator } from './applicators.ts';
import { schemaKeyword } from './context.ts';
import type { KeywordContext } from './context.ts';
import { unevaluatedIsAdditional, unknownMember } from './objects.ts';

/** Applies a schema to what its other keywords have not looked at. The check is the whole schema's. */
export type Unevaluated = (rest: Check) => Check;

/**
 * `unevaluatedProperties` and `unevaluatedItems`, which judge after all other keywords of the schema; null when the
 * schema has neither.
 */
export function unevaluatedKeywords(context: KeywordContext): Unevaluated | null {
  const properties = unevaluatedProperties(context);
  const items = unevaluatedItems(context);
  if (properties === null && items === null) return null;
  return (others) => (value, run, place, seen) => {
    if (typeof value !== 'object' || value === null) return others(value, run, place, seen);
    const here = new Seen();
    const valid = others(value, run, place, here);
    if (!valid && place === null) return false;
    // What a refused branch would have looked at is unknown; to call it unknown members would only mislead.
    if (!valid && hasApplicator(context)) return false;
    const rest = isObject(value) ? properties : items;
    const restValid = rest === null || rest(value, run, place, here);
    seen?.merge(here);
    return valid && restValid;
  };
}

type RestCheck = (value: Json, run: Run, place: Place | null, here: Seen) => boolean;

function unevaluatedProperties(context: KeywordContext): RestCheck | null {
  const keyword = 'unevaluatedProperties';
  const compiled = unevaluatedIsAdditional(context) ? undefined : schemaKeyword(context, keyword);
  if (compiled === undefined) return null;
  const known = Object.keys(own(context.schema, 'properties') ?? {});
  const check =
    own(context.schema, keyword) === false ? unknownMember(context.pathOf(keyword), keyword, known) : compiled;
  return (value, run, place, here) => {
    if (!isObject(value) || here.everyProperty) return true;
    const keys = Object.keys(value);
    run.descend(keys.length, place);
    let valid = true;
    for (const key of keys) {
      if (here.hasProperty(key) || check(value[key] as Json, run, below(place, key), null)) continue;
      valid = false;
      if (place === null) break;
    }
    run.ascend();
    here.everyProperty = true;
    return valid;
  };
}

function unevaluatedItems(context: KeywordContext): RestCheck | null {
  const keyword = 'unevaluatedItems';
  const compiled = schemaKeyword(context, keyword);
  if (compiled === undefined) return null;
  const check = own(context.schema, keyword) === false ? unexpectedItem(context.pathOf(keyword)) : compiled;
  return (value, run, place, here) => {
    if (!Array.isArray(value) || here.everyItem) return true;
    run.descend(value.length, place);
    let valid = true;
    for (let index = 0; index < value.length; index++) {
      if (here.hasItem(index) || check(value[index] as Json, run, below(place, index), null)) continue;
      valid = false;
      if (place === null || run.isFull()) break;
    }
    run.ascend();
    here.everyItem = true;
    return valid;
  };
}

function unexpectedItem(schemaPath: string): Check {
  return (_, run, place) =>
    run.fail(place, () => ({ schemaPath, keyword: 'unevaluatedItems', message: 'is one item too many for this list' }));
}
