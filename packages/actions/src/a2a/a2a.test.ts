import type { ServerResponse } from 'node:http';
import type { Actions, Json, JsonObject } from '@pawl/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerJson, attempt, bodyText, makeActions, requestFor, serve, TestCancellation } from '../actions.fixture.ts';
import type { TestServer } from '../actions.fixture.ts';

interface Got {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly message: JsonObject;
}

let agent: TestServer;
let actions: Actions & { close(): Promise<void> };
const got: Got[] = [];
let card: JsonObject = {};
type Answer = (message: JsonObject, response: ServerResponse) => void;
const echo: Answer = ({ id, params }, response) => answerJson(response, { jsonrpc: '2.0', id, result: params });
let answer = echo;

beforeAll(async () => {
  agent = await serve((request, response) => {
    void bodyText(request).then((text) => {
      const message = (text === '' ? {} : JSON.parse(text)) as JsonObject;
      got.push({ url: request.url ?? '', headers: request.headers as Record<string, string>, message });
      if (request.method === 'GET') return answerJson(response, card);
      return answer(message, response);
    });
  });
});

beforeEach(() => {
  got.length = 0;
  answer = echo;
  actions = makeActions({ allowNets: '127.0.0.1' });
  return () => actions.close();
});

afterAll(() => agent.close());

const hello = { message: { role: 'user', parts: [{ kind: 'text', text: 'hello' }] } };

async function call(args: JsonObject, more: Parameters<typeof requestFor>[2] = {}) {
  const given = { server: `${agent.url}/rpc`, ...args };
  const guarantee = actions.describe('a2a')?.guarantee(given, undefined) ?? 'once';
  return attempt(actions, requestFor('a2a', given, { guarantee, key: 'key-7', ...more }), new TestCancellation());
}

/** Answers with a stream of results, and leaves it open. */
function streaming(...results: readonly Json[]): Answer {
  return ({ id }, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const result of results) response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`);
  };
}

describe('a message to an agent', () => {
  it('is sent with the effect key as its id, unless it has one', async () => {
    const { outcome, left } = await call({ method: 'message/send', parameters: hello });
    expect({ outcome, left }).toEqual({
      left: 1,
      outcome: { kind: 'completed', output: { message: { messageId: 'key-7', ...hello.message } } },
    });
    expect(got[0]?.message).toMatchObject({ jsonrpc: '2.0', method: 'message/send' });
    await call({ method: 'message/send', parameters: { message: { ...hello.message, messageId: 'mine' } } });
    expect(got[1]?.message['params']).toMatchObject({ message: { messageId: 'mine' } });
  });

  it('whose answer is a stream gives all its events, to the last', async () => {
    const events = [{ kind: 'task', id: 't' }, { kind: 'artifact-update' }, { kind: 'status-update', final: true }];
    answer = streaming(...events);
    expect((await call({ method: 'message/stream', parameters: hello })).outcome).toEqual({
      kind: 'completed',
      output: events,
    });
    answer = streaming({ kind: 'message', parts: [] });
    expect((await call({ method: 'message/stream', parameters: hello })).outcome).toEqual({
      kind: 'completed',
      output: [{ kind: 'message', parts: [] }],
    });
  });

  it('whose stream breaks off is ambiguous; so is one without an answer', async () => {
    answer = ({ id }, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: { kind: 'task' } })}\n\n`, () =>
        response.destroy(),
      );
    };
    expect((await call({ method: 'message/stream', parameters: hello })).outcome).toMatchObject({ kind: 'ambiguous' });
    answer = (_, response) => response.socket?.resetAndDestroy();
    expect((await call({ method: 'message/send', parameters: hello })).outcome).toMatchObject({ kind: 'ambiguous' });
  });
});

describe('errors', () => {
  const errorWith =
    (code: number): Answer =>
    ({ id }, response) =>
      answerJson(response, { jsonrpc: '2.0', id, error: { code, message: 'so it is' } });

  it('are of the kind runtime, with the words of the agent', async () => {
    answer = errorWith(-32001);
    expect((await call({ method: 'tasks/get', parameters: { id: 't' } })).outcome).toMatchObject({
      kind: 'terminal',
      error: {
        type: expect.stringMatching(/runtime$/) as string,
        detail: expect.stringContaining('error -32001: so it is') as string,
      },
    });
    answer = (_, response) => answerJson(response, { no: 1 }, 404);
    expect((await call({ method: 'tasks/get' })).outcome).toMatchObject({
      kind: 'terminal',
      error: { type: expect.stringMatching(/runtime$/) as string, status: 404 },
    });
  });

  it('that do not refuse leave it open whether a message had an effect', async () => {
    answer = errorWith(-32603);
    expect((await call({ method: 'message/send', parameters: hello })).outcome).toMatchObject({ kind: 'ambiguous' });
    answer = errorWith(-32005);
    expect((await call({ method: 'message/send', parameters: hello })).outcome).toMatchObject({ kind: 'terminal' });
  });
});

