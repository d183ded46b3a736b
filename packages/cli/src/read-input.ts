import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { ensureError, type Json, parseJson, PawlError } from '@pawl/core';

/** The text of a file; throws PAWL_USAGE where it cannot be read or is not UTF-8. */
export async function readText(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(file));
  } catch (error) {
    throw new PawlError('PAWL_USAGE', `The file ${file} cannot be read (${ensureError(error).message}).`, {
      cause: error,
      hint: 'Check its name and whether you may read it.',
    });
  }
}

/** JSON given on the command line: the text itself, `@file`, or `-` for stdin. Throws PAWL_INPUT_INVALID. */
export async function readJson(argument: string, what: string): Promise<Json> {
  const source =
    argument === '-'
      ? await text(process.stdin)
      : argument.startsWith('@')
        ? await readText(argument.slice(1))
        : argument;
  try {
    return parseJson(source);
  } catch (error) {
    const from = argument === '-' ? ' from stdin' : argument.startsWith('@') ? ` from ${argument.slice(1)}` : '';
    throw new PawlError('PAWL_INPUT_INVALID', `The ${what}${from} is not JSON: ${ensureError(error).message}.`, {
      cause: error,
      hint: "Give JSON in the shell's quotes, such as '{\"a\":1}', a file as @FILE, or - for stdin.",
    });
  }
}
