import type { Actions, JsonObject } from '@pawl/core';
import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerJson, attempt, makeActions, requestFor, TestCancellation } from '../actions.fixture.ts';
import { answerResult, mcpServer, streamMessages } from './mcp.fixture.ts';
import type { McpServer } from './mcp.fixture.ts';

let server: McpServer;
let actions: Actions & { close(): Promise<void> };
const fresh: Partial<McpServer> = {};

beforeAll(async () => {
  server = await mcpServer();
  Object.assign(fresh, { answer: server.answer, version: server.version, initializeStatus: 200 });
});

beforeEach(() => {
  Object.assign(server, fresh);
  server.got.length = 0;
  actions = makeActions({ allowNets: '127.0.0.1', allowRun: 'shell' });
  return () => actions.close();
});

afterAll(() => server.close());

const tool = { name: 'add', arguments: { a: 1 } };

function args(method: string, parameters?: JsonObject, more: JsonObject = {}): JsonObject {
  const transport = { http: { endpoint: server.url } };
  return { method, transport, ...(parameters === undefined ? {} : { parameters }), ...more };
}

async function call(
  given: JsonObject,
  more: Parameters<typeof requestFor>[2] = {},
  cancellation = new TestCancellation(),
) {
  const guarantee = actions.describe('mcp')?.guarantee(given, undefined) ?? 'once';
  return attempt(actions, requestFor('mcp', given, { guarantee, ...more }), cancellation);
}

const methods = (): unknown[] => server.got.map(({ message, verb }) => message['method'] ?? verb);

describe('a server by HTTP', () => {
  it('is greeted, asked, and told that the session is over', async () => {
    const { outcome, left } = await call(args('tools/call', tool, { client: { name: 'tests', version: '9' } }));
    expect(outcome).toEqual({ kind: 'completed', output: tool });
    expect(left).toBe(1);
    await waitUntil('the session to end', () => server.got.length === 4);
    expect(methods()).toEqual(['initialize', 'notifications/initialized', 'tools/call', 'DELETE']);
    const [hello, ready, asked, bye] = server.got;
    expect(hello?.message).toMatchObject({
      jsonrpc: '2.0',
      id: 1,
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'tests', version: '9' } },
    });
    expect(hello?.headers['mcp-session-id']).toBeUndefined();
    expect(ready?.message).toEqual({ jsonrpc: '2.0', method: 'notifications/initialized' });
    for (const { headers } of [ready, asked, bye].flatMap((got) => got ?? []))
      expect(headers).toMatchObject({ 'mcp-session-id': 's-1', 'mcp-protocol-version': '2025-06-18' });
  });

  it('that answers with a stream and leaves it open is heard to its answer', async () => {
    server.answer = ({ id }, response) =>
      streamMessages(response, [
        { jsonrpc: '2.0', method: 'notifications/progress', params: { progress: 1 } },
        { jsonrpc: '2.0', id: 99, result: 'another' },
        { jsonrpc: '2.0', id: id ?? null, result: { tools: [] } },
      ]);
    expect(await call(args('tools/list'))).toEqual({ left: 0, outcome: { kind: 'completed', output: { tools: [] } } });
  });

  it('gets headers and credentials with each message, and shows neither in an error', async () => {
    server.answer = (_, response) => answerJson(response, { said: 'no s3cret-token and no Bearer s3cret-token' }, 403);
    const endpoint = { uri: server.url, authentication: { bearer: { token: 's3cret-token' } } };
    const { outcome } = await call(
      args('tools/list', undefined, { transport: { http: { endpoint, headers: { 'X-Team': 'a' } } } }),
    );
    expect(server.got[2]?.headers).toMatchObject({ 'x-team': 'a', authorization: 'Bearer s3cret-token' });
    expect(outcome).toMatchObject({
      kind: 'terminal',
      error: { status: 403, type: expect.stringMatching(/runtime$/) as string },
    });
    expect(JSON.stringify(outcome)).not.toContain('s3cret');
  });

  it('that speaks another version is not called', async () => {
    server.version = '1999-01-01';
    const { outcome, left } = await call(args('tools/call', tool));
    expect(left).toBe(0);
    expect(outcome).toMatchObject({
      kind: 'terminal',
      error: { detail: expect.stringContaining('version 1999-01-01') as string },
    });
    expect(methods()).not.toContain('tools/call');
  });

  it('that cannot be greeted now has not been called: the attempt is made again', async () => {
    for (const status of [500, 502, 503]) {
      server.initializeStatus = status;
      expect(await call(args('tools/call', tool))).toMatchObject({
        left: 0,
        outcome: { kind: 'retryable', left: false },
      });
    }
    server.initializeStatus = 401;
    expect((await call(args('tools/call', tool))).outcome).toMatchObject({ kind: 'terminal', error: { status: 401 } });
  });

  it('is reached only where egress goes', async () => {
    const closed = makeActions();
    const { outcome } = await attempt(closed, requestFor('mcp', args('tools/list')));
    expect(outcome).toMatchObject({ kind: 'terminal', error: { code: 'PAWL_EGRESS' } });
    await closed.close();
  });
});

