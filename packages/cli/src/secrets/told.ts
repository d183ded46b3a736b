import { type Json, type JsonObject, PawlError } from '@pawl/core';
import { segment } from '../client/api.ts';
import { cell } from '../client/words.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { note, print, printJson } from '../output.ts';
import type { Desk } from './desk.ts';

type Kind = 'secret' | 'connection';

/** The name that a command needs. Throws PAWL_USAGE. */
export function requireName(kind: Kind, what: string, name: string | undefined): string {
  if (name !== undefined) return name;
  throw new PawlError('PAWL_USAGE', `Say which ${kind}: pawl ${kind} ${what} NAME.`);
}

/** Hosts, flows and the reason, where they are given. */
export function bounds({
  host,
  flow,
  reason,
}: {
  readonly host?: readonly string[];
  readonly flow?: readonly string[];
  readonly reason?: string;
}): JsonObject {
  return {
    ...(host === undefined ? {} : { hosts: [...host] }),
    ...(flow === undefined ? {} : { flows: [...flow] }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** A list of texts in a cell. */
export function listCell(value: Json | undefined, none: string): string {
  return Array.isArray(value) && value.length > 0 ? value.map(cell).join(' ') : none;
}

/** A number of things. */
export function countOf(value: Json | undefined, thing: string): string {
  return `${cell(value)} ${thing}${value === 1 ? ' was' : 's were'}`;
}

/** Removes a secret or connection, and says who names it still. */
export async function removeOne(
  desk: Desk,
  kind: Kind,
  name: string,
  options: { readonly reason?: string; readonly json?: boolean },
): Promise<ExitCode> {
  const answer = await desk(`${kind}s/${segment(name)}`, { method: 'DELETE', query: { reason: options.reason } });
  const usedBy = answer['usedBy'] as readonly string[];
  if (options.json === true) printJson(answer);
  else {
    print(`The ${kind} ${name} is removed.`);
    if (usedBy.length > 0)
      note(`These flows name it still, and their steps that need it will fault: ${usedBy.join(', ')}`);
  }
  return exitCodes.done;
}

/** Tests a secret or connection; what does not work ends with 1. */
export async function tellTest(desk: Desk, kind: Kind, name: string, options: { json?: boolean }): Promise<ExitCode> {
  const answer = await desk(`${kind}s/${segment(name)}/test`, { method: 'POST' });
  if (options.json === true) printJson(answer);
  else if (answer['ok'] === true) print(cell(answer['detail']));
  else note(cell(answer['detail']));
  return answer['ok'] === true ? exitCodes.done : exitCodes.failed;
}
