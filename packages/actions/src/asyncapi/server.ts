import { nearestHint } from '@pawl/core';
import type { Json, JsonObject } from '@pawl/core';
import { FailedAttempt, terminal } from '../failures.ts';
import type { Description } from '../openapi/references.ts';
import { membersOf } from './channel.ts';
import type { Channel } from './channel.ts';

/** A server of a protocol that Pawl speaks. */
export interface Server {
  /** As the document names it, in lower case. */
  readonly protocol: string;
  /** Its address with the protocol as its scheme: that of a channel is added to it. */
  readonly url: string;
  /** Version of the protocol, where the document says it. */
  readonly version: string | undefined;
}

/** Names of protocols that Pawl speaks. */
const spoken: readonly string[] = [
  ...['http', 'https', 'amqp', 'amqps', 'mqtt', 'mqtts', 'mqtt5', 'secure-mqtt'],
  ...['nats', 'redis', 'rediss'],
];

/**
 * The server that the arguments name, or the first of the channel's that speaks the protocol they name, or one that Pawl
 * does. Throws a FailedAttempt where there is none, or it speaks another protocol.
 */
export function findServer(description: Description, channel: Channel, args: JsonObject): Server {
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
  if (found !== undefined) {
    const { definition } = found;
    const version = definition['protocolVersion'];
    return {
      protocol: protocolOf(definition),
      url: addressOf(definition, membersOf(variables)),
      version: version === undefined ? undefined : String(version),
    };
  }
  const [first] = fitting.length > 0 ? fitting : named;
  const speaks =
    first === undefined ? 'It names no server' : `The server ${first.name} speaks ${protocolOf(first.definition)}`;
  throw refused(`${speaks}, and Pawl speaks ${spoken.join(', ')} only.`);
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
