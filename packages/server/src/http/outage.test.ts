import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createTestDatabase, waitUntil } from '@pawl/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { flowText, missing, silent } from '../engine.fixture.ts';
import { openEngine } from '../engine/open-engine.ts';
import { ask } from './http.fixture.ts';
import { serve } from './serve.ts';

/** A way to a database that can be cut. */
class Way {
  private readonly database: URL;
  private readonly sockets = new Set<Socket>();
  private readonly relay = createServer((near) => this.join(near));
  private port = 0;

  constructor(database: string) {
    this.database = new URL(database);
  }

  get url(): string {
    const url = new URL(this.database);
    url.port = String(this.port);
    return url.href;
  }

  async open(): Promise<void> {
    await once(this.relay.listen(this.port, '127.0.0.1'), 'listening');
    this.port = (this.relay.address() as AddressInfo).port;
  }

  async cut(): Promise<void> {
    const closed = once(this.relay, 'close');
    this.relay.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private join(near: Socket): void {
    const far = connect(Number(this.database.port || 5432), this.database.hostname);
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
    }
  }
}

const suffix = missing === undefined ? '' : ` (not run: ${missing})`;

describe.skipIf(missing !== undefined)(`a database that cannot be reached${suffix}`, () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  it('is told as such, and forgotten once it is back', async () => {
    const database = await createTestDatabase('pawl_server_outage');
    closers.push(() => database.drop());
    const way = new Way(database.url);
    await way.open();
    closers.push(() => way.cut());
    const engine = await openEngine({ database: way.url, log: silent });
    closers.push(() => engine.stop());
    const server = await serve(engine, { port: 0 });
    closers.push(() => server.close());
    await engine.deploy(flowText('after', [{ a: { set: { n: 1 } } }]));

    await way.cut();
    const ready = async () => (await ask(server.port, 'GET', '/readyz')).status;
    await waitUntil('Pawl says that it is not ready', async () => (await ready()) === 503);
    expect((await ask(server.port, 'GET', '/healthz')).status).toBe(200);
    const runs = await ask(server.port, 'GET', '/api/v1/runs');
    expect(runs.json).toMatchObject({ status: 503, code: 'PAWL_STORE_UNREACHABLE' });
    expect(runs.headers['retry-after']).toBe('1');

    await way.open();
    await waitUntil('Pawl is ready', async () => (await ready()) === 200);
    const headers = { 'idempotency-key': 'again' };
    const start = () => ask(server.port, 'POST', '/api/v1/flows/test/after/runs', { body: { input: null }, headers });
    const { json } = await start();
    const ended = await engine.ended(String(json['id']), AbortSignal.timeout(40_000));
    expect(ended).toMatchObject({ status: 'completed' });
    expect((await start()).json['id']).toBe(json['id']);
  });

  it('stops the opening of an engine with one clear error', async () => {
    for (const address of ['postgresql://nobody@127.0.0.1:1/pawl', 'mysql://x/y']) {
      const opening = openEngine({ database: address, log: silent });
      await expect(opening).rejects.toMatchObject({ code: 'PAWL_STORE_UNREACHABLE' });
    }
  });
});
