import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '@pawl/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowText, missing } from '../engine.fixture.ts';
import type { HttpBed } from './http.fixture.ts';
import { openHttpBed } from './http.fixture.ts';

const value = 'sk_live_4eC39HqLyjWDarjtT1zdp7dc';

describe.skipIf(missing !== undefined)(
  `secrets over HTTP${missing === undefined ? '' : ` (not run: ${missing})`}`,
  () => {
    let bed: HttpBed;
    let folder: string;
    const lines: string[] = [];
    const note = (...line: unknown[]): void => void lines.push(JSON.stringify(line));
    const log: Log = { debug: note, info: note, warn: note, error: note };
    /** A target that shows in its answer what it got. */
    const target = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ url: request.url, headers: request.headers }));
      got.push(String(request.headers['authorization']));
    });
    const got: string[] = [];
    let port = 0;

    beforeAll(async () => {
      await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
      port = (target.address() as AddressInfo).port;
      folder = await mkdtemp(join(tmpdir(), 'pawl-secrets-'));
      bed = await openHttpBed('secrets', {
        keys: { kind: 'own', path: join(folder, 'key') },
        allowNets: '127.0.0.1',
        log,
        logLevel: 'debug',
      });
    });
    afterAll(async () => {
      await bed?.close();
      target.close();
      await rm(folder, { recursive: true });
    });

    const put = (path: string, body: object) => bed.ask('PUT', `/api/v1/${path}`, { body: body as never });
    const get = (path: string) => bed.ask('GET', `/api/v1/${path}`);

    it('are set and never shown', async () => {
      expect(await put('secrets/token', { value, hosts: ['api.example.com'] })).toMatchObject({
        status: 201,
        json: { name: 'token', version: 1 },
      });
      expect(await put('secrets/token', { value })).toMatchObject({ status: 200, json: { version: 2 } });
      const list = await get('secrets');
      expect(list.json).toMatchObject({
        items: [{ name: 'token', version: 2, updatedBy: 'local-owner', hosts: null, flows: null, usedBy: [] }],
        next: null,
      });
      const one = await get('secrets/token');
      for (const { text } of [list, one, await get('secret-changes')]) expect(text).not.toContain('sk_live');
      expect(await bed.ask('POST', '/api/v1/secrets/token/test')).toMatchObject({ status: 200, json: { ok: true } });
    });

    it.each([
      ['secrets/tiny', { value: 'abc' }, 'PAWL_SECRET_INVALID'],
      ['secrets/number', { value: 12345 }, 'PAWL_SECRET_INVALID'],
      ['secrets/host', { value, hosts: ['https://x'] }, 'PAWL_SECRET_INVALID'],
      ['secrets/flow', { value, flows: ['x'] }, 'PAWL_SECRET_INVALID'],
      ['secrets/a%20b', { value }, 'PAWL_SECRET_INVALID'],
      ['secrets/more', { value, values: value }, 'PAWL_REQUEST_INVALID'],
      [
        'connections/db',
        { kind: 'postgres', fields: { host: 'h', user: 'u', database: 'd', password: value } },
        'PAWL_SECRET_INVALID',
      ],
      [
        'connections/db',
        { kind: 'postgres', fields: { host: 'h' }, secrets: { password: value } },
        'PAWL_SECRET_INVALID',
      ],
      [
        'connections/db',
        { kind: 'postgres', fields: { host: 'h', user: 'u', database: 'd' }, secrets: { passwort: value } },
        'PAWL_SECRET_INVALID',
      ],
      [
        'connections/db',
        { kind: 'postgres', fields: { host: 'h', user: 'u', database: 'd' }, hosts: ['other'] },
        'PAWL_SECRET_HOST',
      ],
    ])('are refused in words that do not hold them: %s %j', async (path, body, code) => {
      const reply = await put(path, body);
      expect(reply.json).toMatchObject({ code });
      expect(reply.text).not.toContain('sk_live');
      expect(await get(path)).toMatchObject({ status: 404 });
    });

    it('reach the target of a flow, and nothing that anybody can read', async () => {
      await put('secrets/key', { value, hosts: [`127.0.0.1:${port}`] });
      const call = (name: string, endpoint: string) =>
        flowText(
          name,
          [
            {
              send: {
                call: 'http',
                with: {
                  method: 'get',
                  endpoint,
                  headers: { authorization: 'Bearer ${ $secrets.key }' },
                  output: 'response',
                },
              },
            },
          ],
          { use: { secrets: ['key'] } },
        );
      const run = async (name: string, endpoint: string) => {
        const { version } = await bed.engine.deploy(call(name, endpoint));
        const { run: id } = await bed.engine.start({ flow: { hash: version.hash }, input: null });
        return bed.engine.ended(id);
      };
      const done = await run('uses-key', `http://127.0.0.1:${port}/in`);
      expect(done).toMatchObject({ status: 'completed' });
      expect(got).toEqual([`Bearer ${value}`]);
      expect(JSON.stringify(done?.output)).toContain('«secret key»');
      const refused = await run('leaks-key', `http://localhost:${port}/in`);
      expect(refused).toMatchObject({
        status: 'faulted',
        error: { status: 403, detail: expect.stringContaining(`localhost:${port}`) },
      });
      expect(got).toHaveLength(1);
      const shown = [
        await get(`runs/${done?.id}`),
        await get(`runs/${done?.id}/journal`),
        await get(`runs/${done?.id}/state`),
        await get('flows'),
      ];
      for (const { text } of shown) expect(text).not.toContain('sk_live');
      expect((await get('secrets/key')).json).toMatchObject({ usedBy: ['test/leaks-key', 'test/uses-key'] });
      expect(await bed.ask('DELETE', '/api/v1/secrets/key')).toMatchObject({
        json: { usedBy: ['test/leaks-key', 'test/uses-key'] },
      });
      expect(await run('uses-key', `http://127.0.0.1:${port}/in`)).toMatchObject({
        status: 'faulted',
        error: { status: 403 },
      });
    });

    it('are in no line of the log, even where somebody logs them', async () => {
      await put('secrets/logged', { value: 'a value that is logged' });
      bed.engine.log.error(
        { err: new Error('it was a value that is logged'), data: { deep: ['a value that is logged'] } },
        'a value that is logged',
      );
      expect(lines.at(-1)).toContain('«secret logged»');
      expect(lines.join('\n')).not.toMatch(/a value that is logged|sk_live/);
    });

    it('of connections are tested, and shown without what is secret', async () => {
      const url = new URL(bed.url);
      const fields = {
        host: url.hostname,
        port: Number(url.port || 5432),
        user: 'ada',
        database: url.pathname.slice(1),
        tls: 'off',
      };
      // The database of Pawl itself is closed to flows and connections.
      expect(await put('connections/crm', { kind: 'postgres', fields, secrets: { password: value } })).toMatchObject({
        status: 201,
      });
      const own = await bed.ask('POST', '/api/v1/connections/crm/test');
      expect(own.json).toMatchObject({ ok: false });
      expect((await get('connections')).json).toMatchObject({
        items: [{ name: 'crm', kind: 'postgres', fields, usedBy: [] }],
      });
      expect((await get('connections')).text).not.toContain('sk_live');
      expect(await bed.ask('POST', '/api/v1/connections/none/test')).toMatchObject({ status: 404 });
    });

    it('are recorded: who set and removed what, and rotated the key', async () => {
      expect(await bed.ask('POST', '/api/v1/secret-key/rotate')).toMatchObject({
        status: 200,
        json: { values: expect.any(Number) },
      });
      const { items } = (await get('secret-changes')).json as { items: { change: string; name: string; by: string }[] };
      expect(items[0]).toMatchObject({ change: 'rotate-key', by: 'local-owner' });
      expect(items).toContainEqual(expect.objectContaining({ change: 'remove', name: 'key', by: 'local-owner' }));
      expect(items).toContainEqual(expect.objectContaining({ change: 'set', name: 'token', version: 2 }));
    });
  },
);
