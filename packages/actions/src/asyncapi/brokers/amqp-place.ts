import { membersOf } from '../channel.ts';
import type { BrokerTarget } from './broker.ts';

/** Whether messages are taken from a queue, from which nobody else gets them then. */
export function takesFromQueue(target: BrokerTarget): boolean {
  return placeOf(target).kind === 'queue';
}

/** Where messages of a channel are in AMQP. */
export type Place =
  | { readonly kind: 'queue'; readonly queue: string }
  | { readonly kind: 'exchange'; readonly exchange: string; readonly routingKey: string };

/** A channel is a queue where its binding says so, or names no exchange; else a routing key of an exchange. */
export function placeOf({ address, channelBinding }: BrokerTarget): Place {
  const { name: exchange } = membersOf(channelBinding['exchange']);
  const { name: queue } = membersOf(channelBinding['queue']);
  if (channelBinding['is'] !== 'queue' && typeof exchange === 'string' && exchange !== '')
    return { kind: 'exchange', exchange, routingKey: address };
  return { kind: 'queue', queue: typeof queue === 'string' && queue !== '' ? queue : address };
}
