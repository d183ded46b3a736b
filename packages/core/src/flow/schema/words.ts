import type { Problem } from '../../result.ts';
import type { SchemaProblem } from '../../schema/index.ts';

/** A refusal by the schema as a problem of the flow. `base` is where the checked part stands in the document. */
export function schemaProblem(problem: SchemaProblem, base: string): Problem {
  const special = wordsOf(problem);
  const path = base + problem.path;
  const hint = special?.hint ?? problem.hint;
  const told: Problem = {
    // A bound of the validator is no verdict of the official schema.
    code: problem.keyword === 'limit' ? 'PAWL_FLOW_TOO_LARGE' : `PAWL_FLOW_SCHEMA_${codes[problem.keyword] ?? 'VALUE'}`,
    severity: 'error',
    path,
    message: `${subject(path)} ${special?.message ?? problem.message}.`,
  };
  return hint === undefined ? told : { ...told, hint };
}

const codes: Readonly<Record<string, string>> = {
  required: 'MISSING',
  dependentRequired: 'MISSING',
  additionalProperties: 'UNKNOWN',
  type: 'TYPE',
  oneOf: 'FORM',
  anyOf: 'FORM',
  pattern: 'TEXT',
  format: 'TEXT',
};

const addressHint =
  'write an address without spaces, with {name} for a member of the input, or one expression: ${ "https://host/\\(.id)" }';

/** Definitions whose refusals are told as a whole: which part of a pattern fails helps nobody. */
const whole: readonly { readonly definition: string; readonly message: string; readonly hint: string }[] = [
  {
    definition: 'duration',
    message: 'is not a duration',
    hint: 'write PT30S for 30 seconds, PT5M for 5 minutes, P1D for a day, or an object such as {minutes: 5} of whole numbers',
  },
  {
    definition: 'endpoint',
    message: 'is not an address',
    hint: addressHint,
  },
  { definition: 'uriOrExpression', message: 'is not an address (URI)', hint: addressHint },
  { definition: 'uriTemplate', message: 'is not an address (URI)', hint: addressHint },
  { definition: 'version', message: 'is not a version', hint: "write three numbers in quotes, as in '1.0.0'" },
  {
    definition: 'label',
    message: 'is not a name',
    hint: 'use up to 63 letters, digits and hyphens, with a letter or digit at both ends',
  },
  { definition: 'expression', message: 'is not an expression', hint: 'write ${ … } around it' },
];

function wordsOf({ schemaPath, path, keyword, message }: SchemaProblem): { message: string; hint: string } | undefined {
  if (keyword === 'type' && /\/(do|try|branches)$/.test(path))
    return { message, hint: 'put a dash before each task: - name:' };
  const found = whole.find(({ definition }) => schemaPath.includes(`/$defs/${definition}/`));
  // Of the forms of an address the schema may tell of the expression alone.
  if (found?.definition === 'expression' && /\/(endpoint|uri|type|source|dataschema)$/.test(path))
    return { message: 'is not an address (URI)', hint: addressHint };
  // Inside the object forms, a missing or unknown member is told as such.
  const inner = ['required', 'additionalProperties', 'limit'].includes(keyword) || path.endsWith('/authentication');
  return inner ? undefined : found;
}

/** What a pointer names, as the beginning of a sentence. */
function subject(path: string): string {
  const segments = path
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = segments.at(-1);
  if (last === undefined) return 'The document';
  return /^\d+$/.test(last) && segments.length > 1 ? `Item ${Number(last) + 1} of ${segments.at(-2)}` : last;
}
