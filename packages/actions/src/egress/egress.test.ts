import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { waitUntil } from '@pawl/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { answerJson, bodyText, serve, TestCancellation } from '../actions.fixture.ts';
import type { TestServer } from '../actions.fixture.ts';
import type { EgressRequest } from './client.ts';
import { EgressGate } from './egress.ts';
import type { EgressOptions } from './egress.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const flow = { namespace: 'tests', name: 'flow' };

function gateOf(options: Partial<EgressOptions> = {}): EgressGate {
  const gate = new EgressGate({
    allowNets: '127.0.0.1',
    denyEndpoints: [],
    grants: [],
    userAgent: 'pawl-test/0',
    ...options,
  });
  closers.push(() => gate.close());
  return gate;
}

async function httpServer(...args: Parameters<typeof serve>): Promise<TestServer> {
  const server = await serve(...args);
  closers.push(() => server.close());
  return server;
}

/** A server that speaks bytes. */
async function rawServer(
  onConnection: (socket: Socket) => void,
): Promise<{ port: number; url: string; connections: () => number }> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  );
  return { port, url: `http://127.0.0.1:${port}/`, connections: () => connections };
}

interface Sent {
  left: number;
}

const sentOf = (): Sent => ({ left: 0 });

function send(gate: EgressGate, request: Partial<EgressRequest> & { url: string }, sent: Sent = sentOf()) {
  return gate.forFlow(flow).request({
    method: 'GET',
    headers: {},
    cancellation: new TestCancellation(),
    follow: false,
    fresh: false,
    onLeft: () => sent.left++,
    ...request,
  });
}

describe('where egress connects', () => {
  test('nothing connects to a private address that is not allowed: no connection is even tried', async () => {
    const target = await rawServer((socket) => socket.end());
    const gate = gateOf({ allowNets: '', resolve: () => Promise.resolve(['127.0.0.1']) });
    const sent = sentOf();
    for (const host of ['127.0.0.1', 'localhost', 'rebound.example', '[::ffff:127.0.0.1]', '[::1]']) {
      await expect(send(gate, { url: `http://${host}:${target.port}/` }, sent)).rejects.toMatchObject({
        reason: 'refused',
      });
    }
    expect(target.connections()).toBe(0);
    expect(sent.left).toBe(0);
  });

  test('the connection goes to the address that was checked: a name that changes its mind is not asked again', async () => {
    const target = await httpServer((_request, response) => answerJson(response, 'checked'));
    let asked = 0;
    // The second answer would be the loopback address on which nothing is allowed.
    const gate = gateOf({
      allowNets: '127.0.0.1',
      resolve: () => Promise.resolve(asked++ === 0 ? ['127.0.0.1'] : ['127.0.0.9']),
    });
    await expect(send(gate, { url: `http://rebinding.example:${target.port}/`, fresh: true })).resolves.toMatchObject({
      status: 200,
    });
    expect(asked).toBe(1);
  });

  test('a name with a public and a private address is refused without a connection', async () => {
    const target = await rawServer((socket) => socket.end());
    const gate = gateOf({ allowNets: '', resolve: () => Promise.resolve(['93.184.216.34', '127.0.0.1']) });
    await expect(send(gate, { url: `http://mixed.example:${target.port}/` })).rejects.toMatchObject({
      reason: 'refused',
    });
    expect(target.connections()).toBe(0);
  });

  test('a grant opens a net to its flows only, and never lends a connection to others', async () => {
    const target = await httpServer((_request, response) => answerJson(response, 'granted'));
    const gate = gateOf({ allowNets: '', grants: [{ flows: 'examples/*', nets: `127.0.0.1:${target.port}` }] });
    const request = {
      method: 'GET',
      url: target.url,
      headers: {},
      cancellation: new TestCancellation(),
      follow: false,
      fresh: false,
      onLeft: () => {},
    };
    await expect(
      gate.forFlow({ namespace: 'examples', name: 'import-cities' }).request(request),
    ).resolves.toMatchObject({ status: 200 });
    for (const other of [flow, { namespace: 'examples-evil', name: 'x' }, { namespace: 'x', name: 'examples' }]) {
      await expect(gate.forFlow(other).request(request)).rejects.toMatchObject({ reason: 'refused' });
    }
  });

  test('the environment cannot put a proxy in the way', async () => {
    const target = await httpServer((_request, response) => answerJson(response, 'direct'));
    process.env['HTTP_PROXY'] = 'http://127.0.0.1:1';
    process.env['http_proxy'] = 'http://127.0.0.1:1';
    try {
      await expect(send(gateOf(), { url: target.url })).resolves.toMatchObject({ status: 200 });
    } finally {
      delete process.env['HTTP_PROXY'];
      delete process.env['http_proxy'];
    }
  });

  test('a socket for a driver passes the same check', async () => {
    const target = await rawServer((socket) => socket.end('hello'));
    const refused = gateOf({ allowNets: '' }).socket([]);
    const error = new Promise((resolve) => refused.once('error', resolve));
    refused.connect(target.port, '127.0.0.1');
    expect(await error).toMatchObject({ reason: 'refused' });
    expect(target.connections()).toBe(0);

    const allowed = gateOf({ allowNets: '' }).socket([{ host: '127.0.0.1', port: target.port }]);
    const data = new Promise((resolve) => allowed.once('data', resolve));
    allowed.connect(target.port, '127.0.0.1');
    expect(String(await data)).toBe('hello');
    allowed.destroy();
  });
});

