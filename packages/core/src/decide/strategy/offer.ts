import type { Json, JsonObject } from '../../json.ts';
import { canonicalJson } from '../../json.ts';
import type { Template, Variables } from '../../program/expression.ts';
import { evaluate, evaluateTemplate } from '../../program/expression.ts';
import { FlowFault } from '../../program/fault.ts';
import type { CorrelationNode, FilterNode, StrategyNode } from '../../program/strategy.ts';
import { attributeText } from '../../program/strategy.ts';
import type { FilterTerms } from '../../state/events.ts';

/** How far a strategy has come: part of what a listening step or a schedule keeps. */
export interface Progress {
  readonly terms?: readonly FilterTerms[];
  /** Numbers of the filters that an event has met. */
  readonly met: readonly number[];
  /** Correlation keys and the values that they have. */
  readonly bound: { readonly [key: string]: Json };
}

/**
 * What becomes of an event. `taken`: it is one of those waited for. `later`: it is not wanted now, as its filter was met
 * before or it belongs to another correlation, but another listen like this may want it. `refused`: it meets no filter.
 */
export type Verdict =
  | {
      readonly kind: 'taken';
      /** Number of the filter that it meets. */
      readonly filter: number;
      /** It belongs to `until`, hence not to what the listen gives. */
      readonly until: boolean;
      /** Correlation keys that have a value now. */
      readonly bound?: { readonly [key: string]: Json };
      /** The strategy wants no more events; an `until` expression is the caller's to ask. */
      readonly last: boolean;
    }
  | { readonly kind: 'later' }
  | { readonly kind: 'refused' };

/** Offers an event to a strategy. `variables`: what its expressions see besides the event. */
export function offer(strategy: StrategyNode, has: Progress, event: JsonObject, variables: Variables): Verdict {
  const { untilStrategy: until } = strategy;
  const base = strategy.filters.length;
  const ending = until === undefined ? refused : offerTo(until, base, has, event, variables);
  if (ending.kind === 'taken') return { ...ending, until: true };
  const own = offerTo(strategy, 0, has, event, variables);
  if (own.kind !== 'taken') return ending.kind === 'later' ? ending : own;
  return { ...own, last: own.last && until === undefined && strategy.until === undefined };
}

/** Whether a strategy waits for nothing. */
export function isMet(strategy: StrategyNode): boolean {
  const { mode, filters } = strategy.untilStrategy ?? strategy;
  return mode === 'all' && filters.length === 0;
}

const refused: Verdict = { kind: 'refused' };
const later: Verdict = { kind: 'later' };

function offerTo(
  strategy: StrategyNode,
  base: number,
  has: Progress,
  event: JsonObject,
  variables: Variables,
): Verdict {
  let otherwise: Verdict = refused;
  for (const [i, filter] of strategy.filters.entries()) {
    const number = base + i;
    const terms = has.terms?.[number];
    if (!meets(filter, terms, event, variables)) continue;
    const bound = correlate(filter, terms, has, event, variables);
    if (bound === 'refused') continue;
    if (bound === 'later' || (strategy.mode === 'all' && has.met.includes(number))) {
      otherwise = later;
      continue;
    }
    const last = strategy.mode !== 'all' || strategy.filters.every((_, j) => j === i || has.met.includes(base + j));
    return {
      ...{ kind: 'taken', filter: number, until: false, last },
      ...(Object.keys(bound).length === 0 ? {} : { bound }),
    };
  }
  return otherwise;
}

function meets(filter: FilterNode, terms: FilterTerms | undefined, event: JsonObject, variables: Variables): boolean {
  for (const wanted of [filter.match, terms?.match ?? {}]) {
    for (const name of Object.keys(wanted)) if (attributeText(valueOf(event, name)) !== wanted[name]) return false;
  }
  for (const [name, matches] of filter.patterns) {
    const text = attributeText(valueOf(event, name));
    if (text === undefined || !matches(text)) return false;
  }
  return filter.tests.every(([name, test]) => passes(test, valueOf(event, name) ?? null, variables));
}

/** A boolean of an expression is its verdict; anything else is what the attribute must equal. One that fails refuses the event. */
function passes(test: Template, value: Json, variables: Variables): boolean {
  try {
    const wanted = evaluateTemplate(test, value, variables);
    return test.kind === 'expression' && typeof wanted === 'boolean' ? wanted : sameValue(wanted, value);
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    return false;
  }
}

/**
 * The correlation keys that the event gives a value to. `later`: it belongs to another correlation. `refused`: to none that
 * this filter could ever have.
 */
function correlate(
  filter: FilterNode,
  terms: FilterTerms | undefined,
  has: Progress,
  event: JsonObject,
  variables: Variables,
): Record<string, Json> | 'later' | 'refused' {
  const bound: Record<string, Json> = {};
  for (const one of filter.correlate) {
    const value = extract(one, event, variables);
    const known = Object.hasOwn(has.bound, one.key) ? has.bound[one.key] : undefined;
    const constant = constantOf(one);
    const expected = constant ?? terms?.expect?.[one.key] ?? known;
    if (value === null || (constant !== undefined && !sameValue(value, constant))) return 'refused';
    if (expected !== undefined && !sameValue(value, expected)) return 'later';
    if (known === undefined) bound[one.key] = value;
  }
  return bound;
}

function extract(one: CorrelationNode, event: JsonObject, variables: Variables): Json {
  try {
    return evaluate(one.from, event, variables);
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    return null;
  }
}

function constantOf({ expect }: CorrelationNode): Json | undefined {
  return expect?.kind === 'constant' ? expect.value : undefined;
}

function valueOf(event: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(event, name) ? event[name] : undefined;
}

/** Whether two values are the same; of texts, numbers and booleans their text is compared, as attributes have no other type. */
function sameValue(a: Json, b: Json): boolean {
  const text = attributeText(a);
  if (text !== undefined) return text === attributeText(b);
  return canonicalJson(a) === canonicalJson(b);
}
