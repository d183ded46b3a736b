import type { JsonObject } from '@pawl/core';
import type { Link } from './link.ts';

/** A message on its way to a broker. */
export interface Outgoing {
  readonly body: Buffer;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A message that came from a broker. */
export interface Incoming {
  readonly body: Buffer;
  /** Where the broker says it. */
  readonly contentType?: string | undefined;
  readonly headers: JsonObject;
  readonly correlationId?: string | undefined;
}

/** Where messages go to or come from: a channel at a server. */
export interface BrokerTarget {
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
  /** TLS, wherever the server is. */
  readonly secure: boolean;
  /** Path of the server's address, without the slash that begins it. */
  readonly path: string;
  /** Version of the protocol, where the document says it. */
  readonly version: string | undefined;
  /** Address of the channel. */
  readonly address: string;
  /** Bindings of this protocol, of the channel and of the operation. */
  readonly channelBinding: JsonObject;
  readonly operationBinding: JsonObject;
  /** The header that carries the effect key, for a target that drops what it has by that key. */
  readonly keyed: boolean;
}

export type Protocol = 'amqp' | 'mqtt' | 'nats' | 'redis';

/** Who connects. */
export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string };

/** A broker that has let us in. What it refuses for certain is a FailedAttempt, what it does not answer an EgressFailure. */
export interface Broker {
  /** Resolves once the broker has the message. `left` is called before the first byte of it is sent. */
  publish(message: Outgoing, left: () => void): Promise<void>;
  /** Resolves once messages come. */
  subscribe(onMessage: (message: Incoming) => void): Promise<void>;
  /**
   * Takes messages away from a queue, by their numbers in the order in which they came (from 0), and leaves the others.
   * Undefined where nothing is taken from anybody.
   */
  readonly acknowledge?: (taken: readonly number[]) => Promise<void>;
  /** Says goodbye. */
  leave(): void;
}

/** How a protocol is spoken over a connected link. */
export type OpenBroker = (target: BrokerTarget, credentials: Credentials, link: Link) => Promise<Broker>;
