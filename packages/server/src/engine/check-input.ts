import type { CompiledFlow, Json, JsonObject, Limits } from '@pawl/core';
import { PawlError } from '@pawl/core';

/** Deepest nesting of an input: those who read it may recurse. */
export const inputDepth = 512;

/** Checks an input before anything is started. Throws PAWL_TOO_LARGE, or PAWL_INPUT_INVALID with `problems` in its `extra`. */
export function checkInput(input: Json, flow: CompiledFlow, limits: Limits): void {
  if (isDeeperThan(input, inputDepth)) {
    throw new PawlError('PAWL_INPUT_INVALID', `The input is nested more than ${inputDepth} levels deep.`);
  }
  const characters = JSON.stringify(input).length;
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

/** Whether a value is nested deeper than so many levels; walks without recursion. */
function isDeeperThan(value: Json, levels: number): boolean {
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > levels) return true;
    const next: Json[] = [];
    for (const each of level) {
      if (typeof each !== 'object' || each === null) continue;
      for (const member of Object.values(each as JsonObject)) {
        if (typeof member === 'object' && member !== null) next.push(member);
      }
    }
    level = next;
  }
  return false;
}
