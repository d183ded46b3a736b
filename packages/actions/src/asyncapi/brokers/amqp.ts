import type { AMQPChannel } from '@cloudamqp/amqp-client/amqp-channel';
import type { AMQPConsumer } from '@cloudamqp/amqp-client/amqp-consumer';
import type { AMQPMessage } from '@cloudamqp/amqp-client/amqp-message';
import type { AMQPProperties } from '@cloudamqp/amqp-client/amqp-properties';
import type { Json, JsonObject } from '@pawl/core';
import { ensureError } from '@pawl/core';
import { EgressFailure } from '../../egress/failure.ts';
import { FailedAttempt } from '../../failures.ts';
import { actionLimits } from '../../limits.ts';
import { membersOf } from '../channel.ts';
import { LinkedClient } from './amqp-client.ts';
import { placeOf } from './amqp-place.ts';
import type { Place } from './amqp-place.ts';
import type { Broker, BrokerTarget, Credentials, Incoming, OpenBroker, Outgoing } from './broker.ts';
import { misfit, notLetIn, refusedBy } from './refusals.ts';

/** AMQP 0-9-1: messages are confirmed by the broker, and taken from a queue by acknowledgements. */
export const openAmqp: OpenBroker = async (target, credentials, link): Promise<Broker> => {
  const { username, password } = loginOf(credentials);
  const client = new LinkedClient(link, vhostOf(target), username, password);
  const channel = await link.answer(
    told(
      client.connect().then(() => client.channel()),
      true,
    ),
  );
  const place = placeOf(target);
  const tags: number[] = [];
  const onMessage = (deliver: (message: Incoming) => void) => (message: AMQPMessage) => {
    tags.push(message.deliveryTag);
    deliver(incoming(message));
  };
  const leave = (): void => {
    client.close().catch(() => undefined);
    link.socket.end();
  };
  return {
    publish: (message, left) => link.answer(told(publish(channel, place, message, left))),
    subscribe: async (deliver) => {
      const consumer = await link.answer(told(subscribe(channel, place, onMessage(deliver))));
      consumer.wait().catch((error: unknown) => link.fail(lost('The broker ended the subscription', error)));
    },
    ...(place.kind === 'queue'
      ? { acknowledge: (taken: readonly number[]) => link.answer(acknowledge(channel, taken, tags)) }
      : {}),
    leave,
  };
};

function vhostOf({ path, channelBinding }: BrokerTarget): string {
  if (path !== '') return decodeURIComponent(path);
  const kind = channelBinding['is'] === 'queue' ? 'queue' : 'exchange';
  const { vhost } = membersOf(channelBinding[kind]);
  return typeof vhost === 'string' ? vhost : '/';
}

function loginOf(credentials: Credentials): { readonly username: string; readonly password: string } {
  if (credentials.kind === 'password') return credentials;
  // A broker that checks OAuth tokens takes one as the password.
  return credentials.kind === 'token'
    ? { username: '', password: credentials.token }
    : { username: 'guest', password: 'guest' };
}

async function publish(channel: AMQPChannel, place: Place, message: Outgoing, left: () => void): Promise<void> {
  let returned: string | undefined;
  channel.onReturn = ({ replyText }: AMQPMessage) => {
    returned = replyText ?? '';
  };
  await channel.confirmSelect();
  const [exchange, routingKey] = place.kind === 'queue' ? ['', place.queue] : [place.exchange, place.routingKey];
  left();
  await channel.basicPublish(exchange, routingKey, message.body, propertiesOf(message), true);
  if (returned !== undefined)
    throw refusedBy(`No queue takes messages of ${routingKey} (${returned}), so that the broker dropped it.`, 404);
}

function propertiesOf({ contentType, headers }: Outgoing): AMQPProperties {
  const { 'message-id': messageId, 'correlation-id': correlationId, ...rest } = headers;
  return {
    contentType,
    deliveryMode: persistent,
    headers: rest,
    ...(messageId === undefined ? {} : { messageId }),
    ...(correlationId === undefined ? {} : { correlationId }),
  };
}

async function subscribe(
  channel: AMQPChannel,
  place: Place,
  deliver: (message: AMQPMessage) => void,
): Promise<AMQPConsumer> {
  if (place.kind === 'queue') {
    await channel.basicQos(actionLimits.subscriptionMessages);
    return channel.basicConsume(place.queue, { noAck: false }, deliver);
  }
  // A queue of our own that ends with the connection.
  const { name } = await channel.queueDeclare('', { exclusive: true, autoDelete: true, durable: false });
  await channel.queueBind(name, place.exchange, place.routingKey);
  return channel.basicConsume(name, { noAck: true }, deliver);
}

/**
 * Acknowledges what was taken; the broker gives the others to whoever comes next, once the channel is closed. Where it
 * refuses one acknowledgement, nobody knows which of them it had applied before.
 */
async function acknowledge(channel: AMQPChannel, taken: readonly number[], tags: readonly number[]): Promise<void> {
  try {
    for (const number of taken) {
      const tag = tags[number];
      if (tag !== undefined) await channel.basicAck(tag);
    }
    await channel.close();
  } catch (error) {
    throw lost('The broker did not say that the messages are taken', error);
  }
}

function lost(what: string, thrown: unknown): EgressFailure {
  const error = ensureError(thrown);
  return new EgressFailure('broken', `${what}: ${error.message}.`, error);
}

function incoming({ body, properties }: AMQPMessage): Incoming {
  const { contentType, correlationId, headers = {}, messageId } = properties;
  return {
    body: Buffer.from(body ?? []),
    contentType,
    correlationId,
    headers: { ...headersOf(headers), ...(messageId === undefined ? {} : { 'message-id': messageId }) },
  };
}

/** Headers of AMQP have types that JSON has not. */
function headersOf(headers: Readonly<Record<string, unknown>>): JsonObject {
  const text = JSON.stringify(headers, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
  return JSON.parse(text) as { [name: string]: Json };
}

/** What the client says in its own words: a refusal, or a connection that broke. */
async function told<Value>(promise: Promise<Value>, entering = false): Promise<Value> {
  try {
    return await promise;
  } catch (thrown) {
    const error = ensureError(thrown);
    if (error instanceof FailedAttempt || error instanceof EgressFailure) throw error;
    const { message } = error;
    const code = Number(/\((\d{3})\)$/.exec(message)?.[1] ?? 0);
    if (entering && (code === 403 || /ACCESS_REFUSED/.test(message))) throw notLetIn(message);
    if (entering && code === 530) throw misfit(message);
    if (code >= 400 && code < 500) throw refusedBy(message, code);
    if (message === 'Message rejected') throw refusedBy('The broker could not take the message.', 503);
    throw new EgressFailure('broken', message, error);
  }
}

const persistent = 2;
