import { PawlError } from '@pawl/core';

/**
 * Checks raw text before it is stored: PostgreSQL refuses NUL, and a lone surrogate has no UTF-8 form, so it would come
 * back as another character. Throws a PawlError `PAWL_INPUT_INVALID` that names `what`. JSON text that JSON.stringify
 * made always passes: it escapes both.
 */
export function assertStorable(text: string, what: string): void {
  if (isStorable(text)) return;
  const found = text.includes('\u0000') ? 'the character NUL (U+0000)' : 'half of a surrogate pair';
  throw new PawlError('PAWL_INPUT_INVALID', `${what} contains ${found}, which cannot be stored; nothing was written.`);
}

/** Whether raw text can be stored and comes back the same. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}
