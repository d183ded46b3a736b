import { ensureError, PawlError } from '@pawl/core';
import { exitCodes, type ExitCode } from './exit.ts';

/** Prints an error for a person on stderr: its code, what happened, what to do next. */
export function reportError(error: unknown): void {
  process.stderr.write(`${describeError(error)}\n`);
}

/** An error in one line. An error that Pawl did not expect comes with its stack, since it is a bug to report. */
export function describeError(error: unknown): string {
  if (error instanceof PawlError) return `${error.code}: ${sentence(error.message)} ${error.hint}`;
  const { message, stack } = ensureError(error);
  return `PAWL_INTERNAL: ${message}\n${stack ?? ''}`;
}

/** A text with a full stop, unless it ends like a sentence already. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Refused requests and wrong command lines end with 2, what did not work with 1. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof PawlError && error.status < 500 ? exitCodes.invalid : exitCodes.failed;
}
