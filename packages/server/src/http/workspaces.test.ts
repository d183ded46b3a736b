import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowText, missing } from '../engine.fixture.ts';
import { routePermissions } from './access.ts';
import type { HttpBed, Reply } from './http.fixture.ts';
import { ask, openHttpBed } from './http.fixture.ts';
import { type Server, serve } from './serve.ts';

const suffix = missing === undefined ? '' : ` (not run: ${missing})`;
/** Routes that show or change nothing of a workspace. */
const common = new Set([
  'GET /healthz',
  'GET /readyz',
  'GET /metrics',
  'GET /',
  'GET /page/:file',
  'GET /api/openapi.json',
  'POST /api/v1/flows',
]);
const lists = new Set([
  ...['GET /api/v1/flows', 'GET /api/v1/runs', 'GET /api/v1/decisions'],
  ...['GET /api/v1/secrets', 'GET /api/v1/connections', 'GET /api/v1/secret-changes'],
  ...['GET /api/v1/events', 'GET /api/v1/schedules', 'GET /api/v1/tokens', 'GET /api/v1/audit'],
]);
/** Names of values belong to whoever writes them; `tokens.test.ts`, `audit.test.ts`, `secrets.test.ts` and `vault.test.ts` have what they show and change. */
const makesItsOwn = new Set([
  ...['PUT /api/v1/secrets/:name', 'PUT /api/v1/connections/:name', 'POST /api/v1/secret-key/rotate'],
  ...['POST /api/v1/tokens', 'GET /api/v1/audit/verify'],
  ...['DELETE /api/v1/secrets/:name', 'DELETE /api/v1/connections/:name', 'POST /api/v1/events'],
]);

describe.skipIf(missing !== undefined)(`what belongs to another workspace${suffix}`, () => {
  let bed: HttpBed;
  let other: Server;
  let ids: { run: string; decision: string };

  beforeAll(async () => {
    bed = await openHttpBed('workspaces');
    other = await serve(await bed.another({ workspace: 'other', worker: 'none' }), { port: 0 });
    const { version } = await bed.engine.deploy(flowText('mine', [{ send: { call: 'test.vanish' } }]));
    const { run } = await bed.engine.start({ flow: { hash: version.hash }, input: null });
    const questions = () => bed.engine.questions({ workspace: 'default', open: true, cursor: null, limit: 10 });
    await waitUntil('it asks', async () => (await questions()).items.length > 0);
    ids = { run, decision: (await questions()).items[0]?.id ?? '' };
  });
  afterAll(async () => {
    await other?.close();
    await bed?.close();
  });

  const bodyOf = (route: string) => {
    if (route.startsWith('GET')) return {};
    return { body: route.includes('decisions') ? { fail: true } : {} };
  };
  const askRoute = (port: number, route: string): Promise<Reply> => {
    const [method = '', path = ''] = route.split(' ');
    const id = path.includes('/decisions/') ? ids.decision : ids.run;
    const filled = path
      .replace(':id', id)
      .replace(':namespace', 'test')
      .replace(':name', 'mine')
      .replace(':version', '1.0.0');
    return ask(port, method, filled, bodyOf(route));
  };

  it.each(Object.keys(routePermissions).filter((route) => !common.has(route) && !makesItsOwn.has(route)))(
    'is not there for %s',
    async (route) => {
      const reply = await askRoute(other.port, route);
      if (lists.has(route)) expect(reply.json).toMatchObject({ items: [] });
      else expect([reply.status, reply.json['code']]).toEqual([404, expect.stringMatching(/_(UNKNOWN|NOT_FOUND)$/)]);
    },
  );

  it('is there for its own, so that a 404 above says something', async () => {
    for (const route of ['GET /api/v1/runs/:id', 'GET /api/v1/flows/:namespace/:name'])
      expect((await askRoute(bed.server.port, route)).status).toBe(200);
    const decided = await askRoute(bed.server.port, 'POST /api/v1/decisions/:id');
    expect(decided.status).toBe(200);
  });

  it('is not there for a start that waits to begin either', async () => {
    const idle = await bed.another({ worker: 'none' });
    const { version } = await idle.deploy(flowText('waits', [{ a: { set: { n: 1 } } }]));
    await bed.engine.stop({ drain: true });
    const { run } = await idle.start({ flow: { hash: version.hash }, input: { order: 7 } });
    for (const path of ['', '/journal', '/state'])
      expect((await ask(other.port, 'GET', `/api/v1/runs/${run}${path}`)).status).toBe(404);
    expect((await ask(other.port, 'POST', `/api/v1/runs/${run}/cancel`, { body: {} })).status).toBe(404);
    // Its own workspace sees it, with its input.
    expect(await idle.run(run)).toMatchObject({ status: 'pending', input: { order: 7 }, seq: 0 });
  });
});
