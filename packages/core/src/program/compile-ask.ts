import { PawlError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { compileTemplate, variablesOf } from './expression.ts';
import type { AskBody } from './nodes.ts';

/** Compiles `call: ask`. Throws PAWL_FLOW_INVALID where it would show a secret. */
export function compileAsk(task: JsonObject, variables: readonly string[], at: string): AskBody {
  const args = compileTemplate(task['with'] ?? {}, variables, `${at}/with`);
  if (variablesOf(args).includes('secrets'))
    throw new PawlError(
      'PAWL_FLOW_INVALID',
      `The question at ${at} names a secret, and a question is shown to people.`,
    );
  return { kind: 'ask', args };
}
