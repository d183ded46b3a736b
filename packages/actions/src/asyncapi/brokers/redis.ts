import type { Broker, Credentials, Incoming, Outgoing, OpenBroker } from './broker.ts';
import type { Link } from './link.ts';
import { Pieces } from './pieces.ts';
import { misfit, notLetIn, refusedBy } from './refusals.ts';

/** Messages of Redis: published to those who are subscribed at that moment, and kept for nobody. */
export const openRedis: OpenBroker = async ({ address }, credentials, link): Promise<Broker> => {
  const client = new Client(link);
  const login = loginOf(credentials);
  // Without credentials too it is found out before anything leaves whether they were needed.
  const entry = await link.answer(client.ask(login === undefined ? ['PING'] : ['AUTH', ...login]));
  if (entry instanceof Refusal) throw notLetIn(entry.said);
  return {
    publish: async ({ body, headers }: Outgoing, left) => {
      if (Object.keys(headers).length > 0) throw misfit('Messages of Redis have no headers.');
      left();
      const answer = await link.answer(client.ask(['PUBLISH', address, body]));
      if (answer instanceof Refusal) throw refusedBy(answer.said);
    },
    subscribe: async (onMessage) => {
      client.onMessage = onMessage;
      const answer = await link.answer(client.ask(['SUBSCRIBE', address]));
      if (answer instanceof Refusal) throw refusedBy(answer.said);
    },
    leave: () => link.socket.end(),
  };
};

function loginOf(credentials: Credentials): readonly string[] | undefined {
  if (credentials.kind === 'none') return undefined;
  if (credentials.kind === 'token') return [credentials.token];
  return [credentials.username, credentials.password];
}

/** An error that Redis answered. */
class Refusal {
  readonly said: string;

  constructor(said: string) {
    this.said = said;
  }
}

type Reply = Refusal | Buffer | string | number | null | readonly Reply[];

/** RESP2: requests are arrays of counted texts, answers come in the order of the requests, messages in between. */
class Client {
  readonly #pieces = new Pieces();
  readonly #waiting: ((reply: Reply) => void)[] = [];
  readonly #link: Link;
  onMessage: ((message: Incoming) => void) | undefined;

  constructor(link: Link) {
    this.#link = link;
    link.read((piece) => {
      this.#pieces.push(piece);
      for (;;) {
        const reply = this.#pieces.attempt(() => this.#reply(0));
        if (reply === undefined) return;
        this.#take(reply);
      }
    });
  }

  ask(parts: readonly (string | Buffer)[]): Promise<Reply> {
    const counted = parts.flatMap((part) => {
      const bytes = Buffer.from(part as string);
      return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')];
    });
    const answered = new Promise<Reply>((resolve) => this.#waiting.push(resolve));
    this.#link.socket.write(Buffer.concat([Buffer.from(`*${parts.length}\r\n`), ...counted]));
    return answered;
  }

  #take(reply: Reply): void {
    const [kind, , body] = Array.isArray(reply) ? (reply as readonly Reply[]) : [];
    if (Buffer.isBuffer(kind) && kind.toString() === 'message' && Buffer.isBuffer(body))
      this.onMessage?.({ body, headers: {} });
    else this.#waiting.shift()?.(reply);
  }

  #reply(depth: number): Reply | undefined {
    const line = this.#pieces.line();
    if (line === undefined) return undefined;
    const rest = line.slice(1);
    switch (line[0]) {
      case '+':
        return rest;
      case '-':
        return new Refusal(rest);
      case ':':
        return Number(rest);
      case '$':
        return Number(rest) < 0 ? null : this.#pieces.counted(Number(rest));
      case '*':
        return this.#replies(Number(rest), depth);
      default:
        throw this.#link.garbled();
    }
  }

  #replies(count: number, depth: number): readonly Reply[] | undefined {
    if (depth > 0 || count > mostReplies) throw this.#link.garbled();
    const replies: Reply[] = [];
    for (let i = 0; i < count; i += 1) {
      const reply = this.#reply(depth + 1);
      if (reply === undefined) return undefined;
      replies.push(reply);
    }
    return replies;
  }
}

/** Members of an answer: none that we ask for has more. */
const mostReplies = 16;
