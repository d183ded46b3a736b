import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { ActionRequest, Actions, JsonObject } from '@pawl/core';
import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  answerJson,
  attempt,
  bodyText,
  httpGuarantees,
  makeActions,
  requestFor,
  serve,
  TestCancellation,
  TestLog,
} from '../actions.fixture.ts';
import type { TestServer } from '../actions.fixture.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

let target: TestServer;
let actions: Actions & { close(): Promise<void> };
const seen: Seen[] = [];
const log = new TestLog();

beforeAll(async () => {
  target = await serve((request, response) => {
    void bodyText(request).then((body) => {
      seen.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers as Record<string, string>,
        body,
      });
      const status = /^\/status\/(\d+)/.exec(request.url ?? '')?.[1];
      if (status !== undefined)
        return answerJson(response, { said: request.headers.authorization ?? 'no' }, Number(status));
      if (request.url === '/text') return response.writeHead(200, { 'content-type': 'text/plain' }).end('grüezi');
      if (request.url === '/empty') return response.writeHead(204).end();
      if (request.url === '/bad-json')
        return response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":');
      if (request.url === '/bad-utf8')
        return response.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.from([0x22, 0xff, 0x22]));
      if (request.url === '/deep')
        return response
          .writeHead(200, { 'content-type': 'application/json' })
          .end('['.repeat(100_000) + ']'.repeat(100_000));
      if (request.url === '/problem')
        return response
          .writeHead(200, { 'content-type': 'application/problem+json; charset=utf-8' })
          .end('{"__proto__":{"a":1}}');
      if (request.url === '/reset') return request.socket.resetAndDestroy();
      if (request.url === '/moved') return response.writeHead(302, { location: '/text' }).end();
      if (request.url === '/moved-inside') return response.writeHead(303, { location: 'http://127.0.0.9/' }).end();
      if (request.url === '/silent') return undefined;
      return answerJson(response, { ok: true });
    });
  });
  actions = makeActions({ allowNets: `127.0.0.1:${target.port}`, log });
});
afterAll(async () => {
  await actions.close();
  await target.close();
});

const call = (path: string, args: JsonObject = {}, more: Partial<ActionRequest> = {}) =>
  attempt(actions, requestFor('http', { method: 'POST', endpoint: `${target.url}${path}`, ...args }, more));
const lastSeen = (): Seen | undefined => seen.at(-1);

