import { nearestHint } from '@pawl/core';
import type { Json, JsonObject } from '@pawl/core';
import { FailedAttempt, terminal } from '../failures.ts';
import type { Description } from '../openapi/references.ts';
import { membersOf } from './channel.ts';
import type { Channel } from './channel.ts';

/** A server that takes messages over HTTP: its address, to which that of a channel is added. */
export interface HttpServer {
  readonly url: string;
}

/** Protocols that Pawl publishes over. */
const spoken: readonly string[] = ['http', 'https'];

/**
 * The server that the arguments name, or the first of the channel's that speaks the protocol they name, or one that Pawl
 * does. Throws a FailedAttempt where there is none, or it speaks another protocol.
 */
export function findServer(description: Description, channel: Channel, args: JsonObject): HttpServer {
  const all = Object.entries(description.object(description.root['servers'])).map(([name, value]) => ({
    name,
    definition: description.object(value),
  }));
  const { name: wanted, variables } = membersOf(args['server']);
  const named =
    typeof wanted === 'string' ? all.filter(({ name }) => name === wanted) : serversOf(description, channel, all);
  if (named.length === 0 && typeof wanted === 'string') {
    const hint = nearestHint(
      wanted,
      all.map(({ name }) => name),
    );
    throw refused(`The document names no server ${wanted}${hint === undefined ? '' : `: ${hint}`}.`);
  }
  const protocol = args['protocol'];
  const fitting = named.filter(({ definition }) => typeof protocol !== 'string' || definition['protocol'] === protocol);
  const found = fitting.find(({ definition }) => spoken.includes(protocolOf(definition)));
  if (found !== undefined) return { url: addressOf(found.definition, membersOf(variables)) };
  const [first] = fitting.length > 0 ? fitting : named;
  const speaks =
    first === undefined ? 'It names no server' : `The server ${first.name} speaks ${protocolOf(first.definition)}`;
  throw refused(`${speaks}, and Pawl publishes over ${spoken.join(' and ')} only.`);
}

/** The servers that a channel says it is on; all where it says nothing. Version 2 names them, version 3 refers to them. */
function serversOf<Server extends { readonly name: string; readonly definition: JsonObject }>(
  description: Description,
  { definition }: Channel,
  all: readonly Server[],
): readonly Server[] {
  const own = description.list(definition['servers']);
  if (own.length === 0) return all;
  return all.filter((server) =>
    own.some((each) => each === server.name || description.follow(each) === server.definition),
  );
}

function protocolOf(server: JsonObject): string {
  return typeof server['protocol'] === 'string' ? server['protocol'].toLowerCase() : 'nothing that is named';
}

function addressOf(server: JsonObject, given: JsonObject): string {
  const scheme = protocolOf(server);
  const { url, host, pathname } = server;
  const address = typeof url === 'string' ? url : `${String(host)}${typeof pathname === 'string' ? pathname : ''}`;
  const variables = membersOf(server['variables']);
  const filled = address.replace(/\{([^{}]*)\}/g, (_, name: string) => valueOf(given[name], variables[name]));
  return (/^[a-z]+:\/\//i.test(filled) ? filled : `${scheme}://${filled}`).replace(/\/+$/, '');
}

function valueOf(given: Json | undefined, variable: Json | undefined): string {
  const value = given ?? membersOf(variable)['default'];
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw refused('A variable of the server has no value.');
}

function refused(detail: string): FailedAttempt {
  return new FailedAttempt(terminal('configuration', `${detail} Nothing was sent.`));
}