describe('what egress sends', () => {
  test.each([
    { Host: 'evil.example' },
    { 'content-length': '5' },
    { 'Transfer-Encoding': 'chunked' },
    { connection: 'close' },
    { 'X-A': 'a\r\nX-B: b' },
    { 'X-A': 'a\nb' },
    { 'X-A': 'a\u0000b' },
    { 'X-A': 'snow\u2603' },
    { 'X A': 'b' },
    { '': 'b' },
    { ':authority': 'evil.example' },
    { 'X-A\r\nX-B': 'b' },
    { 'X-Large': 'x'.repeat(65_536) },
  ])('refuses the headers %j before anything leaves', async (headers) => {
    const target = await rawServer((socket) => socket.end());
    const sent = sentOf();
    await expect(
      send(gateOf(), { url: target.url, headers: headers as Record<string, string> }, sent),
    ).rejects.toMatchObject({ reason: 'invalid' });
    expect(target.connections()).toBe(0);
    expect(sent.left).toBe(0);
  });

  test('sends method, path, headers, credentials and body as given', async () => {
    const target = await httpServer((request, response) => {
      void bodyText(request).then((body) =>
        answerJson(response, {
          method: request.method,
          url: request.url,
          a: request.headers['x-a'],
          agent: request.headers['user-agent'],
          auth: request.headers.authorization,
          body,
        }),
      );
    });
    const answer = await send(gateOf(), {
      method: 'POST',
      url: `${target.url}/p?q=%20`,
      headers: { 'X-A': 'ä' },
      credentials: { authorization: 'Bearer t' },
      body: 'ü',
    });
    expect(JSON.parse(String(answer.body.bytes))).toEqual({
      method: 'POST',
      url: '/p?q=%20',
      a: 'ä',
      agent: 'pawl-test/0',
      auth: 'Bearer t',
      body: 'ü',
    });
  });

  test('keeps no cookies', async () => {
    const seen: unknown[] = [];
    const target = await httpServer((request, response) => {
      seen.push(request.headers.cookie);
      response.setHeader('set-cookie', 'session=1');
      answerJson(response, 1);
    });
    const gate = gateOf();
    await send(gate, { url: target.url });
    await send(gate, { url: target.url });
    expect(seen).toEqual([undefined, undefined]);
  });
});

