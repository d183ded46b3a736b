import type { Actions, JsonObject } from '@pawl/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerJson, attempt, bodyText, makeActions, requestFor, serve, TestCancellation } from '../actions.fixture.ts';
import type { TestServer } from '../actions.fixture.ts';
import { orders, swaggerOf } from './openapi.fixture.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

let api: TestServer;
let actions: Actions & { close(): Promise<void> };
const seen: Seen[] = [];
/** What the server answers to anything but a document. */
let answer: { status: number; body?: JsonObject } | 'reset' | 'silence' = { status: 200 };
let documents: Record<string, { text: string; etag?: string; status?: number }> = {};

const calls = (): Seen[] => seen.filter(({ url }) => documents[url] === undefined);
const fetches = (): Seen[] => seen.filter(({ url }) => documents[url] !== undefined);

beforeAll(async () => {
  api = await serve((request, response) => {
    void bodyText(request).then((body) => {
      const url = request.url ?? '';
      seen.push({ method: request.method ?? '', url, headers: request.headers as Record<string, string>, body });
      const document = documents[url];
      if (document !== undefined) {
        if (document.etag !== undefined && request.headers['if-none-match'] === document.etag)
          return response.writeHead(304).end();
        return response
          .writeHead(document.status ?? 200, document.etag === undefined ? {} : { etag: document.etag })
          .end(document.text);
      }
      if (answer === 'reset') return request.socket.resetAndDestroy();
      if (answer === 'silence') return undefined;
      return answerJson(response, answer.body ?? { done: true }, answer.status);
    });
  });
});

beforeEach(() => {
  seen.length = 0;
  answer = { status: 200 };
  documents = {
    '/docs/v1/swagger.json': { text: JSON.stringify(swaggerOf(`127.0.0.1:${api.port}`)) },
    '/docs/v1/orders.yaml': { text: orders },
  };
  actions = makeActions({ allowNets: '127.0.0.1' });
  return () => actions.close();
});

afterAll(() => api.close());

const argsOf = (
  document: string,
  operationId: string,
  parameters: JsonObject = {},
  more: JsonObject = {},
): JsonObject => ({
  document: { endpoint: `${api.url}/docs/v1/${document}` },
  operationId,
  parameters,
  ...more,
});

const call = (args: JsonObject, more: Parameters<typeof requestFor>[2] = {}, cancellation = new TestCancellation()) =>
  attempt(actions, requestFor('openapi', args, { guarantee: 'once', ...more }), cancellation);

