import { ensureError, type JsonObject, parseJson, PawlError } from '@pawl/core';
import type { SecretOptions } from '../commands/secret.ts';
import { segment } from '../client/api.ts';
import { cell, time } from '../client/words.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { print, printJson, table } from '../output.ts';
import { type Desk, withDesk } from './desk.ts';
import { readSecret } from './read-value.ts';
import { bounds, countOf, listCell, removeOne, requireName, tellTest } from './told.ts';

/** Does what `pawl secret` was told. Throws PAWL_USAGE. */
export async function secretCommand(what: string, name: string | undefined, options: SecretOptions): Promise<ExitCode> {
  if (options.value !== undefined) {
    throw new PawlError(
      'PAWL_USAGE',
      'A value is not taken from the command line: other users of this machine could read it there, and the shell would remember it.',
      { hint: 'Leave --value out to be asked for it, or use --stdin or --value-file FILE.' },
    );
  }
  switch (what) {
    case 'set': {
      const named = requireName('secret', what, name);
      const body: JsonObject = { value: await valueOf(named, options), ...bounds(options) };
      return withDesk((desk) => set(desk, named, body, options));
    }
    case 'list':
      return withDesk((desk) => list(desk, options));
    case 'changes':
      return withDesk((desk) => changes(desk, options));
    case 'remove': {
      const named = requireName('secret', what, name);
      return withDesk((desk) => removeOne(desk, 'secret', named, options));
    }
    case 'test': {
      const named = requireName('secret', what, name);
      return withDesk((desk) => tellTest(desk, 'secret', named, options));
    }
    case 'rotate-key':
      return withDesk((desk) => rotate(desk, options));
    default:
      throw new PawlError(
        'PAWL_USAGE',
        `There is no \`pawl secret ${what}\`; it is set, list, remove, test, changes or rotate-key.`,
      );
  }
}

async function valueOf(name: string, { valueFile, stdin, object }: SecretOptions) {
  if (valueFile !== undefined && stdin === true)
    throw new PawlError('PAWL_USAGE', 'Give one of --value-file and --stdin.');
  const text = await readSecret(stdin === true ? '-' : valueFile, `Value of ${name}`);
  if (object !== true) return text;
  try {
    return parseJson(text);
  } catch (error) {
    // The reason may quote the value.
    void ensureError(error);
    throw new PawlError('PAWL_USAGE', 'The value is not JSON, which --object says that it is; nothing was changed.');
  }
}

async function set(desk: Desk, name: string, body: JsonObject, options: SecretOptions): Promise<ExitCode> {
  const answer = await desk(`secrets/${segment(name)}`, { method: 'PUT', body });
  if (options.json === true) printJson(answer);
  else
    print(
      `The secret ${name} is set (version ${cell(answer['version'])}). Nobody can read it any more; flows that list it in use.secrets can send it.`,
    );
  return exitCodes.done;
}

async function list(desk: Desk, options: SecretOptions): Promise<ExitCode> {
  const answer = await desk('secrets');
  const items = answer['items'] as readonly JsonObject[];
  if (options.json === true) printJson(answer);
  else if (items.length === 0) print('There are no secrets. Set one with: pawl secret set NAME');
  else
    print(
      table(
        ['secret', 'version', 'changed', 'by', 'hosts', 'for flows', 'used by'],
        items.map((item) => [
          ...[cell(item['name']), cell(item['version']), time(item['updatedAt']), cell(item['updatedBy'])],
          ...[listCell(item['hosts'], 'any'), listCell(item['flows'], 'all'), listCell(item['usedBy'], '-')],
        ]),
      ),
    );
  return exitCodes.done;
}

async function changes(desk: Desk, options: SecretOptions): Promise<ExitCode> {
  const answer = await desk('secret-changes');
  const items = answer['items'] as readonly JsonObject[];
  if (options.json === true) printJson(answer);
  else
    print(
      table(
        ['when', 'by', 'change', 'what'],
        items.map((item) => [
          ...[time(item['at']), cell(item['by']), cell(item['change'])],
          item['name'] === null ? '' : `${cell(item['kind'])} ${cell(item['name'])}, version ${cell(item['version'])}`,
        ]),
      ),
    );
  return exitCodes.done;
}

async function rotate(desk: Desk, options: SecretOptions): Promise<ExitCode> {
  const answer = await desk('secret-key/rotate', {
    method: 'POST',
    body: options.reason === undefined ? {} : { reason: options.reason },
  });
  if (options.json === true) printJson(answer);
  else print(`${countOf(answer['values'], 'value')} sealed anew; the key is now ${cell(answer['key'])}.`);
  return exitCodes.done;
}