describe('the card of an agent', () => {
  const withCard = (more: Parameters<typeof requestFor>[2] = {}, authentication?: JsonObject) => {
    const uri = `${agent.url}/.well-known/agent-card.json`;
    const agentCard = { endpoint: authentication === undefined ? uri : { uri, authentication } };
    const args = { method: 'tasks/get', parameters: { id: 't' }, agentCard };
    return attempt(actions, requestFor('a2a', args, more));
  };

  it('says where it takes JSON-RPC, in any form of cards', async () => {
    for (const [i, form] of [
      { url: `${agent.url}/0` },
      {
        url: 'grpc://x',
        preferredTransport: 'GRPC',
        additionalInterfaces: [{ transport: 'JSONRPC', url: `${agent.url}/1` }],
      },
      {
        supportedInterfaces: [
          { protocolBinding: 'GRPC', url: 'x' },
          { protocolBinding: 'JSONRPC', url: '/2' },
        ],
      },
    ].entries()) {
      card = form;
      await actions.close();
      actions = makeActions({ allowNets: '127.0.0.1' });
      expect((await withCard()).outcome).toMatchObject({ kind: 'completed' });
      expect(got.at(-1)?.url).toBe(`/${i}`);
    }
  });

  it('that names no such address is an error of the configuration', async () => {
    card = { url: 'x', preferredTransport: 'GRPC' };
    expect((await withCard()).outcome).toMatchObject({
      kind: 'terminal',
      error: {
        type: expect.stringMatching(/configuration$/) as string,
        detail: expect.stringContaining('JSON-RPC') as string,
      },
    });
  });

  it('has its credentials sent to its own server only', async () => {
    const bearer = { bearer: { token: 'card-token' } };
    card = { url: `${agent.url}/rpc` };
    await withCard({}, bearer);
    expect(got.map(({ headers }) => headers['authorization'])).toEqual(['Bearer card-token', 'Bearer card-token']);
    const other = await serve((request, response) => {
      got.push({ url: 'other', headers: request.headers as Record<string, string>, message: {} });
      answerJson(response, { jsonrpc: '2.0', id: 1, result: {} });
    });
    got.length = 0;
    card = { url: other.url };
    await actions.close();
    actions = makeActions({ allowNets: '127.0.0.1' });
    expect((await withCard({}, bearer)).outcome).toMatchObject({ kind: 'completed' });
    expect(got.map(({ url, headers }) => [url, headers['authorization']])).toEqual([
      ['/.well-known/agent-card.json', 'Bearer card-token'],
      ['other', undefined],
    ]);
    await other.close();
  });
});

describe('the guarantee', () => {
  it('is once for a message, and what a repeat does for the rest', () => {
    const of = (method: string, parameters: JsonObject = {}) =>
      actions.describe('a2a')?.guarantee({ method, parameters }, undefined);
    expect([of('message/send'), of('message/stream')]).toEqual(['once', 'once']);
    expect([
      of('tasks/get'),
      of('tasks/list'),
      of('tasks/resubscribe'),
      of('agent/getAuthenticatedExtendedCard'),
    ]).toEqual(Array(4).fill('pure'));
    expect([of('tasks/cancel'), of('tasks/pushNotificationConfig/delete')]).toEqual(['idempotent', 'idempotent']);
    expect(of('tasks/pushNotificationConfig/set')).toBe('once');
    expect(of('tasks/pushNotificationConfig/set', { pushNotificationConfig: { id: 'a' } })).toBe('idempotent');
  });

  it('keyed gives the key to the message or to the server', async () => {
    const keyed = { guarantee: 'keyed' } as const;
    const parameters = { message: { ...hello.message, messageId: 'mine' } };
    await call(
      { method: 'message/send', parameters },
      { ...keyed, keyIn: { place: 'body', name: 'messageId', retentionMs: 1 } },
    );
    expect(got[0]?.message['params']).toMatchObject({ message: { messageId: 'key-7' } });
    await call(
      { method: 'message/send', parameters },
      { ...keyed, keyIn: { place: 'header', name: 'X-Key', retentionMs: 1 } },
    );
    expect(got[1]?.headers['x-key']).toBe('key-7');
  });
});
