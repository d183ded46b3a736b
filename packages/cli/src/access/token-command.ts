import { type JsonObject, PawlError } from '@pawl/core';
import { segment } from '../client/api.ts';
import { cell, time } from '../client/words.ts';
import type { TokenOptions } from '../commands/token.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { note, print, printJson, table } from '../output.ts';
import { type Desk, withDesk } from '../secrets/desk.ts';

/** Does what `pawl token` was told. Throws PAWL_USAGE. */
export async function tokenCommand(what: string, name: string | undefined, options: TokenOptions): Promise<ExitCode> {
  const direct = options.direct === true;
  switch (what) {
    case 'add': {
      const body = addBody(requireName(what, name), options);
      return withDesk((desk) => add(desk, body, options), { direct });
    }
    case 'list':
      return withDesk((desk) => list(desk, options), { direct });
    case 'revoke': {
      const named = requireName(what, name);
      return withDesk((desk) => revoke(desk, named, options), { direct });
    }
    default:
      throw new PawlError('PAWL_USAGE', `There is no \`pawl token ${what}\`; it is add, list or revoke.`);
  }
}

function requireName(what: string, name: string | undefined): string {
  if (name !== undefined) return name;
  throw new PawlError('PAWL_USAGE', `Say which token: pawl token ${what} NAME.`);
}

function addBody(name: string, { role, expires, reason }: TokenOptions): JsonObject {
  if (role === undefined)
    throw new PawlError('PAWL_USAGE', 'Say what the token may do: --role viewer, operator, publisher or admin.');
  return {
    name,
    role,
    ...(expires === undefined ? {} : { expiresAt: new Date(Date.now() + expires).toISOString() }),
    ...(reason === undefined ? {} : { reason }),
  };
}

async function add(desk: Desk, body: JsonObject, options: TokenOptions): Promise<ExitCode> {
  const made = await desk('tokens', { method: 'POST', body });
  if (options.json === true) {
    printJson(made);
    return exitCodes.done;
  }
  note(
    `This is the token ${cell(made['name'])} (${cell(made['role'])}). It is not shown again; keep it where secrets are kept.`,
  );
  print(cell(made['token']));
  return exitCodes.done;
}

async function list(desk: Desk, options: TokenOptions): Promise<ExitCode> {
  const answer = await desk('tokens');
  const items = answer['items'] as readonly JsonObject[];
  if (options.json === true) printJson(answer);
  else if (items.length === 0) print('There are no access tokens. Make one with: pawl token add NAME --role ROLE');
  else
    print(
      table(
        ['token', 'role', 'made', 'by', 'last used', 'works until'],
        items.map((item) => [
          ...[cell(item['name']), cell(item['role']), time(item['createdAt']), cell(item['createdBy'])],
          time(item['usedAt']) || 'never',
          endText(item),
        ]),
      ),
    );
  return exitCodes.done;
}

function endText({ revokedAt, revokedBy, expiresAt }: JsonObject): string {
  if (revokedAt !== null) return `revoked ${time(revokedAt)} by ${cell(revokedBy)}`;
  return expiresAt === null ? 'it is revoked' : time(expiresAt);
}

async function revoke(desk: Desk, name: string, options: TokenOptions): Promise<ExitCode> {
  const body = options.reason === undefined ? {} : { reason: options.reason };
  const answer = await desk(`tokens/${segment(name)}/revoke`, { method: 'POST', body });
  if (options.json === true) printJson(answer);
  else print(`The token ${name} does not work any more.`);
  return exitCodes.done;
}
