import type { CompiledFlow, Json, Limits } from '@pawl/core';
import { fitsShape, PawlError } from '@pawl/core';

/** Deepest nesting of an input: those who read it may recurse. */
export const inputDepth = 512;

/** Checks an input before anything is started. Throws PAWL_TOO_LARGE, or PAWL_INPUT_INVALID with `problems` in its `extra`. */
export function checkInput(input: Json, flow: CompiledFlow, limits: Limits): void {
  const text = textOf(input);
  if (text === undefined || !fitsShape(text, { depth: inputDepth, values: Number.POSITIVE_INFINITY })) {
    throw new PawlError('PAWL_INPUT_INVALID', `The input is nested more than ${inputDepth} levels deep.`);
  }
  const characters = text.length;
  if (characters > limits.valueCharacters) {
    throw new PawlError(
      'PAWL_TOO_LARGE',
      `The input has ${characters} characters of JSON; a run takes at most ${limits.valueCharacters}.`,
    );
  }
  const problems = flow.inputSchema?.validate(input) ?? [];
  if (problems.length === 0) return;
  const shown = problems.map(({ path, message }) => `${path === '' ? 'it' : path} ${message}`);
  throw new PawlError('PAWL_INPUT_INVALID', `The input does not match the flow's schema: ${shown.join('; ')}.`, {
    extra: {
      problems: problems.map(({ path, message, hint }) => ({ path, message, ...(hint === undefined ? {} : { hint }) })),
    },
  });
}

/** The value as JSON; undefined where it is nested so deep that even its text cannot be made. */
function textOf(input: Json): string | undefined {
  try {
    return JSON.stringify(input);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