describe('what an answer means', () => {
  const errorWith = (code: number) => {
    server.answer = ({ id }, response) =>
      answerJson(response, { jsonrpc: '2.0', id, error: { code, message: 'said so' } });
  };

  it('a request that was not understood is refused for certain', async () => {
    for (const code of [-32601, -32602]) {
      errorWith(code);
      expect((await call(args('tools/call', tool))).outcome).toMatchObject({
        kind: 'terminal',
        error: {
          type: expect.stringMatching(/runtime$/) as string,
          detail: expect.stringContaining(`error ${code}: said so`) as string,
        },
      });
    }
  });

  it('any other error leaves open whether a tool did something', async () => {
    errorWith(-32603);
    expect((await call(args('tools/call', tool))).outcome).toMatchObject({ kind: 'ambiguous' });
    expect((await call(args('tools/call', tool), { guarantee: 'idempotent' })).outcome).toMatchObject({
      kind: 'retryable',
      left: true,
    });
    expect((await call(args('tools/list'))).outcome).toMatchObject({ kind: 'retryable', left: true });
  });

  it('a tool that says that it failed is an error, with its words', async () => {
    server.answer = (message, response) =>
      answerResult(response, message, { isError: true, content: [{ type: 'text', text: 'no such order' }] });
    expect((await call(args('tools/call', tool))).outcome).toMatchObject({
      kind: 'terminal',
      error: { detail: 'The tool add failed: no such order' },
    });
  });

  it('no answer leaves a tool open, and a list is asked for again', async () => {
    server.answer = (_, response) => response.socket?.resetAndDestroy();
    expect(await call(args('tools/call', tool))).toMatchObject({ left: 1, outcome: { kind: 'ambiguous' } });
    expect(await call(args('tools/list'))).toMatchObject({ left: 0, outcome: { kind: 'retryable', left: false } });
  });

  it.each([
    ['no JSON', '{"jsonrpc":'],
    ['no answer', '{"jsonrpc":"2.0","id":7,"result":1}'],
    ['a list of nothing', '[]'],
  ])('what cannot be read is applied with its output lost: %s', async (_, text) => {
    server.answer = (__, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    expect((await call(args('tools/call', tool))).outcome).toMatchObject({ kind: 'ambiguous' });
  });

  it('an answer that is too large is cut off', async () => {
    server.answer = (message, response) => answerResult(response, message, 'x'.repeat(11_000_000));
    expect((await call(args('resources/read', { uri: 'a' }))).outcome).toMatchObject({
      error: { code: 'PAWL_RESPONSE_LIMIT', type: expect.stringMatching(/runtime$/) as string },
    });
  });

  it('a timeout of the step ends the wait', async () => {
    server.answer = () => undefined;
    const { outcome } = await call(args('tools/call', tool, { timeout: { milliseconds: 300 } }));
    expect(outcome).toMatchObject({ kind: 'ambiguous', error: { type: expect.stringMatching(/timeout$/) as string } });
  });
});

describe('the guarantee', () => {
  it('is once for a tool, and pure for all else', () => {
    const mcp = actions.describe('mcp');
    expect(mcp?.guarantee({ method: 'tools/call' }, undefined)).toBe('once');
    for (const method of [
      'tools/list',
      'prompts/list',
      'prompts/get',
      'resources/list',
      'resources/read',
      'resources/templates/list',
    ])
      expect(mcp?.guarantee({ method }, undefined)).toBe('pure');
  });

  it('keyed gives the key to the tool or to the server', async () => {
    const keyed = { guarantee: 'keyed', key: 'k-1' } as const;
    await call(args('tools/call', tool), { ...keyed, keyIn: { place: 'body', name: 'requestId', retentionMs: 1 } });
    expect(server.got[2]?.message['params']).toEqual({ name: 'add', arguments: { a: 1, requestId: 'k-1' } });
    server.got.length = 0;
    await call(args('tools/call', tool), { ...keyed, keyIn: { place: 'header', name: 'X-Key', retentionMs: 1 } });
    expect(server.got.map(({ headers }) => headers['x-key'])).toContain('k-1');
  });
});

describe('a server by stdio', () => {
  const hello = `read hello; echo noise; printf '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18"}}\\n'; read ready;`;
  const stdio = (script: string, more: JsonObject = {}): JsonObject =>
    args('tools/call', tool, { transport: { stdio: { command: 'sh', arguments: ['-c', script], ...more } } });

  it('is started, greeted, asked and ended', async () => {
    const answer = `read asked; printf '{"jsonrpc":"2.0","id":2,"result":{"got":%s,"word":"%s"}}\\n' "$asked" "$WORD"; sleep 60`;
    const { outcome, left } = await call(stdio(hello + answer, { environment: { WORD: 'ok' } }));
    expect(outcome).toMatchObject({
      kind: 'completed',
      output: { got: { method: 'tools/call', params: tool }, word: 'ok' },
    });
    expect(left).toBe(1);
  });

  it('is answered when it asks whether Pawl is there', async () => {
    const ping = `read asked; printf '{"jsonrpc":"2.0","id":5,"method":"ping"}\\n{"jsonrpc":"2.0","id":6,"method":"roots/list"}\\n'; read pong; read roots;`;
    const { outcome } = await call(
      stdio(`${hello}${ping} printf '{"jsonrpc":"2.0","id":2,"result":[%s,%s]}\\n' "$pong" "$roots"`),
    );
    expect(outcome).toMatchObject({
      output: [
        { id: 5, result: {} },
        { id: 6, error: { code: -32601 } },
      ],
    });
  });

  it('is not started where whoever runs Pawl does not allow it', async () => {
    const strict = makeActions({ allowRun: 'python' });
    const { outcome, left } = await attempt(strict, requestFor('mcp', stdio('exit 0'), { guarantee: 'once' }));
    expect({ outcome, left }).toMatchObject({
      left: 0,
      outcome: { kind: 'terminal', error: { code: 'PAWL_RUN_NOT_ALLOWED' } },
    });
    await strict.close();
  });

  it('that ends before it was asked has done nothing; after that nobody knows', async () => {
    expect(await call(stdio('echo broken >&2; exit 3'))).toMatchObject({
      left: 0,
      outcome: {
        kind: 'terminal',
        error: {
          detail: expect.stringContaining('ended with the code 3 without an answer. It said: broken') as string,
        },
      },
    });
    expect(await call(stdio(`${hello} read asked; exit 4`))).toMatchObject({ left: 1, outcome: { kind: 'ambiguous' } });
  });

  it('that is not there is an error of the configuration', async () => {
    const missing = args('tools/list', undefined, { transport: { stdio: { command: 'no-such-server' } } });
    expect((await call(missing)).outcome).toMatchObject({ kind: 'terminal', error: { code: 'PAWL_RUN_MISSING' } });
  });

  it('that does not answer is ended with the attempt', async () => {
    const cancellation = new TestCancellation();
    const request = requestFor('mcp', stdio(`${hello} read asked; sleep 60`), { guarantee: 'once' });
    const silent = actions.run(request, cancellation, () => setImmediate(() => cancellation.cancel()));
    expect(await silent).toMatchObject({ kind: 'ambiguous' });
  });
});
