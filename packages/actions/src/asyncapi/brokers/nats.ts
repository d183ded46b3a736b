import { randomBytes } from 'node:crypto';
import type { Broker, Credentials, Incoming, Outgoing, OpenBroker } from './broker.ts';
import type { Link } from './link.ts';
import { natsHeaders, readNatsHeaders } from './nats-headers.ts';
import { Pieces } from './pieces.ts';
import { misfit, notLetIn, refusedBy } from './refusals.ts';

/** NATS: a message is with the server once that answers a ping after it, in a stream once JetStream says so. */
export const openNats: OpenBroker = async (target, credentials, link): Promise<Broker> => {
  const client = new Client(link);
  const info = await link.answer(client.info);
  if (info['tls_required'] === true && !target.secure)
    throw misfit(
      'This server of NATS speaks TLS only, and only once it has begun without: Pawl speaks it from the first byte.',
    );
  client.send(`CONNECT ${JSON.stringify(introduction(credentials))}`);
  await link.answer(client.ping());
  if (client.refused !== undefined) throw notLetIn(client.refused);
  const most = typeof info['max_payload'] === 'number' ? info['max_payload'] : Number.POSITIVE_INFINITY;
  return {
    publish: async (message, left) => {
      if (message.body.length > most) throw misfit(`The server takes messages of ${most} bytes at most.`);
      const sent = { subject: wordOf(target.address), message, head: headOf(message) };
      left();
      await (target.keyed ? publishToStream(client, link, sent) : publish(client, link, sent));
    },
    subscribe: async (onMessage) => {
      const queue = target.operationBinding['queue'];
      client.onMessage = onMessage;
      client.send(`SUB ${wordOf(target.address)} ${typeof queue === 'string' ? `${wordOf(queue)} ` : ''}1`);
      await link.answer(client.ping());
      if (client.refused !== undefined) throw refusedBy(client.refused);
    },
    leave: () => link.socket.end(),
  };
};

/** A message with its headers written. */
interface Sent {
  readonly subject: string;
  readonly message: Outgoing;
  readonly head: Buffer;
}

function headOf({ contentType, headers }: Outgoing): Buffer {
  return natsHeaders({ 'Content-Type': contentType, ...headers });
}

async function publish(client: Client, link: Link, sent: Sent): Promise<void> {
  client.publish(sent, '');
  await link.answer(client.ping());
  if (client.refused !== undefined) throw refusedBy(client.refused);
}

/** What JetStream has by the key in a header (Nats-Msg-Id) it does not store again. */
async function publishToStream(client: Client, link: Link, sent: Sent): Promise<void> {
  const inbox = `_INBOX.${randomBytes(16).toString('hex')}`;
  const answered = new Promise<NatsMessage>((resolve) => {
    client.onMessage = resolve;
  });
  client.send(`SUB ${inbox} 1`);
  client.publish(sent, inbox);
  const { status, body } = await link.answer(Promise.race([answered, client.refusal]));
  if (status === 'refused') throw refusedBy(body.toString());
  if (status === '503') throw refusedBy(`No stream of JetStream has the subject ${sent.subject}.`, 404);
  const { error } = JSON.parse(body.toString()) as { error?: { code?: number; description?: string } };
  if (error !== undefined)
    throw refusedBy(`JetStream did not store the message: ${error.description ?? ''}`, error.code);
}

function introduction(credentials: Credentials): object {
  const options = { verbose: false, pedantic: false, tls_required: false, lang: 'node', version: '0', name: 'pawl' };
  const who =
    credentials.kind === 'password'
      ? { user: credentials.username, pass: credentials.password }
      : credentials.kind === 'token'
        ? { auth_token: credentials.token }
        : {};
  return { ...options, protocol: 1, headers: true, no_responders: true, ...who };
}

function wordOf(text: string): string {
  if (/^[^\s]+$/.test(text)) return text;
  throw misfit(`${JSON.stringify(text)} is no subject of NATS.`);
}

/** A message with the status that its headers begin with. */
interface NatsMessage extends Incoming {
  readonly status: string | undefined;
}

class Client {
  readonly #pieces = new Pieces();
  readonly #link: Link;
  readonly #pongs: (() => void)[] = [];
  onMessage: ((message: NatsMessage) => void) | undefined;
  #onInfo: (info: Readonly<Record<string, unknown>>) => void = () => undefined;
  #onRefusal: (message: NatsMessage) => void = () => undefined;
  /** What the server says of itself first. */
  readonly info: Promise<Readonly<Record<string, unknown>>>;
  readonly refusal: Promise<NatsMessage>;
  /** What the server refused. */
  refused: string | undefined;

  constructor(link: Link) {
    this.#link = link;
    this.info = new Promise((resolve) => {
      this.#onInfo = resolve;
    });
    this.refusal = new Promise((resolve) => {
      this.#onRefusal = resolve;
    });
    link.read((piece) => {
      this.#pieces.push(piece);
      while (this.#pieces.attempt(() => this.#operation()) !== undefined);
    });
  }

  send(line: string, ...bytes: readonly Buffer[]): void {
    this.#link.socket.write(Buffer.concat([Buffer.from(`${line}\r\n`), ...bytes]));
  }

  publish({ subject, head, message: { body } }: Sent, reply: string): void {
    const to = reply === '' ? subject : `${subject} ${reply}`;
    this.send(`HPUB ${to} ${head.length} ${head.length + body.length}`, head, body, Buffer.from('\r\n'));
  }

  /** Resolves once the server has done all that was sent before. */
  ping(): Promise<void> {
    const answered = new Promise<void>((resolve) => this.#pongs.push(resolve));
    this.send('PING');
    return answered;
  }

  #operation(): true | undefined {
    const line = this.#pieces.line();
    if (line === undefined) return undefined;
    const [name = '', ...words] = line.split(/[ \t]+/);
    switch (name.toUpperCase()) {
      case 'INFO':
        this.#onInfo(JSON.parse(line.slice(name.length)) as Record<string, unknown>);
        return true;
      case 'PING':
        this.send('PONG');
        return true;
      case 'PONG':
        this.#pongs.shift()?.();
        return true;
      case '+OK':
        return true;
      case '-ERR':
        this.#refuse(line.slice(name.length).trim().replace(/^'|'$/g, ''));
        return true;
      case 'MSG':
        return this.#message(words, undefined);
      case 'HMSG':
        return this.#message(words, Number(words.at(-2)));
      default:
        throw this.#link.garbled();
    }
  }

  #refuse(said: string): void {
    this.refused ??= said;
    this.#onRefusal({ body: Buffer.from(said), headers: {}, status: 'refused' });
    // A server that lets nobody in closes the connection instead of answering.
    if (/^(authori[sz]ation|authentication)/i.test(said)) for (const pong of this.#pongs.splice(0)) pong();
  }

  #message(words: readonly string[], head: number | undefined): true | undefined {
    const bytes = this.#pieces.counted(Number(words.at(-1)));
    if (bytes === undefined) return undefined;
    const { status, headers } = readNatsHeaders(bytes.subarray(0, head ?? 0));
    const { 'Content-Type': contentType, ...rest } = headers;
    this.onMessage?.({ body: bytes.subarray(head ?? 0), headers: rest, contentType, status });
    return true;
  }
}
