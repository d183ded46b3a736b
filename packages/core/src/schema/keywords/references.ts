import type { Json } from '../../json.ts';
import type { Check, Run, Seen } from '../check.ts';
import type { Place } from '../problems.ts';
import { stringKeyword } from './context.ts';
import type { KeywordContext, KeywordFamily, Target } from './context.ts';

/** `$ref` and `$dynamicRef`. */
export const referenceKeywords: KeywordFamily = (context) => [...refCheck(context), ...dynamicRefCheck(context)];

function refCheck(context: KeywordContext): Check[] {
  const reference = stringKeyword(context, '$ref');
  const target = reference === undefined ? null : context.reference('$ref', reference);
  if (target === null) return [];
  if (target.site.resource === context.site.resource)
    return [(value, run, place, seen) => follow(target, value, run, place, seen)];
  return [
    (value, run, place, seen) => {
      run.scope.push(target.site.resource);
      const valid = follow(target, value, run, place, seen);
      run.scope.pop();
      return valid;
    },
  ];
}

function follow(target: Target, value: Json, run: Run, place: Place | null, seen: Seen | null): boolean {
  // What was looked at is not remembered, so a verdict serves only where no one asks for it.
  if (seen === null && typeof value === 'object' && value !== null && run.remembers(place))
    return checkOnce(target, value, run, place);
  return target.check(value, run, place, seen);
}

/** Leads to the outermost schema in force that has the dynamic anchor, if the target itself has it; else a `$ref`. */
function dynamicRefCheck(context: KeywordContext): Check[] {
  const reference = stringKeyword(context, '$dynamicRef');
  const target = reference === undefined ? null : context.reference('$dynamicRef', reference);
  if (reference === undefined || target === null) return [];
  const name = reference.slice(reference.indexOf('#') + 1);
  if (target.site.resource.dynamicAnchors.get(name) !== target.site.pointer)
    return [(value, run, place, seen) => target.check(value, run, place, seen)];
  const targets = context.dynamicTargets(name);
  return [
    (value, run, place, seen) => {
      const resource = run.scope.find((each) => targets.has(each));
      const { check } = (resource === undefined ? undefined : targets.get(resource)) ?? target;
      if (resource !== undefined) run.scope.push(resource);
      const valid = check(value, run, place, seen);
      if (resource !== undefined) run.scope.pop();
      return valid;
    },
  ];
}

/** Applies a schema to an object or list, unless its verdict is remembered. */
function checkOnce(target: Target, value: Json, run: Run, place: Place | null): boolean {
  const known = run.memo.get(target, value);
  if (known?.valid === true || (known !== undefined && place === null)) return known.valid;
  // The same object may stand in two places (YAML aliases); what was found is told only for its own.
  if (known !== undefined && samePlace(known.place, place)) return run.adopt(known.findings);
  const outer = run.findings;
  run.findings = [];
  const valid = target.check(value, run, place, null);
  const { findings } = run;
  run.findings = outer;
  run.memo.set(target, value, { valid, place, findings });
  return valid || run.adopt(findings);
}

function samePlace(a: Place | null, b: Place | null): boolean {
  let [left, right] = [a, b];
  while (left !== right) {
    if (left === null || right === null || left.key !== right.key) return false;
    [left, right] = [left.parent, right.parent];
  }
  return true;
}
