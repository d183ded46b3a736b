import { constants } from 'node:http2';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Actions, JsonObject } from '@pawl/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerJson, attempt, makeActions, requestFor, serve, TestCancellation } from '../actions.fixture.ts';
import type { TestServer } from '../actions.fixture.ts';
import { frame } from '../egress/grpc-frames.ts';
import { answerMessages, answerStatus, begin, grpcServer, proto } from './grpc.fixture.ts';
import type { GrpcServer } from './grpc.fixture.ts';

let files: TestServer;
let service: GrpcServer;
let actions: Actions & { close(): Promise<void> };
let text = proto;

beforeAll(async () => {
  service = await grpcServer();
  files = await serve((request, response) => {
    if (request.url === '/token') return answerJson(response, { access_token: 'from-server', token_type: 'bearer' });
    return void response.end(text);
  });
});

beforeEach(() => {
  text = proto;
  service.got.length = 0;
  service.answer = answerMessages('42');
  actions = makeActions({ allowNets: '127.0.0.1' });
  return () => actions.close();
});

afterAll(() => Promise.all([files.close(), service.close()]));

function args(method: string, given: JsonObject = { item: 'pen', count: 2 }, more: JsonObject = {}): JsonObject {
  return {
    proto: { endpoint: `${files.url}/orders.proto` },
    service: { name: 'shop.v1.Orders', host: '127.0.0.1', port: service.port, ...more },
    method,
    arguments: given,
  };
}

const call = (given: JsonObject, more: Parameters<typeof requestFor>[2] = {}, cancellation = new TestCancellation()) =>
  attempt(actions, requestFor('grpc', given, { guarantee: 'once', ...more }), cancellation);

