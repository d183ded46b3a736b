import type { Actions, JsonObject } from '@pawl/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attempt, bodyText, makeActions, requestFor, serve, TestCancellation } from '../actions.fixture.ts';
import type { TestServer } from '../actions.fixture.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

let server: TestServer;
let actions: Actions & { close(): Promise<void> };
let document = '';
let status = 202;
const seen: Seen[] = [];
const published = (): Seen[] => seen.filter(({ url }) => url !== '/doc');

const version2 = (): string => `
asyncapi: 2.6.0
servers:
  broker: { url: 'kafka://127.0.0.1', protocol: kafka }
  web: { url: 'http://127.0.0.1:${server.port}/{stage}/', protocol: http, variables: { stage: { default: live } } }
channels:
  orders/placed:
    publish: { operationId: placed, message: { $ref: '#/components/messages/order' }, bindings: { http: { method: PUT } } }
  'rooms/{room}': { publish: { operationId: inRoom } }
  readings: { servers: [broker], publish: { operationId: measured } }
components: { messages: { order: { contentType: application/vnd.order+json } } }
`;
const version3 = (): string => `
asyncapi: 3.0.0
defaultContentType: application/json
servers:
  web: { host: '127.0.0.1:${server.port}', pathname: /v3, protocol: http }
channels:
  placed: { address: /orders, servers: [ { $ref: '#/servers/web' } ], messages: { order: { payload: {} } } }
operations:
  sendOrder: { action: send, channel: { $ref: '#/channels/placed' } }
`;

beforeAll(async () => {
  server = await serve((request, response) => {
    void bodyText(request).then((body) => {
      seen.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers as Record<string, string>,
        body,
      });
      if (request.url === '/doc') return response.end(document);
      return response.writeHead(status).end();
    });
  });
});

beforeEach(() => {
  seen.length = 0;
  status = 202;
  document = version2();
  actions = makeActions({ allowNets: '127.0.0.1' });
  return () => actions.close();
});

afterAll(() => server.close());

const call = (args: JsonObject, more: Parameters<typeof requestFor>[2] = {}) => {
  const given = { document: { endpoint: `${server.url}/doc` }, message: { payload: { id: 7 } }, ...args };
  return attempt(actions, requestFor('asyncapi', given, { guarantee: 'once', ...more }), new TestCancellation());
};

describe('a message', () => {
  it('is published to the channel of an operation, at the server that speaks HTTP', async () => {
    expect(
      await call({ operation: 'placed', message: { payload: { id: 7 }, headers: { 'X-Trace': 't', n: 1 } } }),
    ).toEqual({
      left: 1,
      outcome: { kind: 'completed', output: null },
    });
    expect(published()).toMatchObject([
      {
        method: 'PUT',
        url: '/live/orders/placed',
        body: '{"id":7}',
        headers: { 'content-type': 'application/vnd.order+json', 'x-trace': 't', n: '1' },
      },
    ]);
  });

  it('is published to a channel by its name, with variables of the server', async () => {
    await call({
      channel: 'orders/placed',
      server: { name: 'web', variables: { stage: 'test' } },
      authentication: { bearer: { token: 'a' } },
    });
    expect(published()).toMatchObject([{ url: '/test/orders/placed', headers: { authorization: 'Bearer a' } }]);
    expect(seen[0]?.headers['authorization']).toBeUndefined();
  });

  it('is published as AsyncAPI 3 describes it', async () => {
    document = version3();
    for (const where of [{ operation: 'sendOrder' }, { channel: 'placed', protocol: 'http' }]) await call(where);
    expect(published()).toMatchObject(
      Array(2).fill({ method: 'POST', url: '/v3/orders', headers: { 'content-type': 'application/json' } }),
    );
  });

  it('is once unless the step knows more, and takes a key', async () => {
    const described = actions.describe('asyncapi');
    expect(described?.guarantee({}, undefined)).toBe('once');
    status = 500;
    expect((await call({ operation: 'placed' })).outcome).toMatchObject({ kind: 'ambiguous' });
    status = 202;
    await call(
      { operation: 'placed' },
      { guarantee: 'keyed', key: 'k', keyIn: { place: 'header', name: 'X-Key', retentionMs: 1 } },
    );
    expect(published()[1]?.headers['x-key']).toBe('k');
  });
});

describe('what cannot be published', () => {
  it.each([
    [{ operation: 'plased' }, 'no operation plased: did you mean "placed"?'],
    [{ channel: 'orders/place' }, 'no channel orders/place: did you mean "orders/placed"?'],
    [{ operation: 'placed', server: { name: 'wep' } }, 'no server wep'],
    [{ operation: 'placed', server: { name: 'broker' } }, 'The server broker speaks kafka, and Pawl speaks http'],
    [{ operation: 'measured' }, 'The server broker speaks kafka'],
    [{ operation: 'placed', protocol: 'mqtt' }, 'speaks kafka'],
  ])('is an error of the configuration: %j', async (args, why) => {
    expect(await call(args)).toMatchObject({
      left: 0,
      outcome: {
        kind: 'terminal',
        error: {
          status: 400,
          type: expect.stringMatching(/configuration$/) as string,
          detail: expect.stringContaining(why) as string,
        },
      },
    });
    expect(published()).toEqual([]);
  });

  it('is a channel whose address has parameters', async () => {
    expect((await call({ operation: 'inRoom' })).outcome).toMatchObject({
      kind: 'terminal',
      error: { code: 'PAWL_ACTION_INPUT' },
    });
  });

  it('is a document that is none of AsyncAPI', async () => {
    document = 'openapi: 3.1.0';
    expect((await call({ operation: 'placed' })).outcome).toMatchObject({
      kind: 'terminal',
      error: { detail: expect.stringContaining('describes no API in AsyncAPI') as string },
    });
  });
});