describe('an operation of Swagger 2.0', () => {
  it('is called at its host and base path, its parameters in their places', async () => {
    const { outcome } = await call(
      argsOf('swagger.json', 'findPetsByStatus', { status: ['sold', 'a b'], tags: ['x', 'y'], api_key: 'k' }),
    );
    expect(outcome).toEqual({ kind: 'completed', output: { done: true }, pure: true });
    expect(calls()).toMatchObject([
      {
        method: 'GET',
        url: '/v2/pet/findByStatus?status=sold&status=a%20b&tags=x%7Cy',
        headers: { accept: 'application/json', api_key: 'k' },
      },
    ]);
  });

  it('takes one value where a list is meant', async () => {
    await call(argsOf('swagger.json', 'findPetsByStatus', { status: 'available' }));
    expect(calls()[0]?.url).toBe('/v2/pet/findByStatus?status=available');
  });

  it('sends a body as JSON, under its own name or as body', async () => {
    for (const name of ['pet', 'body'])
      await call(argsOf('swagger.json', 'replacePet', { petId: 7, [name]: { name: 'Rex' } }));
    for (const sent of calls())
      expect(sent).toMatchObject({
        method: 'PUT',
        url: '/v2/pet/7',
        body: '{"name":"Rex"}',
        headers: { 'content-type': 'application/json' },
      });
    expect(calls()).toHaveLength(2);
  });

  it('sends a form', async () => {
    await call(argsOf('swagger.json', 'updatePetWithForm', { petId: 7, name: 'Ünn & Co', marks: ['a', 'b'] }));
    expect(calls()).toMatchObject([
      { body: 'name=%C3%9Cnn+%26+Co&marks=a%2Cb', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ]);
  });

  it('has the output that the step asks for', async () => {
    const { outcome } = await call(argsOf('swagger.json', 'getPetById', { petId: '1' }, { output: 'response' }));
    expect(outcome).toMatchObject({
      output: { request: { method: 'GET', uri: `${api.url}/v2/pet/1` }, statusCode: 200, content: { done: true } },
    });
  });
});

describe('an operation of OpenAPI 3', () => {
  it('has a server relative to the document, and every style of parameter', async () => {
    const { outcome } = await call(
      argsOf('orders.yaml', 'lines', {
        id: 'a/b',
        format: 'csv',
        filter: { state: 'open', by: { name: 'Lena' } },
        ids: [1, 2],
        sort: ['a', 'b'],
        shape: { w: 1, h: 2 },
        raw: 'a/b?c#',
        where: { x: [1] },
        'X-Trace': 'on',
        session: 'é',
      }),
    );
    expect(outcome).toMatchObject({ kind: 'completed' });
    expect(calls()).toMatchObject([
      {
        url: `/docs/live/api/orders/a%2Fb/lines.csv?filter%5Bstate%5D=open&filter%5Bby%5D%5Bname%5D=Lena&ids=1%2C2&sort=a%20b&w=1&h=2&raw=a/b?c%23&where=%7B%22x%22%3A%5B1%5D%7D`,
        headers: { 'x-trace': 'on', cookie: 'session=%C3%A9', accept: 'text/csv, */*;q=0.1' },
      },
    ]);
  });

  it('gives a body its content type, and puts it together of its members', async () => {
    await call(argsOf('orders.yaml', 'placeOrder', { item: 'pen', count: 2 }), { key: 'effect-1' });
    expect(calls()).toMatchObject([
      {
        method: 'POST',
        url: '/docs/live/api/orders',
        body: '{"item":"pen","count":2}',
        headers: { 'content-type': 'application/vnd.orders+json', 'idempotency-key': 'effect-1' },
      },
    ]);
  });

  it('writes a form of parts, the same bytes each time', async () => {
    for (const _ of [1, 2]) await call(argsOf('orders.yaml', 'upload', { title: 'a', meta: { n: 1 } }));
    const [first, second] = calls();
    expect(first).toMatchObject({ url: '/files/upload' });
    expect(first?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=pawl-/);
    expect(first?.body).toContain('name="title"\r\n\r\na\r\n');
    expect(first?.body).toContain('name="meta"\r\n\r\n{"n":1}\r\n');
    expect(second?.body).toBe(first?.body);
  });
});

describe('what cannot be called', () => {
  const detailOf = async (args: JsonObject) => {
    const { outcome, left } = await call(args);
    expect(left).toBe(0);
    expect(calls()).toEqual([]);
    return outcome;
  };

  it('is an operation that is not there, with the nearest one', async () => {
    expect(await detailOf(argsOf('swagger.json', 'findPetsBySatus'))).toMatchObject({
      kind: 'terminal',
      error: { status: 400, detail: expect.stringContaining('did you mean "findPetsByStatus"?') as string },
    });
  });

  it('is one without a parameter that it needs; the error has all of them', async () => {
    expect(await detailOf(argsOf('swagger.json', 'addPet'))).toMatchObject({
      kind: 'terminal',
      error: {
        code: 'PAWL_ACTION_INPUT',
        detail: expect.stringContaining('needs body. Its parameters are body (application/json, required)') as string,
      },
    });
    expect(await detailOf(argsOf('swagger.json', 'replacePet', { body: {} }))).toMatchObject({
      error: { detail: expect.stringContaining('needs petId. Its parameters are pet') as string },
    });
  }, 20_000);

  it('is one with a parameter that it does not have', async () => {
    expect(await detailOf(argsOf('swagger.json', 'getPetById', { petId: 1, petID: 2 }))).toMatchObject({
      error: {
        detail: expect.stringContaining(
          'no parameter petID (did you mean "petId"?). Its parameters are petId (path, required)',
        ) as string,
      },
    });
  });

  it.each(['..', '.', ''])('is a path in which a value would lead elsewhere: %j', async (petId) => {
    expect(await detailOf(argsOf('swagger.json', 'getPetById', { petId }))).toMatchObject({
      error: { code: 'PAWL_ACTION_INPUT' },
    });
  });

  it.each([
    ['outside', 'it refers to another document'],
    ['circle', 'leads in a circle'],
    ['nowhere', 'leads nowhere'],
  ])('is an operation whose reference is bad: %s', async (operation, why) => {
    expect(await detailOf(argsOf('orders.yaml', operation))).toMatchObject({
      kind: 'terminal',
      error: { status: 400, detail: expect.stringContaining(why) as string },
    });
  });
});

describe('the document', () => {
  const get = argsOf.bind(undefined, 'swagger.json', 'getPetById', { petId: 1 });

  it.each([
    ['no text', '{"swagger": "2.0"', 'neither JSON nor YAML'],
    ['no object', '[]', 'holds no object'],
    ['no description of an API', '{"asyncapi": "3.0.0"}', 'describes no API'],
    [
      'an alias bomb',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join()}]`)
        .join('\n')}`,
      'neither JSON nor YAML',
    ],
    ['long YAML', `a: ${'x'.repeat(1_100_000)}`, 'YAML of more than'],
  ])('that is none is an error of the configuration: %s', async (_, text, why) => {
    documents['/docs/v1/swagger.json'] = { text };
    const { outcome } = await call(get());
    expect(outcome).toMatchObject({
      kind: 'terminal',
      error: { status: 400, detail: expect.stringContaining(why) as string },
    });
  });

  it('that is too large is refused before it is read', async () => {
    documents['/docs/v1/swagger.json'] = { text: `{"a":"${'x'.repeat(9_000_000)}"}` };
    expect((await call(get())).outcome).toMatchObject({
      kind: 'terminal',
      error: { detail: expect.stringContaining('larger than 8388608 bytes') as string },
    });
  });

  it('that is not there ends the step; one that may come later is asked for again, and nothing has left', async () => {
    documents['/docs/v1/swagger.json'] = { text: 'no', status: 404 };
    expect(await call(get())).toMatchObject({ left: 0, outcome: { kind: 'terminal', error: { status: 404 } } });
    documents['/docs/v1/swagger.json'] = { text: 'no', status: 503 };
    expect(await call(get())).toMatchObject({
      left: 0,
      outcome: { kind: 'retryable', left: false, error: { status: 503 } },
    });
    documents['/docs/v1/swagger.json'] = { text: 'no', status: 500 };
  });

  it('at an address that egress does not reach is refused', async () => {
    await actions.close();
    actions = makeActions();
    expect((await call(get())).outcome).toMatchObject({ kind: 'terminal', error: { code: 'PAWL_EGRESS' } });
  });

  it('is fetched once however many calls there are, for each who asks', async () => {
    await Promise.all([call(get()), call(get()), call(get())]);
    await call(get());
    expect(fetches()).toHaveLength(1);
    const document = {
      endpoint: { uri: `${api.url}/docs/v1/swagger.json`, authentication: { bearer: { token: 't0ken' } } },
    };
    await call({ ...get(), document });
    expect(fetches().map(({ headers }) => headers['authorization'])).toEqual([undefined, 'Bearer t0ken']);
  });

  it('does not get the credentials of the API, nor the API those of the document', async () => {
    const document = {
      endpoint: { uri: `${api.url}/docs/v1/swagger.json`, authentication: { bearer: { token: 'doc' } } },
    };
    await call({ ...get(), document, authentication: { basic: { username: 'u', password: 'p' } } });
    expect(seen.map(({ headers }) => headers['authorization'])).toEqual(['Bearer doc', 'Basic dTpw']);
  });
});

