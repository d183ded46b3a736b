import { compile, JqLimitError, JqSyntaxError } from '@pawl/jq';

/** A jq program that compiles, with the variables it reads; or why it does not, and where (UTF-16 offset in its source). */
export type ProgramCheck =
  | { readonly ok: true; readonly variables: readonly string[] }
  | { readonly ok: false; readonly message: string; readonly offset: number; readonly hint: string | undefined };

/** Compiles a jq program that may use these variables (named without `$`). */
export function checkProgram(source: string, variables: readonly string[]): ProgramCheck {
  try {
    return { ok: true, variables: compile(source, { variables }).variables };
  } catch (error) {
    if (error instanceof JqLimitError)
      return { ok: false, message: error.message, offset: 0, hint: 'split the expression over several steps' };
    if (!(error instanceof JqSyntaxError)) throw error;
    return { ok: false, message: error.message, offset: error.position.offset, hint: error.hint };
  }
}