describe('when a request has left', () => {
  test('onLeft is called once, on an established connection, before the target sees a byte', async () => {
    const order: string[] = [];
    const target = await httpServer((_request, response) => {
      order.push('seen');
      answerJson(response, 1);
    });
    await send(gateOf(), { url: target.url, onLeft: () => order.push('left') });
    expect(order).toEqual(['left', 'seen']);
  });

  test('nothing has left when nobody listens, the name is unknown, or TLS fails', async () => {
    const gate = gateOf();
    const sent = sentOf();
    const plain = await httpServer((_request, response) => answerJson(response, 1));
    const gone = await rawServer(() => {});
    await closers.splice(closers.length - 1, 1)[0]?.();
    await expect(send(gate, { url: gone.url }, sent)).rejects.toMatchObject({ reason: 'unreachable' });
    await expect(send(gate, { url: 'http://no-such-name.invalid/' }, sent)).rejects.toMatchObject({
      reason: 'unreachable',
    });
    await expect(send(gate, { url: `https://127.0.0.1:${plain.port}/` }, sent)).rejects.toMatchObject({
      reason: 'unreachable',
    });
    expect(sent.left).toBe(0);
  });

  test('if onLeft throws, nothing is sent', async () => {
    let bytes = 0;
    const target = await rawServer((socket) => socket.on('data', (data) => (bytes += data.length)));
    const fenced = send(gateOf(), {
      url: target.url,
      onLeft: () => {
        throw new Error('the lease is gone');
      },
    });
    await expect(fenced).rejects.toMatchObject({ reason: 'cancelled' });
    await waitUntil('the connection was made', () => target.connections() === 1);
    expect(bytes).toBe(0);
  });

  test('a reset after it left is a broken connection, and the request is not sent again', async () => {
    let requests = 0;
    const target = await rawServer((socket) => {
      socket.once('data', () => {
        requests++;
        socket.resetAndDestroy();
      });
    });
    for (const method of ['GET', 'PUT', 'POST']) {
      const sent = sentOf();
      await expect(send(gateOf(), { method, url: target.url }, sent)).rejects.toMatchObject({ reason: 'broken' });
      expect(sent.left).toBe(1);
    }
    expect(requests).toBe(3);
  });

  test('a cancel before the connection is there sends nothing', async () => {
    const target = await httpServer((_request, response) => answerJson(response, 1));
    const cancellation = new TestCancellation();
    const resolving = Promise.withResolvers<readonly string[]>();
    const gate = gateOf({ resolve: () => resolving.promise });
    const sent = sentOf();
    const request = send(gate, { url: `http://slow.example:${target.port}/`, cancellation }, sent);
    cancellation.cancel();
    await expect(request).rejects.toMatchObject({ reason: 'cancelled' });
    resolving.resolve(['127.0.0.1']);
    // A second request over the same, now open, connection shows that the first was not written to it.
    await expect(send(gate, { url: `http://slow.example:${target.port}/` })).resolves.toMatchObject({ status: 200 });
    expect(sent.left).toBe(0);
  });

  test('a cancel while the answer is awaited ends soon and closes the connection', async () => {
    let closed = false;
    const target = await rawServer((socket) => socket.on('close', () => (closed = true)).on('data', () => {}));
    const cancellation = new TestCancellation();
    const sent = sentOf();
    const ended = send(gateOf(), { url: target.url, cancellation }, sent).catch((error: unknown) => error);
    await waitUntil('the request has left', () => sent.left === 1);
    cancellation.cancel();
    expect(await ended).toMatchObject({ reason: 'cancelled' });
    await waitUntil('the target sees it', () => closed);
  });

  test('a once request never uses a connection that was idle for a second', async () => {
    const ports = new Set<number | undefined>();
    const target = await httpServer((request, response) => {
      ports.add(request.socket.remotePort);
      answerJson(response, 1);
    });
    let open = 0;
    target.server.on('connection', (socket) => {
      open++;
      socket.on('close', () => open--);
    });
    const gate = gateOf();
    await send(gate, { url: target.url, fresh: true });
    // The pool takes a connection back a moment after its answer was handed on.
    await setImmediate();
    await send(gate, { url: target.url, fresh: true });
    expect(ports.size).toBe(1);
    const start = performance.now();
    await waitUntil('the idle connection is closed', () => open === 0);
    expect(performance.now() - start).toBeLessThan(2_000);
    await send(gate, { url: target.url, fresh: true });
    expect(ports.size).toBe(2);
  });
});

