import type { Json } from '../json.ts';
import { listWords, typePhrase, valuePhrase } from './problems.ts';
import type { Finding, Place } from './problems.ts';

/** The choice (`anyOf` or `oneOf`) of which no branch holds. */
export interface Choice {
  readonly place: Place;
  readonly value: Json;
  readonly schemaPath: string;
  readonly keyword: 'anyOf' | 'oneOf';
}

/**
 * What to tell of a choice of which no branch holds: the findings of the branch that the value is meant for, as far as
 * that can be told; one finding that names the alternatives when it cannot.
 */
export function chooseFindings(branches: readonly (readonly Finding[])[], choice: Choice): readonly Finding[] {
  const ranked = branches.map((findings) => ({ findings, rank: rankBranch(findings, choice.place.depth) }));
  const best = ranked.reduce((a, b) => (compareRanks(b.rank, a.rank) > 0 ? b : a));
  if (best.rank.fit === FIT.meant) {
    const equals = ranked.filter((each) => compareRanks(each.rank, best.rank) === 0).map((each) => each.findings);
    return equals.length === 1 ? best.findings : listFindings(equals, choice);
  }
  const equals = ranked.filter((each) => each.rank.fit === best.rank.fit).map((each) => each.findings);
  return equals.length === 1 ? best.findings : (mergeFindings(equals, choice) ?? best.findings);
}

/** More alternatives than a person reads; then the first is told. */
const MAX_ALTERNATIVES = 4;

/** How well a value fits a branch that refuses it. A key with a wrong value shows more intent than none at all. */
const FIT = { otherType: 0, otherValueAndMissing: 1, missing: 2, otherValue: 3, meant: 4 } as const;

interface Rank {
  readonly fit: (typeof FIT)[keyof typeof FIT];
  /** Findings at the value itself or its members; fewer is nearer. */
  readonly near: number;
  /** Depth of the deepest finding; deeper is nearer. */
  readonly depth: number;
}

function rankBranch(findings: readonly Finding[], depth: number): Rank {
  const misfits = new Set(findings.map((finding) => misfitOf(finding, depth)));
  return {
    fit: fitOf(misfits),
    near: findings.filter((finding) => finding.place.depth <= depth + 1).length,
    depth: Math.max(0, ...findings.map((finding) => finding.place.depth)),
  };
}

function fitOf(misfits: ReadonlySet<Finding['misfit']>): Rank['fit'] {
  if (misfits.has('type')) return FIT.otherType;
  if (misfits.has('missing')) return misfits.has('value') ? FIT.otherValueAndMissing : FIT.missing;
  return misfits.has('value') ? FIT.otherValue : FIT.meant;
}

/** A wrong type, a wrong `const` or a missing name says that a branch is not meant only next to the value itself. */
function misfitOf({ misfit, place }: Finding, depth: number): Finding['misfit'] {
  return place.depth <= depth + (misfit === 'type' ? 0 : 1) ? misfit : undefined;
}

function compareRanks(a: Rank, b: Rank): number {
  return a.fit - b.fit || b.near - a.near || a.depth - b.depth;
}

/** One finding for branches that fit equally badly; null when they have nothing in common. */
function mergeFindings(branches: readonly (readonly Finding[])[], choice: Choice): readonly Finding[] | null {
  const misfits = branches.map((findings) =>
    findings.find((finding) => misfitOf(finding, choice.place.depth) !== undefined),
  );
  const [first] = misfits;
  if (first?.misfit === undefined || misfits.some((each) => each?.misfit !== first.misfit)) return null;
  const expected = [...new Set(misfits.flatMap((each) => each?.expected ?? []))];
  if (expected.length === 0) return null;
  const { place, value, schemaPath, keyword } = choice;
  const common = { schemaPath, keyword, misfit: first.misfit, expected };
  if (first.misfit === 'type')
    return [
      {
        ...common,
        place,
        message: `must be ${listWords(expected.map(typePhrase), 'or')}, but is ${valuePhrase(value)}`,
      },
    ];
  if (first.misfit === 'value') {
    if (misfits.some((each) => each?.place.key !== first.place.key || each.place.depth !== first.place.depth))
      return null;
    return [{ ...common, place: first.place, message: `is not one of ${listWords(expected, 'or')}` }];
  }
  if (expected.length === 1) return [first];
  return [
    {
      ...common,
      place,
      message: `needs one of ${listWords(
        expected.map((name) => JSON.stringify(name)),
        'or',
      )}`,
    },
  ];
}

/** One finding for branches that the value is meant for equally well: what each of them asks for becomes the hint. */
function listFindings(
  branches: readonly (readonly Finding[])[],
  { place, schemaPath, keyword }: Choice,
): readonly Finding[] {
  const firsts = branches.flatMap((findings) => findings.slice(0, 1));
  const [first] = firsts;
  if (firsts.length > MAX_ALTERNATIVES || firsts.some((each) => each.place.depth !== place.depth))
    return branches[0] ?? [];
  // The hint of a pattern or a format says what is wanted better than "does not match" does.
  const wishes = [...new Set(firsts.map((each) => each.hint ?? `it ${each.message}`))];
  if (first === undefined || wishes.length === 1) return branches[0] ?? [];
  return [
    {
      place,
      schemaPath,
      keyword,
      message: `fits none of the ${branches.length} forms that are allowed here`,
      hint: `One form each: ${wishes.join('; or: ')}`,
    },
  ];
}
