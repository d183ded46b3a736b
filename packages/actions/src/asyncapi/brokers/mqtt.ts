import { randomUUID } from 'node:crypto';
import { generate, parser } from 'mqtt-packet';
import type { IConnackPacket, IPublishPacket, Packet } from 'mqtt-packet';
import { EgressFailure } from '../../egress/failure.ts';
import { actionLimits } from '../../limits.ts';
import type { Broker, BrokerTarget, Credentials, Incoming, OpenBroker, Outgoing } from './broker.ts';
import type { Link } from './link.ts';
import { misfit, notLetIn, refusedBy } from './refusals.ts';

/** MQTT 3.1.1 or 5: published with QoS 1, so that the broker says when it has a message; subscribed for one session. */
export const openMqtt: OpenBroker = async (target, credentials, link): Promise<Broker> => {
  const client = new Client(link, versionOf(target));
  const connack = await link.answer(client.connect(credentials));
  const code = connack.reasonCode ?? connack.returnCode ?? 0;
  if (code !== 0) throw notLetIn(`${refusalOf(code)} (code ${code}).`);
  return {
    publish: async (message, left) => {
      const bytes = client.write({ ...packetOf(target, message, client.version), messageId: firstId });
      left();
      const answer = await link.answer(client.ask(bytes, 'puback'));
      const reason = answer.reasonCode ?? 0;
      if (reason >= refusals) throw refusedBy(`The broker refused the message (code ${reason}).`);
    },
    subscribe: async (onMessage) => {
      client.onMessage = onMessage;
      const subscriptions = [{ topic: topicOf(target), qos: 1 as const }];
      const { granted } = await link.answer(
        client.ask(client.write({ cmd: 'subscribe', messageId: firstId, subscriptions }), 'suback'),
      );
      const [code] = granted as readonly number[];
      if (code === undefined || code >= refusals)
        throw refusedBy(`The broker refused the subscription (code ${code}).`);
    },
    leave: () => client.leave(),
  };
};

function versionOf({ version }: BrokerTarget): 4 | 5 {
  return version?.startsWith('5') ? 5 : 4;
}

function topicOf({ address }: BrokerTarget): string {
  if (address !== '' && !address.includes('\u0000')) return address;
  throw misfit(`${JSON.stringify(address)} is no topic of MQTT.`);
}

function packetOf(target: BrokerTarget, { body, headers, contentType }: Outgoing, version: 4 | 5): IPublishPacket {
  const names = Object.keys(headers);
  if (version === 4 && names.length > 0)
    throw misfit('Messages of MQTT 3.1.1 have no headers; those of MQTT 5 have (protocolVersion of the server).');
  const topic = topicOf(target);
  if (/[+#]/.test(topic)) throw misfit(`A message cannot be published to ${topic}, which has wildcards.`);
  const retain = target.operationBinding['retain'] === true;
  const user = names.length === 0 ? {} : { userProperties: { ...headers } };
  const properties = version === 5 ? { properties: { contentType, ...user } } : {};
  return { cmd: 'publish', qos: 1, dup: false, retain, topic, payload: body, ...properties };
}

function refusalOf(code: number): string {
  const login = [4, 5, 134, 135];
  return login.includes(code)
    ? 'user name or password are wrong, or may not connect'
    : 'it does not take the connection';
}

type Answer = 'connack' | 'puback' | 'suback';

class Client {
  readonly version: 4 | 5;
  readonly #link: Link;
  readonly #waiting = new Map<string, (packet: Packet) => void>();
  readonly #alive: NodeJS.Timeout;
  onMessage: ((message: Incoming) => void) | undefined;

  constructor(link: Link, version: 4 | 5) {
    this.#link = link;
    this.version = version;
    const reader = parser({ protocolVersion: version });
    let failed: unknown;
    reader.on('packet', (packet) => this.#take(packet));
    reader.on('error', (error: unknown) => {
      failed = error ?? new Error('not MQTT');
    });
    let waiting = 0;
    link.read((piece) => {
      // The reader keeps what is not a whole packet.
      waiting = reader.parse(piece);
      if (failed !== undefined) throw link.garbled(failed);
      if (waiting > actionLimits.messageBytes)
        throw new EgressFailure('limit', `A message is larger than ${actionLimits.messageBytes} bytes.`);
    });
    this.#alive = setInterval(() => this.#send({ cmd: 'pingreq' }), (keepAlive / 2) * 1000);
    link.socket.once('close', () => clearInterval(this.#alive));
  }

  connect(credentials: Credentials): Promise<IConnackPacket> {
    if (credentials.kind === 'token') throw misfit('A broker of MQTT is told a user name and a password (basic).');
    const who =
      credentials.kind === 'password'
        ? { username: credentials.username, password: Buffer.from(credentials.password) }
        : {};
    const packet = { cmd: 'connect' as const, clientId: `pawl-${randomUUID().slice(0, 18)}`, keepalive: keepAlive };
    const bytes = this.write({ ...packet, ...who, protocolId: 'MQTT', protocolVersion: this.version, clean: true });
    return this.ask(bytes, 'connack');
  }

  ask<Kind extends Answer>(bytes: Buffer, kind: Kind): Promise<Extract<Packet, { cmd: Kind }>> {
    const answered = new Promise<Extract<Packet, { cmd: Kind }>>((resolve) => {
      this.#waiting.set(kind, (answer) => {
        if (isKind(answer, kind)) resolve(answer);
      });
    });
    this.#link.socket.write(bytes);
    return answered;
  }

  leave(): void {
    clearInterval(this.#alive);
    if (this.#link.socket.destroyed) return;
    this.#send({ cmd: 'disconnect' });
    this.#link.socket.end();
  }

  /** The bytes of a packet. Throws a FailedAttempt for one that cannot be written. */
  write(packet: Packet): Buffer {
    const bytes = generate(packet, { protocolVersion: this.version });
    // The library says no more than that it wrote nothing.
    if (bytes.length === 0) throw misfit(`This ${packet.cmd} cannot be written in MQTT.`);
    return bytes;
  }

  #send(packet: Packet): void {
    this.#link.socket.write(this.write(packet));
  }

  #take(packet: Packet): void {
    if (packet.cmd === 'publish') return this.#message(packet);
    if (packet.cmd === 'disconnect')
      return this.#link.fail(refusedBy(`The broker ended the connection (code ${packet.reasonCode ?? 0}).`, 503));
    this.#waiting.get(packet.cmd)?.(packet);
  }

  #message({ payload, properties, qos, messageId }: IPublishPacket): void {
    // The session ends with the connection: an acknowledgement only makes room for the next message.
    if (qos === 1 && messageId !== undefined) this.#send({ cmd: 'puback', messageId });
    const { contentType, correlationData, userProperties } = properties ?? {};
    const headers = Object.entries(userProperties ?? {}).map(([name, value]) => [name, value] as const);
    this.onMessage?.({
      body: Buffer.from(payload as Buffer),
      contentType,
      correlationId: correlationData?.toString('utf8'),
      headers: Object.fromEntries(headers),
    });
  }
}

function isKind<Kind extends Answer>(packet: Packet, kind: Kind): packet is Extract<Packet, { cmd: Kind }> {
  return packet.cmd === kind;
}

/** Codes from here on are refusals. */
const refusals = 0x80;
const firstId = 1;
/** Seconds after which a broker gives up a client that says nothing. */
const keepAlive = 60;
