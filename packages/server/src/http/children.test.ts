import type { JsonObject } from '@pawl/core';
import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowText, missing } from '../engine.fixture.ts';
import type { HttpBed } from './http.fixture.ts';
import { openHttpBed } from './http.fixture.ts';

const suffix = missing === undefined ? '' : ` (not run: ${missing})`;

describe.skipIf(missing !== undefined)(`runs that runs start${suffix}`, () => {
  let bed: HttpBed;

  beforeAll(async () => {
    bed = await openHttpBed('children');
  });
  afterAll(() => bed?.close());

  const get = async (path: string): Promise<JsonObject> =>
    (await bed.ask('GET', `/api/v1/runs${path}`)).json as JsonObject;

  it('are listed by their parent, and each names the other while it waits', async () => {
    const workflow = { namespace: 'test', name: 'child', version: 'latest' };
    const to = { any: [{ with: { type: 'com.test.go', subject: 'x' } }] };
    await bed.engine.deploy(flowText('child', [{ hear: { listen: { to } } }]));
    const tasks = [{ tell: { run: { workflow, await: false } } }, { ask: { run: { workflow } } }];
    await bed.engine.deploy(flowText('parent', tasks));
    const { run } = await bed.engine.start({ flow: { namespace: 'test', name: 'parent' }, input: null });
    await waitUntil('it waits', async () => (await bed.engine.run(run)).waitingFor === 'child');
    const open = (await get(`/${run}`))['open'] as JsonObject[];
    const child = String(open.find(({ kind }) => kind === 'child')?.['child']);
    await waitUntil('its child listens', async () => (await bed.engine.run(child)).waitingFor === 'event');
    expect(await get(`/${child}`)).toMatchObject({
      parent: run,
      open: expect.arrayContaining([
        { kind: 'event', step: '/do/0/hear', name: 'hear', events: [{ type: 'com.test.go', subject: 'x' }] },
      ]),
    });

    const all = (await get(`?parent=${run}`))['items'] as JsonObject[];
    expect(all).toMatchObject([{ flow: { name: 'child' } }, { id: child }]);
    expect(await get(`/${String(all[0]?.['id'])}`)).toMatchObject({ parent: null });
    const first = await get(`?parent=${run}&limit=1`);
    expect(first).toMatchObject({ items: [{ id: all[0]?.['id'] }], next: expect.any(String) });
    expect(await get(`?parent=${run}&limit=1&cursor=${String(first['next'])}`)).toEqual({
      items: [all[1]],
      next: null,
    });
    expect(await get(`?parent=${child}`)).toEqual({ items: [], next: null });
  });

  it('are not listed for a run that does not exist, nor with other filters', async () => {
    expect((await bed.ask('GET', '/api/v1/runs?parent=nobody')).status).toBe(404);
    expect((await bed.ask('GET', '/api/v1/runs?parent=nobody&status=waiting')).status).toBe(400);
  });
});
