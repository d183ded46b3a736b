import type { Json } from '../../json.ts';
import type { Variables } from '../../program/expression.ts';
import { evaluateTemplate } from '../../program/expression.ts';
import { fault, shown } from '../../program/fault.ts';
import type { FilterNode, StrategyNode } from '../../program/strategy.ts';
import { attributeText, filtersOf } from '../../program/strategy.ts';
import type { FilterTerms } from '../../state/events.ts';

/**
 * What the filters of a strategy ask for by expressions that do not hang on the event, evaluated once on the input of the
 * step; undefined: nothing. Raises `expression` where one gives nothing to compare with.
 */
export function termsOf(strategy: StrategyNode, input: Json, variables: Variables): readonly FilterTerms[] | undefined {
  const terms = filtersOf(strategy).map((filter) => termsOfFilter(filter, input, variables));
  return terms.every((one) => Object.keys(one).length === 0) ? undefined : terms;
}

/** The literal attributes that an event must have to meet a filter. */
export function matchOf(filter: FilterNode, terms: FilterTerms | undefined): { readonly [name: string]: string } {
  return terms?.match === undefined ? filter.match : { ...filter.match, ...terms.match };
}

function termsOfFilter(filter: FilterNode, input: Json, variables: Variables): FilterTerms {
  const match: Record<string, string> = {};
  for (const [name, template] of filter.fixed) {
    const value = evaluateTemplate(template, input, variables);
    const text = attributeText(value);
    if (text === undefined)
      throw fault(
        'expression',
        `\`${name}\` of an event filter must be a text, a number or a boolean, but is ${shown(value)}.`,
      );
    match[name] = text;
  }
  const expect: Record<string, Json> = {};
  for (const one of filter.correlate) {
    if (one.expect === undefined || one.expect.kind === 'constant') continue;
    const value = evaluateTemplate(one.expect, input, variables);
    if (value === null)
      throw fault('expression', `\`expect\` of the correlation \`${one.key}\` gave null, which no event has.`);
    expect[one.key] = value;
  }
  return {
    ...(filter.fixed.length === 0 ? {} : { match }),
    ...(Object.keys(expect).length === 0 ? {} : { expect }),
  };
}