describe('the guarantee of an operation', () => {
  const get = () => argsOf('swagger.json', 'getPetById', { petId: 1 });
  const post = () => argsOf('swagger.json', 'addPet', { body: {} });

  it('is once until the document says otherwise, or the step does', () => {
    const described = actions.describe('openapi');
    expect(described?.guarantee({}, undefined)).toBe('once');
    expect(described?.guarantee({}, { place: 'header', name: 'K', retentionMs: 1 })).toBe('keyed');
  });

  it('of a GET turns out to be pure: nothing leaves that a person would have to be asked about', async () => {
    answer = 'reset';
    expect(await call(get())).toMatchObject({ left: 0, outcome: { kind: 'retryable', left: false } });
    answer = { status: 500 };
    expect(await call(get())).toMatchObject({ left: 0, outcome: { kind: 'terminal', error: { status: 500 } } });
    answer = { status: 504 };
    expect(await call(get())).toMatchObject({
      left: 0,
      outcome: { kind: 'retryable', left: false, error: { status: 504 } },
    });
  });

  it('of a GET that the step declares once stays so', async () => {
    answer = 'reset';
    expect(await call(get(), { declared: true })).toMatchObject({ left: 1, outcome: { kind: 'ambiguous' } });
  });

  it('of a POST stays once: an answer that is lost is unknown', async () => {
    answer = 'reset';
    expect(await call(post())).toMatchObject({ left: 1, outcome: { kind: 'ambiguous' } });
    answer = { status: 404, body: { message: 'no' } };
    expect(await call(post())).toMatchObject({ left: 1, outcome: { kind: 'terminal', error: { status: 404 } } });
  });

  it('that is keyed sends the key', async () => {
    const keyIn = { place: 'header', name: 'X-Key', retentionMs: 1 } as const;
    await call(post(), { guarantee: 'keyed', key: 'k1', keyIn });
    expect(calls()[0]?.headers['x-key']).toBe('k1');
  });

  it('is kept when the document changes between two attempts: another request does not leave', async () => {
    answer = 'reset';
    const declared = { guarantee: 'idempotent', declared: true, key: 'frozen' } as const;
    expect((await call(post(), declared)).outcome.kind).toBe('ambiguous');
    documents['/docs/v1/other.json'] = {
      text: JSON.stringify({ ...swaggerOf(`127.0.0.1:${api.port}`), basePath: '/v3' }),
    };
    const moved = { ...post(), document: { endpoint: `${api.url}/docs/v1/other.json` } };
    answer = { status: 200 };
    expect(await call(moved, { ...declared, attempt: 2 })).toMatchObject({
      left: 0,
      outcome: { kind: 'ambiguous', error: { detail: expect.stringContaining('document has changed') as string } },
    });
    expect(await call(post(), { ...declared, attempt: 2 })).toMatchObject({ left: 1, outcome: { kind: 'completed' } });
  });

  it('is cancelled without a trace while the document is fetched', async () => {
    const cancellation = new TestCancellation();
    const slow = call({ ...get(), document: { endpoint: `${api.url}/slow` } }, {}, cancellation);
    answer = 'silence';
    cancellation.cancel();
    expect(await slow).toMatchObject({ left: 0, outcome: { kind: 'cancelled' } });
  });
});
