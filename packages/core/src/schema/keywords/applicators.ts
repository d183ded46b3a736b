import type { Json } from '../../json.ts';
import { chooseFindings } from '../branches.ts';
import { Seen, acceptAll } from '../check.ts';
import type { Check, Run } from '../check.ts';
import { listWords } from '../problems.ts';
import type { Finding, Place } from '../problems.ts';
import { own } from '../refs.ts';
import { schemaKeyword, schemaList } from './context.ts';
import type { KeywordContext, KeywordFamily } from './context.ts';

/** `allOf`, `anyOf`, `oneOf`, `not` and `if`: schemas applied to the same value. */
export const applicatorKeywords: KeywordFamily = (context) => [
  ...(schemaList(context, 'allOf') ?? []),
  ...anyOfCheck(context),
  ...oneOfCheck(context),
  ...notCheck(context),
  ...ifCheck(context),
];

function anyOfCheck(context: KeywordContext): Check[] {
  const branches = schemaList(context, 'anyOf');
  if (branches === undefined) return [];
  const schemaPath = context.pathOf('anyOf');
  return [
    (value, run, place, seen) => {
      if (seen === null && branches.some((branch) => branch(value, run, null, null))) return true;
      if (seen === null && place === null) return false;
      const { held, refused } = tryBranches(branches, value, run, place, seen);
      if (held.length > 0) return true;
      return place !== null && run.adopt(chooseFindings(refused, { place, value, schemaPath, keyword: 'anyOf' }));
    },
  ];
}

function oneOfCheck(context: KeywordContext): Check[] {
  const branches = schemaList(context, 'oneOf');
  if (branches === undefined) return [];
  const schemaPath = context.pathOf('oneOf');
  return [
    (value, run, place, seen) => {
      if (place === null && seen === null) return holdsOnce(branches, value, run);
      const { held, refused } = tryBranches(branches, value, run, place, seen);
      if (held.length === 1) return true;
      if (place === null) return false;
      if (held.length === 0) return run.adopt(chooseFindings(refused, { place, value, schemaPath, keyword: 'oneOf' }));
      const numbers = listWords(
        held.map((index) => `${index + 1}`),
        'and',
      );
      return run.fail(place, () => ({
        schemaPath,
        keyword: 'oneOf',
        message: `fits more than one of the forms that exclude each other (forms ${numbers})`,
      }));
    },
  ];
}

function holdsOnce(branches: readonly Check[], value: Json, run: Run): boolean {
  let held = false;
  for (const branch of branches) {
    if (!branch(value, run, null, null)) continue;
    if (held) return false;
    held = true;
  }
  return held;
}

interface Trial {
  /** Indexes of the branches that hold; what they looked at is noted. */
  readonly held: readonly number[];
  /** The findings of the others. */
  readonly refused: readonly (readonly Finding[])[];
}

/** Tries every branch by itself: its findings are kept apart, and only a branch that holds adds to `seen`. */
function tryBranches(branches: readonly Check[], value: Json, run: Run, place: Place | null, seen: Seen | null): Trial {
  const held: number[] = [];
  const refused: (readonly Finding[])[] = [];
  const outer = run.findings;
  for (const [index, branch] of branches.entries()) {
    run.findings = [];
    const branchSeen = seen === null ? null : new Seen();
    if (branch(value, run, place, branchSeen)) {
      held.push(index);
      if (branchSeen !== null) seen?.merge(branchSeen);
    } else refused.push(run.findings);
  }
  run.findings = outer;
  return { held, refused };
}

function notCheck(context: KeywordContext): Check[] {
  const check = schemaKeyword(context, 'not');
  if (check === undefined) return [];
  const schemaPath = context.pathOf('not');
  return [
    (value, run, place) =>
      !check(value, run, null, null) ||
      run.fail(place, () => ({
        schemaPath,
        keyword: 'not',
        message: 'has a form that is not allowed here',
        misfit: 'value',
      })),
  ];
}

function ifCheck(context: KeywordContext): Check[] {
  const condition = schemaKeyword(context, 'if');
  const then = schemaKeyword(context, 'then') ?? acceptAll;
  const otherwise = schemaKeyword(context, 'else') ?? acceptAll;
  if (condition === undefined) return [];
  return [
    (value, run, place, seen) => {
      const conditionSeen = seen === null ? null : new Seen();
      if (!condition(value, run, null, conditionSeen)) return otherwise(value, run, place, seen);
      if (conditionSeen !== null) seen?.merge(conditionSeen);
      return then(value, run, place, seen);
    },
  ];
}

/** Whether a schema applies others to the same value, so that what they looked at counts for the unevaluated keywords. */
export function hasApplicator(context: KeywordContext): boolean {
  return ['$ref', '$dynamicRef', 'allOf', 'anyOf', 'oneOf', 'if', 'dependentSchemas', 'dependencies'].some(
    (keyword) => own(context.schema, keyword) !== undefined,
  );
}
