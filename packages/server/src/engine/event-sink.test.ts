import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json as bodyOf } from 'node:stream/consumers';
import type { JsonObject } from '@pawl/core';
import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { flowText, missing, openBed } from '../engine.fixture.ts';
import type { EngineBed } from '../engine.fixture.ts';

describe.skipIf(missing !== undefined)(`the event sink${missing === undefined ? '' : ` (not run: ${missing})`}`, () => {
  let bed: EngineBed;
  let got: JsonObject[] = [];
  let answer: (event: JsonObject) => number = () => 204;
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const event = { ...(body as JsonObject), contenttype: request.headers['content-type'] ?? '' };
      const status = answer(event);
      if (status < 300) got.push(event);
      response.writeHead(status).end();
    });
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
    bed = await openBed('sink', { allowNets: '127.0.0.1', eventSink: { url, tasks: false } });
  });
  beforeEach(() => {
    got = [];
    answer = () => 204;
  });
  afterAll(async () => {
    await bed?.close();
    server.close();
  });

  const event = (id: string, type = 'com.test.out'): JsonObject => ({ specversion: '1.0', id, source: '/t', type });
  const ids = (): unknown[] => got.filter(({ type }) => type === 'com.test.out').map(({ id }) => id);
  const comes = (id: string): Promise<unknown> => waitUntil(`${id} is posted`, () => ids().includes(id), 20_000);

  it('gets what is accepted, what flows emit, and the life of runs but not of their steps', async () => {
    await bed.engine.acceptEvents([event('sent-1')]);
    const emit = { event: { with: { type: 'com.test.out', id: 'emitted-1' } } };
    await bed.engine.deploy(flowText('says', [{ say: { emit } }]));
    const { run } = await bed.engine.start({ flow: { namespace: 'test', name: 'says' }, input: null });
    const told = () => got.filter(({ subject }) => subject === `says-${run}.test`).map(({ type }) => type);
    await waitUntil('the end of the run is told', () => told().length > 1, 20_000);
    await comes('emitted-1');
    expect(ids()).toEqual(['sent-1', 'emitted-1']);
    expect(got[0]).toMatchObject({ contenttype: expect.stringMatching(/^application\/cloudevents\+json/) });
    expect(told()).toEqual([
      'io.serverlessworkflow.workflow.started.v1',
      'io.serverlessworkflow.workflow.completed.v1',
    ]);
  });

  it('gets each event in order though it refuses for now, and goes on after one that it refuses for good', async () => {
    const asked = new Map<unknown, number>();
    answer = ({ id }) => {
      const times = (asked.get(id) ?? 0) + 1;
      asked.set(id, times);
      if (id === 'late' && times < 3) return 503;
      return id === 'wrong' ? 422 : 204;
    };
    await bed.engine.acceptEvents([event('late'), event('wrong'), event('last')]);
    await comes('last');
    expect(ids()).toEqual(['late', 'last']);
    expect([asked.get('late'), asked.get('wrong')]).toEqual([3, 1]);
    expect(bed.engine.sink?.stats()).toMatchObject({ refused: 1, failures: 2 });
  });

  it('gets what waits from another process once the one that sent has stopped', async () => {
    answer = () => 503;
    await bed.engine.acceptEvents([event('left')]);
    await waitUntil('it was tried', () => (bed.engine.sink?.stats().failures ?? 0) > 2, 20_000);
    await bed.engine.stop();
    answer = () => 204;
    const other = await bed.another();
    await waitUntil('left is posted', () => ids().includes('left'), 20_000);
    await waitUntil('it is counted', () => other.sink?.stats().sent === 1);
    expect(other.sink?.stats()).toMatchObject({ failures: 0, refused: 0 });
  });
});
