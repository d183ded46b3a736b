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

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const sha256 = /^[0-9a-f]{64}$/i;

/** Whether a text has the form of a run id. What has not names no run, and is never sent to the server. */
export function isRunId(text: string): boolean {
  return uuid.test(text);
}

/** Whether a text has the form of a sha-256. */
export function isSha256(text: string): boolean {
  return sha256.test(text);
}
