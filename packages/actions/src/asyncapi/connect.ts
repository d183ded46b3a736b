import type { ActionContext } from '../action.ts';
import type { Broker, BrokerTarget, Credentials, OpenBroker, Protocol } from './brokers/broker.ts';
import { Link } from './brokers/link.ts';
import { openNats } from './brokers/nats.ts';
import { openRedis } from './brokers/redis.ts';

/** A broker that has let us in, and the link to it. */
export interface Connected {
  readonly broker: Broker;
  readonly link: Link;
}

/** Connects to a broker through the egress guard. Rejects with a FailedAttempt or an EgressFailure. */
export async function connect(
  target: BrokerTarget,
  credentials: Credentials,
  { sockets, cancellation }: Pick<ActionContext, 'sockets' | 'cancellation'>,
): Promise<Connected> {
  const { host, port, secure, protocol } = target;
  const socket = await sockets.connect(host, port, [], secure);
  const link = new Link(socket, `${host}:${port}`, cancellation);
  try {
    return { broker: await openers[protocol](target, credentials, link), link };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** The libraries of two of them are loaded when they are first used: they take longer than the rest of a start. */
const openers: Readonly<Record<Protocol, OpenBroker>> = {
  amqp: async (...target) => (await import('./brokers/amqp.ts')).openAmqp(...target),
  mqtt: async (...target) => (await import('./brokers/mqtt.ts')).openMqtt(...target),
  nats: openNats,
  redis: openRedis,
};
