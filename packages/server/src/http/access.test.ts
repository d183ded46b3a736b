import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpBed } from './http.fixture.ts';
import { missing } from '../engine.fixture.ts';
import { routePermissions } from './access.ts';
import { type App, createApp } from './app.ts';
import { askRaw, openHttpBed } from './http.fixture.ts';
import { serve } from './serve.ts';

const routes = Object.entries(routePermissions).map(([route, permission]) => {
  const [method, url] = route.split(' ') as ['GET' | 'POST', string];
  return { route, method, url, permission };
});
const securityHeaders = [
  'content-security-policy',
  'x-content-type-options',
  'x-frame-options',
  'referrer-policy',
  'cache-control',
];

describe.skipIf(missing !== undefined)(
  `who may do what${missing === undefined ? '' : ` (not run: ${missing})`}`,
  () => {
    let bed: HttpBed;
    let app: App;

    beforeAll(async () => {
      bed = await openHttpBed('access');
      app = await createApp(bed.engine);
      await app.ready();
    });
    afterAll(async () => {
      await app?.close();
      await bed?.close();
    });

    it('has a route for every entry of the table, and anybody may ask for two of them', () => {
      for (const { method, url } of routes) expect(app.hasRoute({ method, url }), url).toBe(true);
      expect(routes.filter((each) => each.permission === 'public').map((each) => each.route)).toEqual([
        'GET /healthz',
        'GET /readyz',
      ]);
    });

    it('does not serve a route that is not in the table', async () => {
      const other = await createApp(bed.engine);
      expect(() => other.get('/debug', async () => 'secrets')).toThrow(/GET \/debug has no permission/);
      await other.close();
    });

    it.each(routes)('$route is refused to a stranger unless it is public', async ({ method, url, permission }) => {
      const path = url.replace(/:\w+/g, 'x');
      const answer = await app.inject({
        method,
        url: path,
        remoteAddress: '203.0.113.7',
        ...(method === 'POST' ? { payload: {} } : {}),
      });
      if (permission === 'public') expect(answer.statusCode).toBe(200);
      else expect(answer.json()).toMatchObject({ status: 401, code: 'PAWL_UNAUTHENTICATED' });
      for (const header of securityHeaders) expect(answer.headers[header], header).toBeDefined();
    });

    it('tells a stranger nothing about which routes there are', async () => {
      const answer = await app.inject({ url: '/api/v1/nothing', remoteAddress: '203.0.113.7' });
      expect(answer.statusCode).toBe(401);
    });

    it('refuses names that are not its own, so that no site can lead a browser here by its own name', async () => {
      for (const host of [
        'evil.example',
        'evil.example:7295',
        '127.0.0.1.evil.example',
        'localhost.evil.example',
        '10.0.0.5',
        '[fe80::1]',
        'a b',
      ]) {
        const { status, json } = await bed.ask('GET', '/api/v1/runs', { headers: { host } });
        expect({ host, status, code: json['code'] }).toEqual({ host, status: 421, code: 'PAWL_HOST_UNKNOWN' });
      }
      const nameless = await askRaw(bed.server.port, 'GET /api/v1/runs HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n');
      expect(nameless).toMatch(/^HTTP\/1.1 421 /);
      for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1:7295', '[::1]:7295']) {
        expect((await bed.ask('GET', '/api/v1/runs', { headers: { host } })).status, host).toBe(200);
      }
    });

    it('takes nobody for the owner who comes through a proxy, though it is on this machine', async () => {
      for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via']) {
        const { json } = await bed.ask('GET', '/api/v1/runs', { headers: { [name]: '203.0.113.7' } });
        expect(json, name).toMatchObject({ status: 401, code: 'PAWL_UNAUTHENTICATED' });
      }
    });

    it('refuses what a page of another site sends', async () => {
      const own = `http://127.0.0.1:${bed.server.port}`;
      const post = (headers: Record<string, string>) => bed.ask('POST', '/api/v1/flows', { headers, body: '{}' });
      for (const origin of [
        'http://evil.example',
        'null',
        'http://127.0.0.1:1',
        own.replace('http', 'https'),
        `${own}.evil.example`,
      ]) {
        expect((await post({ origin })).json, origin).toMatchObject({ status: 403, code: 'PAWL_FORBIDDEN' });
      }
      expect((await post({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
      // What a step of a flow sends, from whichever worker.
      expect((await post({ 'pawl-egress': '1' })).status).toBe(403);
      expect((await post({ origin: own })).json['code']).toBe('PAWL_FLOW_INVALID');
    });

    it('sends the security headers with every answer, broken requests included', async () => {
      const answers = [
        await bed.ask('GET', '/'),
        await bed.ask('GET', '/healthz'),
        await bed.ask('GET', '/nowhere'),
        await bed.ask('GET', '/api/v1/runs/x'),
        await bed.ask('GET', '/%zz'),
        await bed.ask('POST', '/api/v1/flows', { body: '{' }),
      ];
      expect(answers.map((answer) => answer.status)).toEqual([200, 200, 404, 404, 400, 400]);
      for (const answer of answers)
        for (const header of securityHeaders) expect(answer.headers[header], header).toBeDefined();
      expect(answers[0]?.headers['content-security-policy']).not.toContain('unsafe');
    });

    it('listens on this machine only', async () => {
      for (const host of ['0.0.0.0', '::', '10.1.2.3', 'example.org']) {
        await expect(serve(bed.engine, { host, port: 0 })).rejects.toMatchObject({ code: 'PAWL_HOST_REFUSED' });
      }
      await expect(serve(bed.engine, { port: bed.server.port })).rejects.toMatchObject({ code: 'PAWL_PORT_TAKEN' });
    });
  },
);