describe('what http sends', () => {
  test('a JSON body gets its content type; one that is given is kept', async () => {
    await call('/a', { body: { a: [1, null] } });
    expect(lastSeen()).toMatchObject({ body: '{"a":[1,null]}', headers: { 'content-type': 'application/json' } });
    await call('/a', { body: 'plain' });
    expect(lastSeen()).toMatchObject({ body: '"plain"' });
    await call('/a', { body: '<x/>', headers: { 'content-type': 'application/xml' } });
    expect(lastSeen()).toMatchObject({ body: '<x/>', headers: { 'content-type': 'application/xml' } });
    await call('/a', { body: { a: 'x y', b: 1 }, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
    expect(lastSeen()).toMatchObject({ body: 'a=x+y&b=1' });
    await call('/a', { body: { a: 1 }, headers: { 'Content-Type': 'application/vnd.api+json' } });
    expect(lastSeen()).toMatchObject({ body: '{"a":1}', headers: { 'content-type': 'application/vnd.api+json' } });
    await call('/a');
    expect(lastSeen()?.headers['content-type']).toBeUndefined();
  });

  test('query parameters join those of the URL, and replace one of the same name', async () => {
    await call('/q?a=1&b=%20', { query: { c: 'ü&=', b: 'new' } });
    expect(lastSeen()?.url).toBe('/q?a=1&c=%C3%BC%26%3D&b=new');
  });

  test('a keyed call carries its key where the target takes it', async () => {
    const keyed = { guarantee: 'keyed', key: 'K-1' } as const;
    const keyIn = (place: 'header' | 'query' | 'body', name: string) => ({
      ...keyed,
      keyIn: { place, name, retentionMs: 1 },
    });
    await call('/k', { headers: { 'idempotency-key': 'mine' } }, keyIn('header', 'Idempotency-Key'));
    expect(lastSeen()?.headers['idempotency-key']).toBe('K-1');
    await call('/k', {}, keyIn('query', 'request_id'));
    expect(lastSeen()?.url).toBe('/k?request_id=K-1');
    await call('/k', { body: { amount: 1 } }, keyIn('body', 'ref'));
    expect(lastSeen()?.body).toBe('{"amount":1,"ref":"K-1"}');
    expect(await call('/k', { body: [1] }, keyIn('body', 'ref'))).toMatchObject({
      left: 0,
      outcome: { kind: 'terminal', error: { code: 'PAWL_ACTION_INPUT' } },
    });
  });

  test('no key is sent by a call that is not keyed', async () => {
    await call('/k', {}, { guarantee: 'once', key: 'K-2' });
    expect(JSON.stringify(lastSeen())).not.toContain('K-2');
  });

  test('basic and bearer authentication', async () => {
    await call('', {
      endpoint: { uri: `${target.url}/auth`, authentication: { basic: { username: 'ä', password: 'b:c' } } },
    });
    expect(lastSeen()?.headers['authorization']).toBe(`Basic ${Buffer.from('ä:b:c').toString('base64')}`);
    await call('', { endpoint: { uri: `${target.url}/auth`, authentication: { bearer: { token: 'tok' } } } });
    expect(lastSeen()?.headers['authorization']).toBe('Bearer tok');
    for (const authentication of [{ digest: {} }, { basic: { username: 'a' } }, {}]) {
      expect(await call('', { endpoint: { uri: target.url, authentication } })).toMatchObject({
        left: 0,
        outcome: { kind: 'terminal' },
      });
    }
  });

  test.each([
    [{ method: 5 }, 'method'],
    [{ endpoint: 7 }, 'endpoint'],
    [{ headers: { a: 1 } }, 'headers.a'],
    [{ query: { a: 1 } }, 'query.a'],
    [{ output: 'xml' }, 'output'],
    [{ redirect: 'yes' }, 'redirect'],
    [{ metod: 'GET' }, 'metod'],
    [{ method: 'GET / HTTP/1.1\r\nX: y' }, 'method'],
  ])('arguments that are not valid are refused by name: %j', async (args, name) => {
    const { outcome, left } = await call('/never', args as unknown as JsonObject);
    expect(left).toBe(0);
    expect(outcome).toMatchObject({
      kind: 'terminal',
      error: { type: expect.stringMatching(/validation$/) as string, detail: expect.stringContaining(name) as string },
    });
  });

  test('a forbidden header, a strange URL and a private address are refused before anything leaves', async () => {
    for (const args of [
      { headers: { Host: 'evil' } },
      { headers: { a: 'b\r\nc: d' } },
      { endpoint: 'http://user@x/' },
      { endpoint: 'http://10.0.0.1/' },
      { endpoint: 'file:///etc/passwd' },
    ]) {
      expect(await call('/never', args as unknown as JsonObject, { guarantee: 'once' })).toMatchObject({
        left: 0,
        outcome: { kind: 'terminal' },
      });
    }
    expect(seen.some((each) => each.url === '/never')).toBe(false);
  });
});

describe('what http returns', () => {
  test('content by its type: JSON as JSON, nothing as null, anything else in base64', async () => {
    expect((await call('/a')).outcome).toEqual({ kind: 'completed', output: { ok: true } });
    expect((await call('/empty')).outcome).toEqual({ kind: 'completed', output: null });
    expect((await call('/text')).outcome).toEqual({
      kind: 'completed',
      output: Buffer.from('grüezi').toString('base64'),
    });
    const problem = (await call('/problem')).outcome;
    expect(JSON.stringify(problem)).toBe('{"kind":"completed","output":{"__proto__":{"a":1}}}');
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });

  test('raw is the body in base64, whatever it is', async () => {
    expect((await call('/a', { output: 'raw' })).outcome).toEqual({
      kind: 'completed',
      output: Buffer.from('{"ok":true}').toString('base64'),
    });
  });

  test('response is status, headers and content with the request, without credentials', async () => {
    const endpoint = { uri: `${target.url}/a?x=1`, authentication: { bearer: { token: 'hidden' } } };
    const { outcome } = await call('', { endpoint, output: 'response', method: 'get', headers: { 'X-A': 'b' } });
    expect(outcome).toMatchObject({
      kind: 'completed',
      output: {
        statusCode: 200,
        content: { ok: true },
        headers: { 'content-type': 'application/json' },
        request: { method: 'GET', uri: `${target.url}/a?x=1`, headers: { 'X-A': 'b' } },
      },
    });
    expect(JSON.stringify(outcome)).not.toContain('hidden');
  });

  test('a redirect is an error, unless it is to be followed', async () => {
    expect((await call('/moved')).outcome).toMatchObject({ kind: 'terminal', error: { status: 302 } });
    expect((await call('/moved', { method: 'GET', redirect: true })).outcome).toMatchObject({ kind: 'completed' });
  });

  test('a redirect that may not be followed leaves the outcome of an effect unknown', async () => {
    expect(await call('/moved-inside', { redirect: true }, { guarantee: 'once' })).toMatchObject({
      left: 1,
      outcome: { kind: 'ambiguous', error: { code: 'PAWL_EGRESS' } },
    });
    expect((await call('/moved-inside', { redirect: true })).outcome).toMatchObject({
      kind: 'terminal',
      error: { code: 'PAWL_EGRESS' },
    });
  });

  test.each(['/bad-json', '/bad-utf8', '/deep'])(
    '%s in a success: the effect was applied and its output is lost, so it is ambiguous',
    async (path) => {
      for (const guarantee of httpGuarantees) {
        const { outcome } = await call(path, {}, { guarantee });
        expect(outcome.kind).toBe(guarantee === 'pure' ? 'terminal' : 'ambiguous');
      }
    },
  );

  test('an error of the target names what was called and its status, never a secret, not even one that it echoes', async () => {
    const endpoint = {
      uri: `${target.url}/status/401?api_key=s3cr3t`,
      authentication: { bearer: { token: 'tok-123' } },
    };
    const { outcome } = await call('', { endpoint });
    expect(outcome).toMatchObject({
      kind: 'terminal',
      error: { status: 401, detail: expect.stringContaining(`POST ${target.url}/status/401 answered 401`) as string },
    });
    expect(JSON.stringify(outcome)).not.toMatch(/tok-123|s3cr3t/);
    expect(JSON.stringify(log.lines)).not.toMatch(/tok-123|s3cr3t/);
  });
});

describe('an attempt without an answer', () => {
  test('a reset after it left is ambiguous, for a pure call too: that is what sends it again', async () => {
    for (const guarantee of httpGuarantees) {
      const { outcome, left } = await call('/reset', {}, { guarantee });
      expect(left).toBe(1);
      expect(outcome).toMatchObject({ kind: 'ambiguous' });
    }
  });

  test('a deadline after it left is a timeout whose outcome is unknown', async () => {
    for (const guarantee of httpGuarantees) {
      const cancellation = new TestCancellation();
      const before = seen.length;
      const request = requestFor('http', { method: 'POST', endpoint: `${target.url}/silent` }, { guarantee });
      const ending = attempt(actions, request, cancellation);
      await waitUntil('the target was called', () => seen.length > before);
      cancellation.cancel();
      const { outcome } = await ending;
      expect(outcome).toMatchObject({ kind: 'ambiguous', error: { status: 408 } });
    }
  });

  test('a cancel before it started sends nothing', async () => {
    const cancellation = new TestCancellation();
    cancellation.cancel();
    expect(await attempt(actions, requestFor('http', { method: 'GET', endpoint: target.url }), cancellation)).toEqual({
      left: 0,
      outcome: { kind: 'cancelled' },
    });
  });

  test('a target that does not listen is retryable for every class, once too: nothing left', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const open = makeActions({ allowNets: '127.0.0.1' });
    for (const guarantee of httpGuarantees) {
      const { outcome, left } = await attempt(
        open,
        requestFor('http', { method: 'POST', endpoint: `http://127.0.0.1:${port}/` }, { guarantee }),
      );
      expect(left).toBe(0);
      expect(outcome).toMatchObject({
        kind: 'retryable',
        left: false,
        error: { detail: expect.stringContaining('nothing listens there') as string },
      });
    }
    await open.close();
  });
});

test('describe says guarantee and target by the arguments', () => {
  const http = actions.describe('http');
  expect(
    ['GET', 'head', 'PUT', 'DELETE', 'POST', 'PATCH'].map((method) => http?.guarantee({ method }, undefined)),
  ).toEqual(['pure', 'pure', 'idempotent', 'idempotent', 'once', 'once']);
  expect(http?.guarantee({ method: 'POST' }, { place: 'header', name: 'Idempotency-Key', retentionMs: 1 })).toBe(
    'keyed',
  );
  expect(http?.target({ endpoint: 'https://API.example.com:443/a' })).toBe('https://api.example.com');
  expect(http?.target({ endpoint: { uri: 'http://x:81/a' } })).toBe('http://x:81');
  expect(http?.target({ endpoint: 'nonsense' })).toBe('http');
});
