import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get as httpsGet } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leastRoles, mayDo, type Role, roles } from '../access/roles.ts';
import { flowText, missing } from '../engine.fixture.ts';
import { routePermissions } from './access.ts';
import { type App, createApp } from './app.ts';
import type { HttpBed, Reply } from './http.fixture.ts';
import { ask, openHttpBed } from './http.fixture.ts';
import { type Server, serve } from './serve.ts';

const stranger = '203.0.113.7';
const adminToken = 'an-admin-token-of-the-environment-32';
const openssl = 'openssl';
const hasOpenssl = spawnSync(openssl, ['version']).status === 0;
const routes = Object.entries(routePermissions).map(([route, permission]) => {
  const [method, url] = route.split(' ') as ['GET' | 'POST' | 'PUT' | 'DELETE', string];
  return { route, method, url, permission };
});

describe.skipIf(missing !== undefined)(`access tokens${missing === undefined ? '' : ` (not run: ${missing})`}`, () => {
  let bed: HttpBed;
  let app: App;
  const tokens = new Map<Role, string>();
  beforeAll(async () => {
    bed = await openHttpBed('tokens');
    app = await createApp(bed.engine, { tokensOnly: true, adminToken });
    await app.ready();
    for (const role of roles) tokens.set(role, (await make({ name: `the-${role}`, role })).json['token'] as string);
  });
  afterAll(async () => {
    await app?.close();
    await bed?.close();
  });

  const make = (body: Record<string, string>): Promise<Reply> => bed.ask('POST', '/api/v1/tokens', { body });
  const bearer = (token: string | undefined) => ({ authorization: `Bearer ${token}` });
  const get = async (token: string, remoteAddress = stranger) => {
    const answer = await app.inject({ url: '/api/v1/runs', headers: bearer(token), remoteAddress });
    return answer.statusCode;
  };

  it('are shown once, and kept as a hash', async () => {
    const made = await make({ name: 'ci', role: 'publisher', reason: 'for the pipeline' });
    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({
      ...{ name: 'ci', role: 'publisher', createdBy: 'local-owner', expiresAt: null, revokedAt: null, usedAt: null },
      token: expect.stringMatching(/^pawl_[\w-]{43}$/),
    });
    const list = await bed.ask('GET', '/api/v1/tokens');
    expect(list.text).toContain('"ci"');
    expect(list.text).not.toContain('pawl_');
    const other = await make({ name: 'cd', role: 'publisher' });
    expect(other.json['token']).not.toBe(made.json['token']);
  });

  it.each(routes.flatMap((route) => roles.map((role) => ({ ...route, role }))))(
    '$role: $route',
    async ({ method, url, permission, role }) => {
      // Names of nothing, and bodies of nothing: whoever is let in is told so.
      const answer = await app.inject({
        ...{ method, url: url.replace(/:\w+/g, 'nothing'), headers: bearer(tokens.get(role)), remoteAddress: stranger },
        ...(method === 'GET' ? {} : { payload: { not: 'anything' } }),
      });
      const allowed = permission === 'public' || mayDo(role, permission);
      const refusal = { code: 'PAWL_FORBIDDEN', permission };
      if (allowed) expect([401, 403, 500]).not.toContain(answer.statusCode);
      else expect(answer.json()).toMatchObject(refusal);
    },
  );

  it('have one permission for each route, which some role has', () => {
    for (const { permission } of routes) if (permission !== 'public') expect(leastRoles).toHaveProperty([permission]);
    const used = new Set(routes.map(({ permission }) => permission));
    expect(Object.keys(leastRoles).filter((permission) => !used.has(permission as 'run.read'))).toEqual([]);
  });

  it('say who somebody is: journals have their names', async () => {
    await bed.engine.deploy(flowText('gated', [{ wait: { call: 'test.gate', with: { name: 'g' } } }]));
    const headers = bearer(tokens.get('operator'));
    const own = (method: string, path: string, body = {}) => bed.ask(method, path, { headers, body });
    const { json } = await own('POST', '/api/v1/flows/test/gated/runs');
    await waitUntil('it runs', () => bed.bench.waiting.has('g'));
    expect((await own('POST', `/api/v1/runs/${String(json['id'])}/cancel`, { reason: 'wrong file' })).status).toBe(200);
    bed.bench.open('g');
    const journal = await bed.ask('GET', `/api/v1/runs/${String(json['id'])}/journal`);
    expect(journal.text).toContain('"by":"the-operator"');
  });

  it('take no rights from where they are sent: this machine gives a viewer nothing more', async () => {
    const headers = bearer(tokens.get('viewer'));
    expect((await bed.ask('GET', '/api/v1/runs', { headers })).status).toBe(200);
    expect((await bed.ask('GET', '/api/v1/audit', { headers })).json).toMatchObject({ status: 403 });
    expect((await bed.ask('GET', '/api/v1/runs', { headers: bearer('pawl_wrong') })).status).toBe(401);
    expect((await bed.ask('GET', '/api/v1/runs', { headers: { authorization: 'Basic YTpi' } })).status).toBe(401);
  });

  it('are asked for where they are required, from this machine too', async () => {
    const without = await app.inject({ url: '/api/v1/runs', remoteAddress: '127.0.0.1' });
    expect(without.json()).toMatchObject({ status: 401, code: 'PAWL_UNAUTHENTICATED' });
    expect(without.headers['www-authenticate']).toBe('Bearer realm="pawl"');
    expect((await app.inject({ url: '/api/v1/nothing', remoteAddress: '127.0.0.1' })).statusCode).toBe(401);
    expect((await app.inject({ url: '/healthz', remoteAddress: stranger })).statusCode).toBe(200);
    expect(await get(tokens.get('viewer') ?? '')).toBe(200);
  });

  it('stop working at once when they are revoked, in every process', async () => {
    const other = await bed.another({ worker: 'none' });
    const second = await createApp(other, { tokensOnly: true });
    const token = (await make({ name: 'short', role: 'viewer' })).json['token'] as string;
    const there = async () => (await second.inject({ url: '/api/v1/runs', headers: bearer(token) })).statusCode;
    expect([await get(token), await there()]).toEqual([200, 200]);
    const revoked = await bed.ask('POST', '/api/v1/tokens/short/revoke', { body: { reason: 'left' } });
    expect(revoked.json).toMatchObject({ name: 'short', revokedBy: 'local-owner', revokedAt: expect.any(String) });
    expect([await get(token), await there()]).toEqual([401, 401]);
    // Once more changes nothing, and its name stays its own.
    const again = await bed.ask('POST', '/api/v1/tokens/short/revoke', { body: {} });
    expect(again.json['revokedAt']).toBe(revoked.json['revokedAt']);
    expect((await make({ name: 'short', role: 'viewer' })).json).toMatchObject({ code: 'PAWL_TOKEN_EXISTS' });
    await second.close();
  });

  it('follow nothing any more once they are revoked', async () => {
    const token = (await make({ name: 'follower', role: 'viewer' })).json['token'] as string;
    await bed.engine.deploy(flowText('endless', [{ wait: { call: 'test.gate', with: { name: 'endless' } } }]));
    const { json } = await bed.ask('POST', '/api/v1/flows/test/endless/runs', { body: {} });
    const stream = bed.ask('GET', `/api/v1/runs/${String(json['id'])}/stream`, { headers: bearer(token) });
    await waitUntil('it runs', () => bed.bench.waiting.has('endless'));
    await bed.ask('POST', '/api/v1/tokens/follower/revoke', { body: {} });
    // It ends though the run goes on.
    expect((await stream).text).toContain('retry:');
    bed.bench.open('endless');
  });

  it('stop working when they expire', async () => {
    const { token } = await bed.engine.tokens.add(
      { name: 'brief', role: 'viewer', expiresAt: bed.engine.clock.now() + 400 },
      { by: 'ada' },
    );
    expect(await get(token)).toBe(200);
    await waitUntil('it has expired', async () => (await get(token)) === 401);
  });

  it('belong to their workspace', async () => {
    const other = await bed.another({ workspace: 'other', worker: 'none' });
    const elsewhere = await createApp(other, { tokensOnly: true });
    const answer = await elsewhere.inject({ url: '/api/v1/runs', headers: bearer(tokens.get('admin')) });
    expect(answer.statusCode).toBe(401);
    await elsewhere.close();
  });

  it('tell when they were last used', async () => {
    const token = (await make({ name: 'seen', role: 'viewer' })).json['token'] as string;
    await get(token);
    const usedAt = async () => (await bed.engine.tokens.list()).find(({ name }) => name === 'seen')?.usedAt ?? null;
    await waitUntil('its use is noted', async () => (await usedAt()) !== null);
    const first = await usedAt();
    await get(token);
    expect(await usedAt()).toBe(first);
  });

  it('may be one of the environment, an admin without a row', async () => {
    expect(await get(adminToken)).toBe(200);
    expect(await get(`${adminToken}x`)).toBe(401);
    const answer = await app.inject({
      ...{ method: 'POST', url: '/api/v1/tokens', headers: bearer(adminToken), remoteAddress: stranger },
      payload: { name: 'of-env', role: 'viewer' },
    });
    expect(answer.json()).toMatchObject({ createdBy: 'PAWL_TOKEN' });
  });

  it('are refused where they are not what a token can be', async () => {
    for (const name of ['', 'Ada', 'local-owner', 'a b', '../x', 'PAWL_TOKEN', `a${'b'.repeat(63)}`])
      expect((await make({ name, role: 'viewer' })).status, name).toBe(400);
    expect((await make({ name: 'x', role: 'owner' })).status).toBe(400);
    expect((await make({ name: 'x', role: 'viewer', expiresAt: '2020-01-01T00:00:00Z' })).json).toMatchObject({
      code: 'PAWL_TOKEN_INVALID',
    });
    const keyed = { headers: { 'idempotency-key': 'k' }, body: { name: 'x', role: 'viewer' } };
    expect((await bed.ask('POST', '/api/v1/tokens', keyed)).status).toBe(400);
    expect((await bed.ask('POST', '/api/v1/tokens/nobody/revoke', { body: {} })).status).toBe(404);
  });

  it('cannot be guessed for long: an address that tries must wait', async () => {
    const address = '198.51.100.9';
    const statuses: number[] = [];
    for (let n = 0; n < 12; n += 1) statuses.push(await get(`pawl_guess-${n}`, address));
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
    const answer = await app.inject({
      ...{ url: '/api/v1/runs', headers: bearer('pawl_x'), remoteAddress: address },
    });
    expect(answer.json()).toMatchObject({ code: 'PAWL_TOO_MANY_TOKENS' });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    // What worked before still does, and others are not touched.
    expect(await get(tokens.get('viewer') ?? '', address)).toBe(200);
    expect(await get('pawl_x')).toBe(401);
  });

  it.skipIf(!hasOpenssl)(`are taken over TLS${hasOpenssl ? '' : ' (not run: there is no openssl)'}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pawl-tls-'));
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
    args.push('-keyout', keyFile, '-out', certFile, '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1');
    execFileSync(openssl, args, { stdio: 'ignore' });
    await expect(
      serve(bed.engine, { port: 0, tls: { certFile, keyFile: join(folder, 'none') } }),
    ).rejects.toMatchObject({ code: 'PAWL_USAGE', message: expect.stringContaining('PAWL_TLS_KEY') });
    const server = await serve(bed.engine, { host: '0.0.0.0', port: 0, tls: { certFile, keyFile } });
    try {
      expect(server.url).toMatch(/^https:/);
      const status = (headers: Record<string, string>) =>
        new Promise<number | undefined>((resolve, reject) => {
          const ca = readFileSync(certFile);
          const options = { ...{ host: '127.0.0.1', port: server.port, path: '/api/v1/runs' }, ca, headers };
          httpsGet(options, (reply) => {
            reply.resume();
            resolve(reply.statusCode);
          }).once('error', reject);
        });
      expect(await status({})).toBe(401);
      expect(await status(bearer(tokens.get('viewer')))).toBe(200);
      await expect(ask(server.port, 'GET', '/api/v1/runs')).rejects.toBeInstanceOf(Error);
    } finally {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('open Pawl to others only with TLS, or a proxy that speaks it', async () => {
    const refused = { code: 'PAWL_HOST_REFUSED', message: expect.stringContaining('in the clear') };
    await expect(serve(bed.engine, { host: '0.0.0.0', port: 0 })).rejects.toMatchObject(refused);
    const publicUrl = 'https://pawl.example';
    for (const wrong of ['http://pawl.example', 'pawl.example', ''])
      await expect(serve(bed.engine, { port: 0, publicUrl: wrong })).rejects.toMatchObject({ code: 'PAWL_USAGE' });
    const weak = { host: '0.0.0.0', port: 0, publicUrl, adminToken: 'secret' };
    await expect(serve(bed.engine, weak)).rejects.toMatchObject({ code: 'PAWL_USAGE' });
    const none = await bed.another({ workspace: 'empty', worker: 'none' });
    await expect(serve(none, { host: '0.0.0.0', port: 0, publicUrl })).rejects.toMatchObject({
      code: 'PAWL_HOST_REFUSED',
      message: expect.stringContaining('no access tokens'),
    });

    const server: Server = await serve(bed.engine, { host: '0.0.0.0', port: 0, publicUrl });
    try {
      const at = (headers: Record<string, string>, method = 'GET') =>
        ask(server.port, method, '/api/v1/runs', { headers });
      const host = 'pawl.example';
      expect((await at({ host })).status).toBe(401);
      expect((await at({ host, ...bearer(tokens.get('viewer')) })).status).toBe(200);
      const post = (origin: string) =>
        ask(server.port, 'POST', '/api/v1/flows/test/gated/runs', {
          headers: { host, origin, ...bearer(tokens.get('viewer')) },
          body: {},
        });
      expect((await post('https://evil.example')).json).toMatchObject({
        detail: expect.stringContaining('another site'),
      });
      expect((await post(publicUrl)).json).toMatchObject({ permission: 'run.start' });
    } finally {
      await server.close();
    }
  });
});
