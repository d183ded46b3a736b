import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { ensureError, PawlError } from '@pawl/core';
import { askHidden } from './ask-hidden.ts';

/** A secret text: of a file, of stdin (`-`), or asked for on the terminal (undefined). Throws PAWL_USAGE. */
export async function readSecret(from: string | undefined, what: string): Promise<string> {
  if (from === '-') return withoutLineBreak(await text(process.stdin));
  if (from !== undefined) return withoutLineBreak(await readSecretFile(from));
  if (!process.stdin.isTTY)
    throw new PawlError('PAWL_USAGE', `There is no terminal on which ${what} could be asked for.`, {
      hint: 'Give a secret with --stdin or --value-file FILE, a field of a connection as NAME@FILE.',
    });
  const value = await askHidden(`${what}: `);
  if (value === (await askHidden(`${what}, again: `))) return value;
  throw new PawlError('PAWL_USAGE', 'The two are not the same; nothing was changed.');
}

async function readSecretFile(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(file));
  } catch (error) {
    throw new PawlError('PAWL_USAGE', `The file ${file} cannot be read (${ensureError(error).message}).`);
  }
}

/** Editors and `echo` end a file with a line break that nobody means. */
function withoutLineBreak(value: string): string {
  return value.replace(/\r?\n$/, '');
}
