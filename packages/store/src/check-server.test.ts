import { createTestDatabase, startTcpProxy, startTransactionPooler, type TestDatabase } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeServer } from './check-server.ts';
import { openStore } from './open-store.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

describe('a server is refused', () => {
  const safe = { version: 150_004, fsync: 'on', fullPageWrites: 'on' };

  it('when it is too old', () => {
    expect(() => judgeServer({ ...safe, version: 149_999 }, true)).toThrow(
      expect.objectContaining({ code: 'PAWL_STORE_VERSION' }),
    );
    expect(() => judgeServer({ ...safe, version: 150_000 }, false)).not.toThrow();
  });

  it('when it may lose what it acknowledged, unless that was allowed', () => {
    for (const off of [{ fsync: 'off' }, { fullPageWrites: 'off' }]) {
      expect(() => judgeServer({ ...safe, ...off }, false)).toThrow(
        expect.objectContaining({ code: 'PAWL_STORE_UNSAFE' }),
      );
      expect(() => judgeServer({ ...safe, ...off }, true)).not.toThrow();
    }
  });

  it('when its address is not one, or nobody answers there', async () => {
    await expect(openStore({ url: 'mysql://127.0.0.1/x' })).rejects.toMatchObject({ code: 'PAWL_STORE_UNREACHABLE' });
    const proxy = await startTcpProxy({ host: '127.0.0.1', port: 9 });
    await expect(openStore({ url: `postgresql://x@127.0.0.1:${proxy.port}/x` })).rejects.toMatchObject({
      code: 'PAWL_STORE_UNREACHABLE',
    });
    await proxy.close();
    await expect(openStore({ url: `postgresql://x@127.0.0.1:${proxy.port}/x` })).rejects.toMatchObject({
      code: 'PAWL_STORE_UNREACHABLE',
    });
  });
});

describe('a way to the server', () => {
  let server: TestServer;
  let database: TestDatabase;
  beforeAll(async () => {
    server = await startTestServer();
    database = await createTestDatabase('pawl_store_pooler', server.url);
  });
  afterAll(async () => {
    await database.drop();
    await server.stop();
  });

  it('a transaction pooler is refused', async () => {
    const url = new URL(database.url);
    const pooler = await startTransactionPooler(database.url);
    url.host = `127.0.0.1:${pooler.port}`;
    try {
      await expect(openStore({ url: url.href })).rejects.toMatchObject({ code: 'PAWL_STORE_POOLER' });
    } finally {
      await pooler.close();
    }
  });

  it('another machine is reached by verified TLS, unless its address says otherwise', async () => {
    const url = new URL(database.url);
    const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port || 5432) });
    // Not a loopback name, though it leads to this machine.
    url.host = `0.0.0.0:${proxy.port}`;
    const error = await openStore({ url: url.href }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'PAWL_STORE_UNREACHABLE', hint: expect.stringContaining('sslmode=disable') });
    url.searchParams.set('sslmode', 'disable');
    await (await openStore({ url: url.href })).close();
    await proxy.close();
  });

  it('a plain proxy is not', async () => {
    const url = new URL(database.url);
    const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port || 5432) });
    url.host = `127.0.0.1:${proxy.port}`;
    const store = await openStore({ url: url.href });
    expect(Math.abs(store.api.clockOffset())).toBeLessThan(60_000);
    await store.close();
    await proxy.close();
  });
});
