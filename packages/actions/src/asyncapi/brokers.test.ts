import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { AMQPClient } from '@cloudamqp/amqp-client';
import type { Json, JsonObject, MessageRules } from '@pawl/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attempt, makeActions, requestFor, TestCancellation } from '../actions.fixture.ts';
import type { Attempted } from '../actions.fixture.ts';
import { documentOf, listens, serveDocument, whilePending } from './brokers.fixture.ts';

const ports = { amqp: 5672, mqtt: 1883, nats: 4222, redis: 6379 };
const running = Object.fromEntries(
  await Promise.all(Object.entries(ports).map(async ([name, port]) => [name, await listens(port)] as const)),
) as Record<keyof typeof ports, boolean>;

const closing: (() => Promise<unknown>)[] = [];
let name = '';
beforeEach(() => {
  name = `pawl-test-${randomBytes(6).toString('hex')}`;
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

type More = Parameters<typeof requestFor>[2];

/** Calls of a channel of a document: the port of Actions with no stand-in but the server of the document. */
async function callsOf(document: JsonObject, nets = (_: number): string => '127.0.0.1') {
  const server = await serveDocument(document);
  const actions = makeActions({ allowNets: nets(server.port) });
  closing.push(
    () => server.close(),
    () => actions.close(),
  );
  const call = (args: JsonObject, more: More = {}, cancellation = new TestCancellation()): Promise<Attempted> => {
    const given = { document: { endpoint: `${server.url}/doc` }, operation: 'o', ...args };
    return attempt(actions, requestFor('asyncapi', given, { guarantee: 'once', ...more }), cancellation);
  };
  return {
    call,
    publish: (message: JsonObject, args: JsonObject = {}, more: More = {}) => call({ message, ...args }, more),
    subscribe: (consume: JsonObject, more: More = {}, args: JsonObject = {}, cancellation = new TestCancellation()) =>
      call({ subscription: { consume }, ...args }, more, cancellation),
  };
}

const server = (protocol: keyof typeof ports, more: JsonObject = {}): JsonObject => ({
  host: `127.0.0.1:${ports[protocol]}`,
  protocol,
  ...more,
});

/** Publishes numbers, one after another, until a subscription has what it wants; gives the numbers that it got. */
async function numbersTaken(calls: Awaited<ReturnType<typeof callsOf>>, taking: Promise<Attempted>) {
  let n = 0;
  const { outcome, left } = await whilePending(taking, async () => {
    n += 1;
    expect((await calls.publish({ payload: { n } })).outcome).toEqual({ kind: 'completed', output: null });
  });
  expect(left).toBe(0);
  const messages = outcome.kind === 'completed' ? (outcome.output as readonly { payload: { n: number } }[]) : [];
  return { outcome, numbers: messages.map(({ payload }) => payload.n) };
}

const rulesOf = (rules: Partial<MessageRules>): { rules: MessageRules } => ({
  rules: { wants: () => true, enough: () => false, ...rules },
});
const even: Partial<MessageRules> = {
  wants: (message) => ((message as { payload: { n: number } }).payload.n ?? 0) % 2 === 0,
  enough: (messages) => messages.length >= 2,
};

for (const protocol of ['mqtt', 'nats', 'redis'] as const) {
  describe.skipIf(!running[protocol])(`${protocol} (where its broker listens on port ${ports[protocol]})`, () => {
    it('takes an amount of messages in their order, as what is pure: nothing is taken from anybody', async () => {
      const calls = await callsOf(documentOf(server(protocol), { address: name }));
      const { numbers, outcome } = await numbersTaken(calls, calls.subscribe({ amount: 3 }));
      expect(numbers).toHaveLength(3);
      expect(numbers).toEqual([0, 1, 2].map((i) => (numbers[0] ?? 0) + i));
      expect(outcome).toMatchObject({ kind: 'completed', pure: true });
    });

    it('takes those that it wants until it has enough', async () => {
      const calls = await callsOf(documentOf(server(protocol), { address: name }));
      const { numbers } = await numbersTaken(calls, calls.subscribe({}, rulesOf(even)));
      expect(numbers).toHaveLength(2);
      expect(numbers.filter((n) => n % 2 === 0)).toEqual(numbers);
    });

    it('ends with what has come when its time is over', async () => {
      const calls = await callsOf(documentOf(server(protocol), { address: name }));
      expect(await calls.subscribe({ amount: 3, for: 'PT0.05S' })).toMatchObject({
        left: 0,
        outcome: { kind: 'completed', output: [] },
      });
    });

    it('is given up when the attempt is', async () => {
      const calls = await callsOf(documentOf(server(protocol), { address: name }));
      const cancellation = new TestCancellation();
      const taking = calls.subscribe({}, rulesOf({ enough: () => (cancellation.cancel(), false) }), {}, cancellation);
      const { outcome } = await whilePending(taking, () => calls.publish({ payload: { n: 1 } }));
      expect(outcome).toEqual({ kind: 'cancelled' });
    });

    it('is reached through the guard of egress alone', async () => {
      const document = documentOf(server(protocol), { address: name });
      const calls = await callsOf(document, (port) => `127.0.0.1:${port}`);
      for (const { outcome, left } of [await calls.publish({ payload: {} }), await calls.subscribe({ amount: 1 })]) {
        expect(outcome).toMatchObject({ kind: 'terminal', error: { code: 'PAWL_EGRESS' } });
        expect(left).toBe(0);
      }
    });
  });
}

describe.skipIf(!running.mqtt)('mqtt', () => {
  it('has headers in version 5 only', async () => {
    const five = await callsOf(documentOf(server('mqtt', { protocolVersion: '5.0' }), { address: name }));
    const message = { payload: { n: 1 }, headers: { trace: 't', n: 1 } };
    const { outcome } = await whilePending(five.subscribe({ amount: 1 }), () => five.publish(message));
    expect(outcome).toMatchObject({ output: [{ payload: { n: 1 }, headers: { trace: 't', n: '1' } }] });
    expect((await five.publish({ payload: {} })).outcome).toEqual({ kind: 'completed', output: null });
    const three = await callsOf(documentOf(server('mqtt'), { address: name }));
    expect((await three.publish(message)).outcome).toMatchObject({
      kind: 'terminal',
      error: { type: expect.stringMatching(/configuration$/) as string },
    });
  });

  it('is not published to what has wildcards, and may be subscribed to them', async () => {
    const calls = await callsOf(documentOf(server('mqtt'), { address: `${name}/+` }));
    expect((await calls.publish({ payload: {} })).outcome).toMatchObject({ kind: 'terminal' });
    const one = await callsOf(documentOf(server('mqtt'), { address: `${name}/a` }));
    const { outcome } = await whilePending(calls.subscribe({ amount: 1 }), () => one.publish({ payload: { n: 5 } }));
    expect(outcome).toMatchObject({ output: [{ payload: { n: 5 } }] });
  });
});

describe.skipIf(!running.redis)('redis', () => {
  it('says who may not connect, without the password', async () => {
    const calls = await callsOf(documentOf(server('redis'), { address: name }));
    const authentication = { basic: { username: 'nobody', password: 'wrong-password' } };
    const { outcome, left } = await calls.publish({ payload: {} }, { authentication });
    expect(outcome).toMatchObject({ kind: 'terminal', error: { status: 401 } });
    expect(JSON.stringify(outcome)).not.toContain('wrong-password');
    expect(left).toBe(0);
  });
});

describe.skipIf(!running.nats)('nats', () => {
  it('carries headers', async () => {
    const calls = await callsOf(documentOf(server('nats'), { address: name }));
    const message = { payload: { n: 1 }, headers: { 'X-Trace': 't' } };
    const { outcome } = await whilePending(calls.subscribe({ amount: 1 }), () => calls.publish(message));
    expect(outcome).toMatchObject({ output: [{ payload: { n: 1 }, headers: { 'X-Trace': 't' } }] });
    const split = { payload: {}, headers: { a: 'b\r\nc: d' } };
    expect((await calls.publish(split)).outcome).toMatchObject({ kind: 'terminal' });
  });

  it('stores what has a key once in a stream, however often it is published', async () => {
    await jetStream(`STREAM.CREATE.${name}`, { name, subjects: [`${name}.>`], storage: 'memory' });
    closing.push(() => jetStream(`STREAM.DELETE.${name}`, {}));
    const calls = await callsOf(documentOf(server('nats'), { address: `${name}.orders` }));
    const keyIn = { place: 'header', name: 'Nats-Msg-Id', retentionMs: 60_000 } as const;
    for (const key of ['k1', 'k1', 'k2'])
      expect(await calls.publish({ payload: { n: 1 } }, {}, { guarantee: 'keyed', key, keyIn })).toEqual({
        left: 1,
        outcome: { kind: 'completed', output: null },
      });
    expect(await jetStream(`STREAM.INFO.${name}`, {})).toMatchObject({ state: { messages: 2 } });
  });

  it('refuses a key where no stream would know it', async () => {
    const calls = await callsOf(documentOf(server('nats'), { address: name }));
    const keyIn = { place: 'header', name: 'Nats-Msg-Id', retentionMs: 60_000 } as const;
    expect((await calls.publish({ payload: {} }, {}, { guarantee: 'keyed', keyIn })).outcome).toMatchObject({
      kind: 'terminal',
      error: { status: 404 },
    });
  });
});

describe.skipIf(!running.amqp)('amqp (where its broker listens on port 5672)', () => {
  const authentication = { basic: { username: 'guest', password: 'guest' } };

  async function withQueue() {
    const client = new AMQPClient('amqp://guest:guest@127.0.0.1');
    const channel = await (await client.connect()).channel();
    await channel.queueDeclare(name, { durable: false, autoDelete: false, exclusive: false });
    closing.push(async () => {
      await channel.queueDelete(name);
      await client.close();
    });
    const queue = { address: name, bindings: { amqp: { is: 'queue', queue: { name } } } };
    const calls = await callsOf(documentOf(server('amqp'), queue));
    const left = async (): Promise<number> => (await channel.queueDeclare(name, { passive: true })).messageCount;
    return { calls, channel, left };
  }

  it('publishes to a queue, confirmed by the broker', async () => {
    const { calls, channel } = await withQueue();
    const message = { payload: { n: 1 }, headers: { trace: 't' } };
    expect(await calls.publish(message, { authentication })).toEqual({
      left: 1,
      outcome: { kind: 'completed', output: null },
    });
    const got = await channel.basicGet(name);
    expect(got?.bodyToString()).toBe('{"n":1}');
    expect(got?.properties).toMatchObject({
      contentType: 'application/json',
      deliveryMode: 2,
      headers: { trace: 't' },
    });
  });

  it('puts the key of an effect where the step says', async () => {
    const { calls, channel } = await withQueue();
    const keyIn = { place: 'header', name: 'message-id', retentionMs: 60_000 } as const;
    await calls.publish({ payload: {} }, { authentication }, { guarantee: 'keyed', key: 'k', keyIn });
    expect((await channel.basicGet(name))?.properties.messageId).toBe('k');
  });

  it('takes from a queue what it wants, which is what leaves, and gives back the rest in order', async () => {
    const { calls, left } = await withQueue();
    for (const n of [1, 2, 3, 4, 5]) await calls.publish({ payload: { n } }, { authentication });
    const first = await calls.subscribe({}, rulesOf(even), { authentication });
    expect(first).toMatchObject({
      left: 1,
      outcome: { kind: 'completed', output: [{ payload: { n: 2 } }, { payload: { n: 4 } }] },
    });
    expect(first.outcome).not.toHaveProperty('pure');
    await expect.poll(left).toBe(3);
    const rest = await calls.subscribe({ amount: 5, for: 'PT0.3S' }, {}, { authentication });
    expect(rest.outcome).toMatchObject({ output: [1, 3, 5].map((n) => ({ payload: { n } })) });
    expect(await left()).toBe(0);
  });

  it('leaves everything in the queue when it is given up, or cannot tell whether it has enough', async () => {
    const { calls, left } = await withQueue();
    for (const n of [1, 2]) await calls.publish({ payload: { n } }, { authentication });
    const cancellation = new TestCancellation();
    const seen = rulesOf({ enough: () => (cancellation.cancel(), false) });
    expect(await calls.subscribe({}, seen, { authentication }, cancellation)).toEqual({
      left: 0,
      outcome: { kind: 'cancelled' },
    });
    const error = { type: 'https://e', status: 400 };
    expect(await calls.subscribe({}, rulesOf({ enough: () => ({ error }) }), { authentication })).toEqual({
      left: 0,
      outcome: { kind: 'terminal', error },
    });
    await expect.poll(left).toBe(2);
  });

  it('hears an exchange by a queue of its own, which is pure', async () => {
    const exchange = { address: name, bindings: { amqp: { is: 'routingKey', exchange: { name: 'amq.topic' } } } };
    const calls = await callsOf(documentOf(server('amqp'), exchange));
    const { outcome } = await whilePending(calls.subscribe({ amount: 2 }), () =>
      calls.publish({ payload: { n: 1 } }).catch(() => undefined),
    );
    expect(outcome).toMatchObject({ kind: 'completed', pure: true, output: [{ payload: { n: 1 } }, {}] });
  });

  it.each([
    ['a message that no queue takes', { payload: {} }, {}, 404],
    ['a password that is wrong', { payload: {} }, { basic: { username: 'guest', password: 'wrong' } }, 401],
  ])('refuses for certain: %s', async (_, message, given, status) => {
    const calls = await callsOf(documentOf(server('amqp'), { address: name }));
    const args = Object.keys(given).length === 0 ? {} : { authentication: given };
    expect((await calls.publish(message, args)).outcome).toMatchObject({ kind: 'terminal', error: { status } });
  });

  it('ends when the broker ends it, with nothing taken', async () => {
    const { calls, channel } = await withQueue();
    await calls.publish({ payload: { n: 1 } }, { authentication });
    let seen = false;
    const enough = (): boolean => {
      seen = true;
      return false;
    };
    const taking = calls.subscribe({}, rulesOf({ enough }), { authentication });
    await expect.poll(() => seen).toBe(true);
    await channel.queueDelete(name);
    expect(await taking).toMatchObject({ left: 0, outcome: { kind: 'retryable', left: false } });
  });

  it('says that there is no such queue', async () => {
    const calls = await callsOf(documentOf(server('amqp'), { address: name }));
    expect(await calls.subscribe({ amount: 1 })).toMatchObject({
      left: 0,
      outcome: { kind: 'terminal', error: { status: 404 } },
    });
  });
});

/** A request to JetStream's own API, with no client but a socket. */
function jetStream(api: string, body: JsonObject): Promise<Json> {
  return new Promise((resolve, reject) => {
    const socket = connect(ports.nats, '127.0.0.1');
    const text = JSON.stringify(body);
    let seen = '';
    socket.on('error', reject);
    socket.on('data', (piece) => {
      seen += piece.toString();
      const answer = /MSG inbox\S* 1 \d+\r\n(.*)\r\n/.exec(seen)?.[1];
      if (answer === undefined) return;
      socket.destroy();
      resolve(JSON.parse(answer) as Json);
    });
    const inbox = `inbox${randomBytes(4).toString('hex')}`;
    socket.write(
      `CONNECT {"verbose":false}\r\nSUB ${inbox} 1\r\nPUB $JS.API.${api} ${inbox} ${text.length}\r\n${text}\r\n`,
    );
  });
}