describe('a method', () => {
  it('is called with its arguments, and its answer is the output', async () => {
    expect(await call(args('Place'))).toEqual({
      left: 1,
      outcome: { kind: 'completed', output: { number: '42', order: { item: 'pen', count: 2, requestId: '' } } },
    });
    expect(service.got[0]?.headers).toMatchObject({
      ':path': '/shop.v1.Orders/Place',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
  });

  it('that answers with a stream gives a list', async () => {
    service.answer = answerMessages('1', '2', '3');
    expect((await call(args('Watch'))).outcome).toMatchObject({
      output: [{ number: '1' }, { number: '2' }, { number: '3' }],
    });
    service.answer = answerMessages();
    expect((await call(args('Watch'))).outcome).toEqual({ kind: 'completed', output: [] });
  });

  it('may be of a service that is named without its package', async () => {
    expect((await call(args('Place', {}, { name: 'Orders' }))).outcome).toMatchObject({ kind: 'completed' });
  });

  it('that the definition says to change nothing turns out to be pure', async () => {
    expect(await call(args('Look'))).toMatchObject({ left: 0, outcome: { kind: 'completed', pure: true } });
    service.answer = (stream) => stream.session?.destroy();
    expect(await call(args('Look'))).toMatchObject({ left: 0, outcome: { kind: 'retryable', left: false } });
  });

  it.each([
    ['shop.v1.Order', 'Place', 'no service shop.v1.Order: did you mean "shop.v1.Orders"?'],
    ['shop.v1.Orders', 'Plaze', 'no method Plaze in shop.v1.Orders: did you mean "Place"?'],
  ])('that is not there is an error of the configuration: %s %s', async (name, method, why) => {
    expect(await call(args(method, {}, { name }))).toMatchObject({
      left: 0,
      outcome: { kind: 'terminal', error: { status: 400, detail: expect.stringContaining(why) as string } },
    });
  });

  it('gets only what it takes', async () => {
    expect(await call(args('Place', { itm: 'a' }))).toMatchObject({
      left: 0,
      outcome: { kind: 'terminal', error: { code: 'PAWL_ACTION_INPUT' } },
    });
    expect(service.got).toEqual([]);
  });
});

describe('the definition', () => {
  it.each([
    ['no definition', 'hello', 'no interface definition'],
    ['one that imports another file', 'syntax = "proto3"; import "other.proto";', 'it imports other.proto'],
    ['one with a type that is nowhere', 'syntax = "proto3"; message A { B b = 1; }', 'no interface definition'],
    ['one that never ends', 'message A { '.repeat(50_000), 'no interface definition'],
  ])('that cannot be used is an error of the configuration: %s', async (_, given, why) => {
    text = given;
    expect(await call(args('Place'))).toMatchObject({
      left: 0,
      outcome: { kind: 'terminal', error: { status: 400, detail: expect.stringContaining(why) as string } },
    });
  });
});

describe('an answer that is no success', () => {
  it.each([
    [3, 'terminal', 'terminal', 400],
    [5, 'terminal', 'terminal', 404],
    [8, 'retryable', 'retryable', 429],
    [10, 'terminal', 'retryable', 409],
    [12, 'terminal', 'terminal', 501],
    [13, 'ambiguous', 'retryable', 500],
    [14, 'ambiguous', 'retryable', 503],
    [4, 'ambiguous', 'ambiguous', 504],
  ])('means what its status means: %i', async (status, once, idempotent, http) => {
    service.answer = answerStatus(status, 'so: ü');
    expect((await call(args('Place'))).outcome).toMatchObject({
      kind: once,
      error: {
        status: http,
        type: expect.stringMatching(/communication$/) as string,
        detail: expect.stringContaining(': so: ü') as string,
      },
    });
    expect((await call(args('Place'), { guarantee: 'idempotent', declared: true })).outcome.kind).toBe(idempotent);
  });

  it('of a server that is none says so', async () => {
    service.answer = (stream) => stream.respond({ ':status': 404 }, { endStream: true });
    expect((await call(args('Place'))).outcome).toMatchObject({ kind: 'terminal', error: { status: 404 } });
    service.answer = (stream) => stream.respond({ ':status': 200 }, { endStream: true });
    expect((await call(args('Place'))).outcome).toMatchObject({ kind: 'ambiguous' });
  });

  it('is unknown when the connection breaks, the message is none, too large or missing', async () => {
    const answers: GrpcServer['answer'][] = [
      (stream) => stream.session?.destroy(),
      (stream) => {
        begin(stream, '0');
        stream.end(frame(Buffer.from('ff', 'hex')));
      },
      (stream) => {
        begin(stream, '0');
        stream.end(Buffer.from('000000', 'hex'));
      },
      (stream) => {
        begin(stream, '0');
        stream.end(Buffer.from('007fffffff00', 'hex'));
      },
      (stream) => {
        begin(stream, '0');
        stream.end(Buffer.from('0100000000', 'hex'));
      },
      answerMessages(),
    ];
    for (const answer of answers) {
      service.answer = answer;
      expect(await call(args('Place'))).toMatchObject({ left: 1, outcome: { kind: 'ambiguous' } });
    }
  });

  it('that refuses the stream tells that nothing came of it', async () => {
    service.answer = (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM);
    expect((await call(args('Place'))).outcome).toMatchObject({ kind: 'retryable', left: false });
  });

  it('that does not come is unknown at the deadline', async () => {
    const cancellation = new TestCancellation();
    service.answer = () => cancellation.cancel();
    expect(await call(args('Place'), {}, cancellation)).toMatchObject({ left: 1, outcome: { kind: 'ambiguous' } });
  });
});

describe('where it connects', () => {
  it('is where egress goes, and nowhere else', async () => {
    const strict = makeActions({ allowNets: `127.0.0.1:${files.port}` });
    const { outcome, left } = await attempt(strict, requestFor('grpc', args('Place'), { guarantee: 'once' }));
    expect({ outcome, left }).toMatchObject({ left: 0, outcome: { kind: 'terminal', error: { code: 'PAWL_EGRESS' } } });
    await strict.close();
    expect(service.got).toEqual([]);
  });

  it('a port where nobody listens, or nobody speaks HTTP/2, is no call', async () => {
    const mute = createServer((socket) =>
      socket
        .resume()
        .on('error', () => undefined)
        .end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'),
    );
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    expect(await call(args('Place', {}, { port }))).toMatchObject({
      left: 0,
      outcome: { kind: 'retryable', left: false },
    });
    await new Promise((resolve) => mute.close(resolve));
    expect(await call(args('Place', {}, { port }))).toMatchObject({
      left: 0,
      outcome: { kind: 'retryable', left: false },
    });
  });

  it('is told who calls, in metadata that no error shows', async () => {
    const server = {
      authority: files.url,
      grant: 'client_credentials',
      endpoints: { token: '/token' },
      client: { id: 'a', secret: 'b' },
    };
    service.answer = answerStatus(7, 'not from-server nor s3cret');
    await call(args('Place', {}, { authentication: { oauth2: server } }));
    const { outcome } = await call(args('Place', {}, { authentication: { bearer: { token: 's3cret' } } }));
    expect(service.got.map(({ headers }) => headers['authorization'])).toEqual(['Bearer from-server', 'Bearer s3cret']);
    expect(JSON.stringify(outcome)).not.toContain('s3cret');
    expect(
      (await call(args('Place', {}, { authentication: { digest: { username: 'a', password: 'b' } } }))).outcome,
    ).toMatchObject({
      kind: 'terminal',
      error: { code: 'PAWL_ACTION_INPUT' },
    });
  });

  it('takes the key in metadata or in the message', async () => {
    const keyed = { guarantee: 'keyed', key: 'k-1' } as const;
    await call(args('Place'), { ...keyed, keyIn: { place: 'header', name: 'X-Key', retentionMs: 1 } });
    await call(args('Place'), { ...keyed, key: 'k-2', keyIn: { place: 'body', name: 'request_id', retentionMs: 1 } });
    expect(service.got[0]?.headers['x-key']).toBe('k-1');
    expect(service.got[1]?.order).toMatchObject({ requestId: 'k-2' });
  });
});
