import { PawlError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import { isObject } from '../json.ts';
import type { Validator } from '../schema/index.ts';
import { compileSchema } from '../schema/index.ts';
import { fault } from './fault.ts';

/** A schema at a boundary of a flow. */
export type SchemaCheck = Validator;

/** Compiles an inline schema (`{document}`). Throws PAWL_FLOW_INVALID. */
export function compileSchemaOf(schema: Json | undefined, where: string): SchemaCheck | undefined {
  if (!isObject(schema)) return undefined;
  const document: Json | undefined = (schema as JsonObject)['document'];
  if (document === undefined)
    throw new PawlError(
      'PAWL_FLOW_INVALID',
      `The schema at ${where} names an external resource, which this version of Pawl does not load.`,
    );
  const compiled = compileSchema(document);
  if (compiled.ok) return compiled.value;
  const [first] = compiled.problems;
  throw new PawlError(
    'PAWL_FLOW_INVALID',
    `The schema at ${where} is not valid: ${first?.path ?? ''} ${first?.message ?? ''}`,
  );
}

/** Raises a `validation` error that names each problem, at most five of them. */
export function checkSchema(schema: SchemaCheck, value: Json, what: string): void {
  if (schema.accepts(value)) return;
  const problems = schema.validate(value);
  const shown = problems
    .slice(0, 5)
    .map((problem) => `${problem.path === '' ? 'it' : problem.path} ${problem.message}`);
  const more = problems.length > 5 ? ` (and ${problems.length - 5} more)` : '';
  throw fault('validation', `${what} does not match its schema: ${shown.join('; ')}${more}.`);
}
