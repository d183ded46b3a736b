import { PawlError } from '../errors.ts';
import type { Duration } from '../flow/duration.ts';
import { addDuration as add, parseDuration } from '../flow/duration.ts';
import type { Json } from '../json.ts';
import type { Template, Variables } from './expression.ts';
import { compileTemplate, evaluateTemplate } from './expression.ts';
import { fault, shown } from './fault.ts';

/** A duration of a flow: known, or an expression that gives one. */
export type DurationValue = { readonly fixed: Duration } | { readonly template: Template };

/** Compiles a duration. Throws PAWL_FLOW_INVALID. */
export function compileDuration(value: Json, variables: readonly string[], where: string): DurationValue {
  const fixed = parseDuration(value);
  if (fixed !== undefined) return { fixed };
  const template = compileTemplate(value, variables, where);
  if (template.kind === 'constant')
    throw new PawlError(
      'PAWL_FLOW_INVALID',
      `The duration at ${where} is neither ISO 8601 (such as PT30S) nor an object such as {seconds: 30}.`,
    );
  return { template };
}

/** The moment (ms) that lies a duration after another. */
export function addDuration(duration: DurationValue, from: number, input: Json, variables: Variables): number {
  if ('fixed' in duration) return add(from, duration.fixed);
  const value = evaluateTemplate(duration.template, input, variables);
  const parsed = parseDuration(value);
  if (parsed === undefined)
    throw fault(
      'expression',
      `A duration must be ISO 8601 (such as PT30S) or an object such as {seconds: 30}, but is ${shown(value)}.`,
    );
  return add(from, parsed);
}
