import type { Json } from '../json.ts';
import type { Template, Variables } from '../program/expression.ts';
import { evaluateTemplate, variablesOf } from '../program/expression.ts';
import { fault, FlowFault } from '../program/fault.ts';
import { reconcile, showMarks } from './marks.ts';
import type { SecretMarks } from './variable.ts';
import { touched } from './variable.ts';

/**
 * The value of a template whose result goes straight to the wire, so that it may name secrets: marks stand in their
 * places. It is evaluated once with each form of the marks. What is a mark in both came from the program; what only
 * looks like one came with the data, and is refused: nobody gets a secret sent by writing its mark into an input.
 */
export function evaluateWithSecrets(
  template: Template,
  input: Json,
  variables: Variables,
  declared: readonly string[],
): Json {
  if (!namesSecrets(template)) return evaluateTemplate(template, input, variables);
  try {
    const [first, second] = (['first', 'second'] as const).map((form) =>
      evaluateTemplate(template, input, withMarks(variables, { declared, form })),
    ) as [Json, Json];
    const problem = reconcile(first, second);
    if (problem === undefined) return first;
    throw fault('expression', problem === 'touched' ? touched : forged);
  } catch (error) {
    if (!(error instanceof FlowFault) || error.error.detail === undefined) throw error;
    throw new FlowFault({ ...error.error, detail: showMarks(error.error.detail) });
  }
}

const forged =
  'The data holds characters that Pawl reserves for marking secrets (U+FDD0 to U+FDD5), so it is not sent along with a secret.';

const naming = new WeakMap<Template, boolean>();

/** Whether a template names secrets; remembered, as every step that sends something asks. */
export function namesSecrets(template: Template): boolean {
  const known = naming.get(template);
  if (known !== undefined) return known;
  const found = variablesOf(template).includes('secrets');
  naming.set(template, found);
  return found;
}

function withMarks(variables: Variables, marks: SecretMarks): Variables {
  return { get: (name) => variables.get(name), now: variables.now, secrets: marks };
}
