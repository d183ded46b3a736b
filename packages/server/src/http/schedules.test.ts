import type { JsonObject } from '@pawl/core';
import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowText, missing } from '../engine.fixture.ts';
import type { HttpBed, Reply } from './http.fixture.ts';
import { openHttpBed } from './http.fixture.ts';

const suffix = missing === undefined ? '' : ` (not run: ${missing})`;
/** Three intervals of the schedules below (ms). */
const aWhile = 600;

describe.skipIf(missing !== undefined)(`schedules over HTTP${suffix}`, () => {
  let bed: HttpBed;

  beforeAll(async () => {
    bed = await openHttpBed('http_schedules');
  });
  afterAll(() => bed?.close());

  const deploy = (name: string, schedule: JsonObject, pawl?: JsonObject) =>
    bed.engine.deploy(flowText(name, [{ keep: { set: '${ $input }' } }], { schedule }, pawl));
  const change = (what: 'pause' | 'resume', name: string): Promise<Reply> =>
    bed.ask('POST', `/api/v1/schedules/test/${name}/${what}`);
  const runsOf = async (name: string): Promise<readonly JsonObject[]> =>
    (await bed.ask('GET', `/api/v1/runs?flow=test/${name}&limit=1000`)).json['items'] as JsonObject[];
  /** A run that a tick started has the tick in its id (ms). */
  const tickOf = ({ id }: JsonObject): number => Number.parseInt(String(id).replace('-', '').slice(0, 12), 16);
  const passes = (ms: number): Promise<void> => {
    const end = bed.engine.clock.now() + ms;
    return waitUntil(`${ms} ms have passed`, () => bed.engine.clock.now() >= end);
  };

  it('are listed with what they say and when they start next', async () => {
    await deploy('nightly', { cron: '0 3 * * *' });
    await deploy('heard', { on: { one: { with: { type: 'com.test.never' } } } });
    await waitUntil('its owner has looked', async () => {
      const { json } = await bed.ask('GET', '/api/v1/schedules');
      return String((json['items'] as JsonObject[])[1]?.['next']).endsWith('T03:00:00.000Z');
    });
    const { json } = await bed.ask('GET', '/api/v1/schedules');
    expect(json).toMatchObject({
      items: [
        { namespace: 'test', name: 'heard', version: '1.0.0', next: null, paused: false, run: null },
        { name: 'nightly', schedule: { cron: '0 3 * * *' } },
      ],
      next: null,
    });
  });

  it('that are paused start nothing, and leave out what was missed once they are resumed', async () => {
    await deploy('often', { every: { milliseconds: 200 } }, { schedule: { missed: 'all' } });
    await waitUntil('it starts runs', async () => (await runsOf('often')).length > 0);
    expect((await change('pause', 'often')).json).toMatchObject({ name: 'often', paused: true, next: null });
    // A tick that was being decided may come yet.
    await passes(aWhile);
    const paused = (await runsOf('often')).length;
    const from = bed.engine.clock.now();
    await passes(2 * aWhile);
    expect(await runsOf('often')).toHaveLength(paused);
    const resumed = await change('resume', 'often');
    expect(resumed.json).toMatchObject({ paused: false, next: expect.any(String) });
    await waitUntil('it starts runs again', async () => (await runsOf('often')).length > paused);
    const after = await runsOf('often');
    await change('pause', 'often');
    const missed = after.map(tickOf).filter((tick) => tick > from && tick < Date.parse(String(resumed.json['next'])));
    expect(missed).toEqual([]);
  });

  it('that wait for the end of their run hear of it though they are paused', async () => {
    await bed.engine.deploy(
      flowText('chain', [{ wait: { call: 'test.gate', with: { name: 'chain' } } }], {
        schedule: { after: { milliseconds: 1 } },
      }),
    );
    await waitUntil('its run waits', () => bed.bench.waiting.has('chain'));
    const { json } = await change('pause', 'chain');
    const id = String((await runsOf('chain'))[0]?.['id']);
    expect(json['run']).toBe(id);
    // What is resumed while its run is under way does not lose its end.
    await change('resume', 'chain');
    await change('pause', 'chain');
    const release = bed.bench.waiting.get('chain');
    bed.bench.waiting.delete('chain');
    release?.();
    await bed.engine.ended(id);
    await change('resume', 'chain');
    await waitUntil('the next run waits', () => bed.bench.waiting.has('chain'));
    await change('pause', 'chain');
    bed.bench.open('chain');
  });

  it('are known by the flow they belong to', async () => {
    const { status, json } = await change('pause', 'nobody');
    expect([status, json['code']]).toEqual([404, 'PAWL_SCHEDULE_UNKNOWN']);
  });
});
