/** A name of jq that expressions do not have, with what to say about it. */
export interface Exclusion {
  readonly message: string;
  readonly hint: string;
}

const OUTSIDE = 'Expressions see their input and their variables, and nothing else.';
const ONE_INPUT = 'An expression has one input: use . for it.';
const ENVIRONMENT = 'Pass what the expression needs as a variable.';

const EXCLUDED: ReadonlyMap<string, string> = new Map([
  ['env', ENVIRONMENT],
  ['$ENV', ENVIRONMENT],
  ['input', ONE_INPUT],
  ['inputs', ONE_INPUT],
  ['input_filename', ONE_INPUT],
  ['$__prog_args', ENVIRONMENT],
  ['halt', 'Use error(…) to fail.'],
  ['halt_error', 'Use error(…) to fail.'],
  ['modulemeta', 'Write the definitions in the expression itself.'],
  ['get_search_list', OUTSIDE],
  ['get_prog_origin', OUTSIDE],
  ['get_jq_origin', OUTSIDE],
  ['exec', OUTSIDE],
  ['system', OUTSIDE],
]);

/** Why a name of jq is left out, or undefined when it is not one that is. */
export function exclusionOf(name: string): Exclusion | undefined {
  const hint = EXCLUDED.get(name);
  return hint === undefined ? undefined : { message: `${name} is not available in expressions`, hint };
}