describe('redirects', () => {
  async function redirecting(status: number, location: (url: string) => string | undefined) {
    const seen: {
      method: string | undefined;
      url: string | undefined;
      auth: string | undefined;
      type: string | undefined;
      body: string;
    }[] = [];
    const target = await httpServer((request, response) => {
      void bodyText(request).then((body) => {
        seen.push({
          method: request.method,
          url: request.url,
          auth: request.headers.authorization,
          type: request.headers['content-type'],
          body,
        });
        const to = location(request.url ?? '');
        if (to === undefined) answerJson(response, 'end');
        else response.writeHead(status, { location: to }).end();
      });
    });
    return { target, seen };
  }

  test('are not followed unless asked', async () => {
    const { target, seen } = await redirecting(302, () => '/next');
    await expect(send(gateOf(), { url: target.url })).resolves.toMatchObject({ status: 302 });
    expect(seen.length).toBe(1);
  });

  test('are followed three times; the fourth is the answer', async () => {
    const { target, seen } = await redirecting(302, () => '/again');
    await expect(send(gateOf(), { url: target.url, follow: true })).resolves.toMatchObject({ status: 302 });
    expect(seen.length).toBe(4);
  });

  test('303 and a redirected POST become a GET without body; 307 repeats method and body', async () => {
    const next = (url: string) => (url === '/' ? '/end' : undefined);
    const post = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'hi', follow: true };
    for (const status of [301, 302, 303]) {
      const { target, seen } = await redirecting(status, next);
      await send(gateOf(), { ...post, url: target.url });
      expect(seen[1]).toMatchObject({ method: 'GET', url: '/end', body: '', type: undefined });
    }
    for (const status of [307, 308]) {
      const { target, seen } = await redirecting(status, next);
      await send(gateOf(), { ...post, url: target.url });
      expect(seen[1]).toMatchObject({ method: 'POST', url: '/end', body: 'hi', type: 'text/plain' });
    }
  });

  test('every hop is checked: a public page cannot lead inside', async () => {
    const inner = await rawServer((socket) => socket.end());
    const { target } = await redirecting(302, () => `http://127.0.0.1:${inner.port}/`);
    const gate = gateOf({ allowNets: `127.0.0.1:${target.port}` });
    await expect(send(gate, { url: target.url, follow: true })).rejects.toMatchObject({ reason: 'refused' });
    for (const location of ['file:///etc/passwd', 'http://user@127.0.0.1/', 'gopher://x/', 'http://127.1/']) {
      const other = await redirecting(302, () => location);
      await expect(
        send(gateOf({ allowNets: `127.0.0.1:${other.target.port}` }), { url: other.target.url, follow: true }),
      ).rejects.toMatchObject({ reason: 'refused' });
    }
    expect(inner.connections()).toBe(0);
  });

  test('credentials stay with their origin', async () => {
    const other = await redirecting(200, () => undefined);
    const { target, seen } = await redirecting(307, (url) => (url === '/' ? '/same' : `${other.target.url}/end`));
    const headers = { Authorization: 'Bearer own', Cookie: 'a=b' };
    await send(gateOf(), { url: target.url, follow: true, headers });
    await send(gateOf(), {
      url: target.url,
      follow: true,
      headers: {},
      credentials: { authorization: 'Bearer given' },
    });
    expect(seen.map((each) => each.auth)).toEqual(['Bearer own', 'Bearer own', 'Bearer given', 'Bearer given']);
    expect(other.seen.map((each) => each.auth)).toEqual([undefined, undefined]);
  });

  test('another origin gets no header that may hold a secret', async () => {
    const names: string[] = [];
    const other = await httpServer((request, response) => {
      names.push(...Object.keys(request.headers));
      answerJson(response, 'end');
    });
    const { target } = await redirecting(302, () => `${other.url}/end`);
    const headers = { 'X-Api-Key': 'k', 'Private-Token': 't', Accept: 'text/plain', 'Accept-Language': 'de' };
    await send(gateOf(), { url: target.url, follow: true, headers });
    expect(names).toEqual(expect.arrayContaining(['accept', 'accept-language', 'user-agent']));
    expect(names.filter((name) => name === 'x-api-key' || name === 'private-token')).toEqual([]);
  });

  test.each([307, 308])('a body does not go to another origin: %i is refused in plain words', async (status) => {
    const other = await redirecting(200, () => undefined);
    const { target } = await redirecting(status, () => `${other.target.url}/end`);
    const post = { method: 'POST', headers: {}, body: 'secret', follow: true };
    await expect(send(gateOf(), { ...post, url: target.url })).rejects.toMatchObject({
      reason: 'refused',
      message: expect.stringContaining('Pawl did not send it there') as string,
    });
    expect(other.seen).toEqual([]);
  });
});

