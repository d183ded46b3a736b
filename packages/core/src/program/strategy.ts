import { PawlError } from '../errors.ts';
import { isKnownText, isPattern, longestPattern } from '../flow/filter-text.ts';
import type { Json, JsonObject } from '../json.ts';
import { isObject } from '../json.ts';
import type { Pattern } from '../schema/pattern.ts';
import { compilePattern } from '../schema/pattern.ts';
import { objectAt } from './compiling.ts';
import type { Expression, Template } from './expression.ts';
import { compileField, compileTemplate } from './expression.ts';

/** Which events are waited for, ready to be matched. */
export interface StrategyNode {
  /** `one` and `any` need one event of any filter, `all` one of each. */
  readonly mode: 'one' | 'any' | 'all';
  readonly filters: readonly FilterNode[];
  /** `any`: goes on until this holds of all that was consumed … */
  readonly until?: Expression;
  /** … or until these have come. */
  readonly untilStrategy?: StrategyNode;
}

/** Which events a filter is met by. */
export interface FilterNode {
  /** Attributes that must have this text. */
  readonly match: { readonly [name: string]: string };
  /** Attributes whose text is known when the listen begins: what they are made of does not hang on the event. */
  readonly fixed: readonly (readonly [name: string, text: Template])[];
  /** Attributes that must match a regular expression. */
  readonly patterns: readonly (readonly [name: string, matches: Pattern])[];
  /** What is asked of each event: a predicate on the attribute, or the value that it must equal. */
  readonly tests: readonly (readonly [name: string, test: Template])[];
  readonly correlate: readonly CorrelationNode[];
}

/** A key that the events of a listen share. */
export interface CorrelationNode {
  readonly key: string;
  /** Made of the whole event. */
  readonly from: Expression;
  /** Fixed when the listen begins; absent: the value of the first event. */
  readonly expect?: Template;
}

/** Compiles a strategy of `listen.to` or `schedule.on`. Throws PAWL_FLOW_INVALID. */
export function compileStrategy(to: JsonObject, variables: readonly string[], where: string): StrategyNode {
  const mode = (['one', 'any', 'all'] as const).find((name) => to[name] !== undefined);
  if (mode === undefined) throw new PawlError('PAWL_FLOW_INVALID', `There must be one, any or all at ${where}.`);
  const given = to[mode];
  const filters = (Array.isArray(given) ? (given as readonly Json[]) : [given]).map((filter, i) =>
    compileFilter(filter, variables, mode === 'one' ? `${where}/one` : `${where}/${mode}/${i}`),
  );
  const { until } = to;
  return {
    mode,
    // Every event meets `any: []`.
    filters: mode === 'any' && filters.length === 0 ? [everything] : filters,
    ...(typeof until === 'string' ? { until: compileField(until, variables, `${where}/until`) } : {}),
    ...(isObject(until) ? { untilStrategy: compileStrategy(until, variables, `${where}/until`) } : {}),
  };
}

/** All filters of a strategy, by their numbers: those of `until` follow its own. */
export function filtersOf(strategy: StrategyNode): readonly FilterNode[] {
  return [...strategy.filters, ...(strategy.untilStrategy?.filters ?? [])];
}

const everything: FilterNode = { match: {}, fixed: [], patterns: [], tests: [], correlate: [] };

function compileFilter(filter: Json | undefined, variables: readonly string[], where: string): FilterNode {
  if (!isObject(filter)) throw new PawlError('PAWL_FLOW_INVALID', `There must be a filter at ${where}.`);
  const match: Record<string, string> = {};
  const fixed: [string, Template][] = [];
  const patterns: [string, Pattern][] = [];
  const tests: [string, Template][] = [];
  for (const [name, value] of Object.entries(objectAt(filter, 'with'))) {
    const at = `${where}/with/${name}`;
    const template = compileTemplate(value, variables, at);
    if (template.kind === 'constant' && typeof template.value === 'string' && isPattern(template.value))
      patterns.push([name, patternOf(template.value, at)]);
    else if (name === 'data') tests.push([name, template]);
    else if (template.kind === 'constant' && attributeText(template.value) !== undefined)
      match[name] = attributeText(template.value) ?? '';
    else if (typeof value === 'string' && isKnownText(value)) fixed.push([name, template]);
    else tests.push([name, template]);
  }
  return { match, fixed, patterns, tests, correlate: compileCorrelation(filter, variables, where) };
}

/** The text of an attribute's value, as filters compare it; undefined: it is none. */
export function attributeText(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function compileCorrelation(filter: JsonObject, variables: readonly string[], where: string): CorrelationNode[] {
  return Object.entries(objectAt(filter, 'correlate')).map(([key, one]) => {
    const at = `${where}/correlate/${key}`;
    const given = isObject(one) ? one : {};
    const { from, expect } = given;
    return {
      key,
      from: compileField(String(from), variables, `${at}/from`),
      ...(expect === undefined ? {} : { expect: compileTemplate(expect, variables, `${at}/expect`) }),
    };
  });
}

function patternOf(source: string, where: string): Pattern {
  const pattern = compilePattern(source, longestPattern);
  if (typeof pattern === 'function') return pattern;
  throw new PawlError('PAWL_FLOW_INVALID', `The regular expression at ${where} ${pattern.message}.`);
}
