import { nodeHash } from '@pawl/actions';
import { eventPartition } from '@pawl/core';
import type { Json, JsonObject, RunSummary } from '@pawl/core';
import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowText, missing, openBed } from '../engine.fixture.ts';
import type { EngineBed } from '../engine.fixture.ts';

describe.skipIf(missing !== undefined)(`schedules${missing === undefined ? '' : ` (not run: ${missing})`}`, () => {
  let bed: EngineBed;

  beforeAll(async () => {
    bed = await openBed('schedules');
  });
  afterAll(() => bed?.close());

  const tasks = [{ keep: { set: '${ $input }' } }];
  const flow = (name: string, schedule: JsonObject | undefined, version = '1.0.0'): string =>
    flowText(name, tasks, schedule === undefined ? {} : { schedule }).replace(
      '"version":"1.0.0"',
      `"version":"${version}"`,
    );
  const runsOf = async (name: string): Promise<readonly RunSummary[]> =>
    (
      await bed.engine.store.runs({
        workspace: bed.engine.workspace,
        flow: { namespace: 'test', name },
        cursor: null,
        limit: 100,
      })
    ).items;
  const untilRuns = (name: string, count: number): Promise<unknown> =>
    waitUntil(`${count} runs of ${name}`, async () => (await runsOf(name)).length >= count, 20_000);
  const send = (type: string, id: string, data: Json): Promise<readonly boolean[]> => {
    const { workspace, clock } = bed.engine;
    const event = { specversion: '1.0', id, source: 'test', type, data };
    const attributes = { specversion: '1.0', id, source: 'test', type };
    const partition = eventPartition(workspace, type, nodeHash);
    const body = JSON.stringify(event);
    return bed.engine.store.acceptEvents([
      { partition, workspace, source: 'test', id, type, at: clock.now(), attributes, body },
    ]);
  };
  const scheduled = async (): Promise<readonly string[]> => {
    const { items } = await bed.engine.store.schedules({ workspace: bed.engine.workspace, cursor: null, limit: 100 });
    return items.map(({ name }) => name);
  };

  it('start a run at each tick, and none any more once the newest version has none', async () => {
    await bed.engine.deploy(flow('often', { every: { milliseconds: 300 } }));
    await untilRuns('often', 3);
    expect(await scheduled()).toContain('often');
    await bed.engine.deploy(flow('often', undefined, '1.1.0'));
    expect(await scheduled()).not.toContain('often');
    const [first] = await runsOf('often');
    expect(await bed.engine.ended(first?.id ?? '')).toMatchObject({ status: 'completed', input: null });
  });

  it('start the next run once the one before has ended', async () => {
    await bed.engine.deploy(flow('chain', { after: { milliseconds: 50 } }));
    await untilRuns('chain', 3);
    const runs = [...(await runsOf('chain'))].sort((a, b) => a.startedAt - b.startedAt);
    for (const [i, run] of runs.slice(1).entries())
      expect(run.startedAt).toBeGreaterThanOrEqual((runs[i]?.endedAt ?? Number.POSITIVE_INFINITY) + 50);
    await bed.engine.deploy(flow('chain', undefined, '1.1.0'));
  });

  it('start one run for each event, though the event is sent twice', async () => {
    await bed.engine.deploy(flow('heard', { on: { one: { with: { type: 'com.test.heard' } } } }));
    expect(await send('com.test.heard', 'a', { n: 1 })).toEqual([true]);
    expect(await send('com.test.heard', 'a', { n: 1 })).toEqual([false]);
    await send('com.test.heard', 'b', { n: 2 });
    await untilRuns('heard', 2);
    const ended = await Promise.all((await runsOf('heard')).map(({ id }) => bed.engine.ended(id)));
    expect(ended.map((run) => JSON.stringify(run?.output)).sort()).toEqual(['[{"n":1}]', '[{"n":2}]']);
  });

  it('lose no event to the deploy of a version that asks for the same ones', async () => {
    await bed.engine.deploy(flow('kept', { on: { one: { with: { type: 'com.test.kept' } } } }));
    for (let n = 1; n <= 10; n += 1) {
      await send('com.test.kept', String(n), n);
      if (n % 3 === 0) {
        const other = flow('kept', { on: { one: { with: { type: 'com.test.kept' } } } }, `1.${n}.0`);
        await bed.engine.deploy(other);
      }
    }
    await untilRuns('kept', 10);
    expect(await runsOf('kept')).toHaveLength(10);
  });

  it('are put in force at the start of an engine where a deploy was cut off before', async () => {
    const text = flow('cut', { every: { milliseconds: 300 } });
    await bed.engine.deploy(text);
    const { items } = await bed.engine.store.schedules({ workspace: bed.engine.workspace, cursor: null, limit: 100 });
    await bed.engine.store.setSchedule(items.find(({ name }) => name === 'cut')?.id ?? '', undefined);
    expect(await scheduled()).not.toContain('cut');
    await bed.another();
    expect(await scheduled()).toContain('cut');
  });

  it('are not made by flows that are run without being listed', async () => {
    await bed.engine.deploy(flow('unnamed', { every: { milliseconds: 300 } }), { named: false });
    expect(await scheduled()).not.toContain('unnamed');
  });
});