describe('answers of hostile targets', () => {
  const limit = { maxBytes: 100_000 };

  test('an endless body is cut at its limit, and the connection with it', async () => {
    let closed = false;
    const target = await httpServer((_request, response) => {
      response.on('close', () => (closed = true));
      const more = (): void => {
        while (!closed && response.write(Buffer.alloc(16_384)));
        if (!closed) response.once('drain', more);
      };
      more();
    });
    const answer = await send(gateOf(), { url: target.url, ...limit });
    expect(answer).toMatchObject({ status: 200, body: { failure: { reason: 'limit' } } });
    await waitUntil('the connection is closed', () => closed);
  });

  test.each(['gzip', 'deflate', 'br'])('a body packed with %s is unpacked', async (encoding) => {
    const pack = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }[encoding];
    const target = await httpServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(pack?.('hello'));
    });
    expect(String((await send(gateOf(), { url: target.url })).body.bytes)).toBe('hello');
  });

  test('a small body that unpacks to a huge one is cut, in memory too', async () => {
    const bomb = gzipSync(gzipSync(Buffer.alloc(200_000_000)));
    const target = await httpServer((request, response) => {
      response.writeHead(200, { 'content-encoding': request.url === '/twice' ? 'gzip, gzip' : 'gzip' });
      response.end(request.url === '/twice' ? bomb : gzipSync(Buffer.alloc(50_000_000)));
    });
    const before = process.memoryUsage().rss;
    for (const path of ['/twice', '/']) {
      expect(await send(gateOf(), { url: `${target.url}${path}`, maxBytes: 1_000_000 })).toMatchObject({
        body: { failure: { reason: 'limit' } },
      });
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
  });

  test('a body that is not packed as it says, or too often, cannot be read', async () => {
    const target = await httpServer((request, response) => {
      response.writeHead(200, { 'content-encoding': decodeURIComponent(request.url?.slice(1) ?? '') }).end('plain');
    });
    for (const encoding of ['gzip', 'zstd', 'gzip, gzip, gzip']) {
      expect(await send(gateOf(), { url: `${target.url}/${encodeURIComponent(encoding)}` })).toMatchObject({
        status: 200,
        body: { failure: { reason: 'broken' } },
      });
    }
  });

  test('too many headers are refused', async () => {
    const target = await rawServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n');
        for (let count = 0; count < 100_000 && !socket.destroyed; count++) socket.write(`x-${count}: y\r\n`);
        socket.end('\r\n');
      });
    });
    await expect(send(gateOf(), { url: target.url })).rejects.toMatchObject({
      reason: expect.stringMatching(/limit|broken/) as string,
    });
  });

  test('a body that stops short leaves the status known and the body lost', async () => {
    const target = await rawServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort'));
    });
    expect(await send(gateOf(), { url: target.url })).toMatchObject({
      status: 200,
      body: { failure: { reason: 'broken' } },
    });
  });

  test.each([
    'garbage\r\n\r\n',
    'HTTP/1.1 999999 X\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'SSH-2.0-x\r\n',
  ])('what is no HTTP (%j) is a broken answer', async (bytes) => {
    const target = await rawServer((socket) => {
      socket.once('data', () => socket.end(bytes));
    });
    await expect(send(gateOf(), { url: target.url })).rejects.toMatchObject({ reason: 'broken' });
  });

  test('a body that drips is ended by the cancellation', async () => {
    const drips: NodeJS.Timeout[] = [];
    closers.push(async () => drips.forEach((drip) => clearInterval(drip)));
    const target = await httpServer((_request, response) => {
      response.writeHead(200);
      drips.push(setInterval(() => response.write('x'), 5));
    });
    const cancellation = new TestCancellation();
    const sent = sentOf();
    const request = send(gateOf(), { url: target.url, cancellation }, sent);
    await waitUntil('it drips', () => drips.length > 0);
    cancellation.cancel();
    // Whether the head had come by then or not, the caller is told that it gave up.
    const ended = await request.catch((error: unknown) => ({ body: { failure: error } }));
    expect(ended).toMatchObject({ body: { failure: { reason: 'cancelled' } } });
  });
});
