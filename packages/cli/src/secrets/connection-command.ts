import { type Json, type JsonObject, PawlError } from '@pawl/core';
import type { ConnectionOptions } from '../commands/connection.ts';
import { segment } from '../client/api.ts';
import { cell, time } from '../client/words.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { print, printJson, table } from '../output.ts';
import { type Desk, withDesk } from './desk.ts';
import { readSecret } from './read-value.ts';
import { bounds, listCell, removeOne, requireName, tellTest } from './told.ts';

/** Does what `pawl connection` was told. Throws PAWL_USAGE. */
export async function connectionCommand(
  what: string,
  name: string | undefined,
  options: ConnectionOptions,
): Promise<ExitCode> {
  switch (what) {
    case 'set': {
      const named = requireName('connection', what, name);
      const body = await bodyOf(options);
      return withDesk((desk) => set(desk, named, body, options));
    }
    case 'list':
      return withDesk((desk) => list(desk, options));
    case 'remove': {
      const named = requireName('connection', what, name);
      return withDesk((desk) => removeOne(desk, 'connection', named, options));
    }
    case 'test': {
      const named = requireName('connection', what, name);
      return withDesk((desk) => tellTest(desk, 'connection', named, options));
    }
    default:
      throw new PawlError('PAWL_USAGE', `There is no \`pawl connection ${what}\`; it is set, list, remove or test.`);
  }
}

async function bodyOf(options: ConnectionOptions): Promise<JsonObject> {
  const { kind, field = [], secret = [] } = options;
  if (kind !== 'postgres')
    throw new PawlError('PAWL_USAGE', 'Say what kind of connection it is: --kind postgres is the one that there is.');
  const secrets: [string, Json][] = [];
  // One after the other: they may be asked for.
  for (const each of secret) secrets.push(await secretField(each));
  return {
    kind,
    fields: Object.fromEntries(field.map(openField)),
    secrets: Object.fromEntries(secrets),
    ...bounds(options),
  };
}

function openField(text: string): readonly [string, Json] {
  const [, name, value] = /^([A-Za-z]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new PawlError(
      'PAWL_USAGE',
      `--field takes name=value, such as host=db.example, not ${JSON.stringify(text)}.`,
    );
  return [name, name === 'port' && /^\d+$/.test(value) ? Number(value) : value];
}

async function secretField(text: string): Promise<[string, Json]> {
  const [, name, file] = /^([A-Za-z]+)(?:@(.+))?$/s.exec(text) ?? [];
  if (name === undefined) {
    // What does not fit may be the value itself: it is not shown.
    throw new PawlError(
      'PAWL_USAGE',
      '--secret takes the name of a field and where its value is, never the value itself.',
      {
        hint: 'Write password@FILE, password@- for stdin, or password to be asked for it.',
      },
    );
  }
  return [name, await readSecret(file, name)];
}

async function set(desk: Desk, name: string, body: JsonObject, options: ConnectionOptions): Promise<ExitCode> {
  const answer = await desk(`connections/${segment(name)}`, { method: 'PUT', body });
  if (options.json === true) printJson(answer);
  else
    print(`The connection ${name} is set (version ${cell(answer['version'])}). Try it: pawl connection test ${name}`);
  return exitCodes.done;
}

async function list(desk: Desk, options: ConnectionOptions): Promise<ExitCode> {
  const answer = await desk('connections');
  const items = answer['items'] as readonly JsonObject[];
  if (options.json === true) printJson(answer);
  else if (items.length === 0) print('There are no connections in the store. Set one with: pawl connection set NAME');
  else
    print(
      table(
        ['connection', 'kind', 'version', 'changed', 'by', 'fields', 'for flows', 'used by'],
        items.map((item) => [
          ...[
            cell(item['name']),
            cell(item['kind']),
            cell(item['version']),
            time(item['updatedAt']),
            cell(item['updatedBy']),
          ],
          Object.entries(item['fields'] as JsonObject)
            .map(([field, value]) => `${field}=${cell(value)}`)
            .join(' '),
          ...[listCell(item['flows'], 'all'), listCell(item['usedBy'], '-')],
        ]),
      ),
    );
  return exitCodes.done;
}
