import type { JsonObject } from '@pawl/core';
import { PawlError } from '@pawl/core';
import { readPolicy } from '../http/authentication/policy.ts';
import { takesFromQueue } from './brokers/amqp-place.ts';
import type { BrokerTarget, Credentials, Protocol } from './brokers/broker.ts';
import { misfit } from './brokers/refusals.ts';
import { membersOf } from './channel.ts';
import type { Channel } from './channel.ts';
import type { Server } from './server.ts';

/** How each name of a protocol is spoken. */
const protocols: Readonly<Record<string, { readonly protocol: Protocol; readonly port: number; secure?: true }>> = {
  amqp: { protocol: 'amqp', port: 5672 },
  amqps: { protocol: 'amqp', port: 5671, secure: true },
  mqtt: { protocol: 'mqtt', port: 1883 },
  mqtt5: { protocol: 'mqtt', port: 1883 },
  mqtts: { protocol: 'mqtt', port: 8883, secure: true },
  'secure-mqtt': { protocol: 'mqtt', port: 8883, secure: true },
  nats: { protocol: 'nats', port: 4222 },
  redis: { protocol: 'redis', port: 6379 },
  rediss: { protocol: 'redis', port: 6379, secure: true },
};

/** Whether a server is spoken to over HTTP, not as a broker. */
export function isHttp({ protocol }: Server): boolean {
  return protocol === 'http' || protocol === 'https';
}

/** A channel at a server that is a broker. Throws a FailedAttempt where its address is none. */
export function brokerTarget(server: Server, channel: Channel, keyed: boolean): BrokerTarget {
  const spoken = protocols[server.protocol];
  const url = URL.canParse(server.url) ? new URL(server.url) : undefined;
  if (spoken === undefined || url === undefined || url.hostname === '')
    throw misfit('The address of the server is none that Pawl can connect to.');
  if (url.username !== '' || url.password !== '')
    throw misfit('The address of the server holds credentials: give them as authentication.');
  const { protocol, port, secure = false } = spoken;
  return {
    protocol,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? port : Number(url.port),
    secure,
    path: url.pathname.replace(/^\//, ''),
    version: server.protocol === 'mqtt5' ? '5' : server.version,
    address: channel.address,
    channelBinding: bindingOf(channel.definition, server.protocol, protocol),
    operationBinding: bindingOf(channel.operation, server.protocol, protocol),
    keyed,
  };
}

/** Whether messages that a subscription takes are gone for everybody else. */
export function takesAway(target: BrokerTarget): boolean {
  return target.protocol === 'amqp' && takesFromQueue(target);
}

/** Who connects. Throws PAWL_ACTION_INPUT for a way that brokers do not have. */
export function credentialsOf(args: JsonObject): Credentials {
  const policy = readPolicy(args['authentication']);
  switch (policy.kind) {
    case 'none':
      return policy;
    case 'basic':
      return { kind: 'password', username: policy.username, password: policy.password };
    case 'bearer':
      return { kind: 'token', token: policy.token };
    default:
      throw new PawlError(
        'PAWL_ACTION_INPUT',
        `A broker is told who connects by basic (user name and password) or bearer (a token), not by ${policy.kind}.`,
      );
  }
}

function bindingOf(owner: JsonObject, name: string, protocol: Protocol): JsonObject {
  const bindings = membersOf(owner['bindings']);
  return membersOf(bindings[name] ?? bindings[protocol]);
}
