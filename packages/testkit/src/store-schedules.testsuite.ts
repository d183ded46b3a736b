import type { ApiStore, FlowVersion, ScheduleRow } from '@pawl/core';
import { FencedError, partitionOf, PoisonError, scheduleId } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { eventOf, matchAll, subscriptionOf } from './event-builders.ts';
import { cancelOf, commitOf, deployFlow, flowVersion, newRunId, own, sha256, testEpoch } from './store-builders.ts';
import { codeOf, everyPage, type Tools } from './store-tools.ts';

type ScheduleApi = Pick<ApiStore, 'setSchedule' | 'schedules' | 'pauseSchedule'>;

/** A schedule of a flow version, due at a time. */
function scheduleOf(flow: FlowVersion, at: number | null, workspace = 'default'): ScheduleRow {
  const id = scheduleId(workspace, flow.namespace, flow.name, { sha256 });
  const { namespace, name, hash } = flow;
  return { id, partition: partitionOf(id), workspace, namespace, name, flow: hash, at, state: '{}', paused: false };
}

/** Flows that start by themselves. */
export function scheduleTests(tools: Tools): void {
  const api = (): ScheduleApi => tools.store().api;
  const put = (row: ScheduleRow, more: { readonly keeps?: boolean } = {}) =>
    api().setSchedule(row.id, { row, subscriptions: [], keeps: more.keeps ?? false });
  const read = (row: ScheduleRow) => tools.worker().schedule(row.id);
  inForceTests(tools, { api, put, read });
  ownerTests(tools, { api, put, read });
}

interface ScheduleTools {
  readonly api: () => ScheduleApi;
  readonly put: (row: ScheduleRow, more?: { readonly keeps?: boolean }) => Promise<void>;
  readonly read: (row: ScheduleRow) => Promise<ScheduleRow | undefined>;
}

function inForceTests(tools: Tools, { api, put, read }: ScheduleTools): void {
  describe('schedules', () => {
    it('are read as they were set, and gone once they are taken away', async () => {
      const row = { ...scheduleOf(await deployFlow(tools.store().api, 'set'), testEpoch), state: '{"text":"\\u0000"}' };
      expect(await read(row)).toBeUndefined();
      await put(row);
      expect(await read(row)).toEqual(row);
      await api().setSchedule(row.id, undefined);
      expect(await read(row)).toBeUndefined();
    });

    it('of a later version replace those before; what they know is kept on demand, and a pause always', async () => {
      const one = { ...scheduleOf(await deployFlow(tools.store().api, 'replaced', '1.0.0'), 1), state: '"one"' };
      await put(one);
      await api().pauseSchedule(one.id, true, null);
      const two = { ...scheduleOf(await deployFlow(tools.store().api, 'replaced', '2.0.0'), 2), state: '"two"' };
      await put(two, { keeps: true });
      expect(await read(one)).toEqual({ ...two, state: '"one"', paused: true });
      await put(two);
      expect(await read(one)).toEqual({ ...two, paused: true });
    });

    it('of an older version do not replace those of a newer one, however late they come', async () => {
      const one = scheduleOf(await deployFlow(tools.store().api, 'late', '1.0.0'), 1);
      const two = scheduleOf(await deployFlow(tools.store().api, 'late', '1.0.1'), 2);
      await put(two);
      await put(one);
      expect(await read(one)).toEqual(two);
    });

    it('set at the same time end with one of the newest version', async () => {
      const versions = ['1.0.0', '1.2.0', '1.10.0', '1.9.0'].map((version) => flowVersion('at once', version));
      await Promise.all(
        versions.map(async (flow) => {
          await tools.store().api.deploy(flow, { workspace: 'default', named: true });
          await put(scheduleOf(flow, 5));
        }),
      );
      expect((await read(scheduleOf(versions[0]!, 5)))?.flow).toBe(versions[2]!.hash);
    });

    it('listen for events in place of those before', async () => {
      const { api: store } = tools.store();
      const one = scheduleOf(await deployFlow(store, 'listens', '1.0.0'), null);
      const listen = (type: string) => subscriptionOf(type, one.id, { step: '', kept: false });
      await api().setSchedule(one.id, { row: one, subscriptions: [listen('first'), listen('second')], keeps: false });
      const two = scheduleOf(await deployFlow(store, 'listens', '2.0.0'), null);
      await api().setSchedule(one.id, { row: two, subscriptions: [listen('third')], keeps: false });
      await store.acceptEvents(['first', 'second', 'third'].map((type) => eventOf(type, `e of ${type}`)));
      const matched = async (type: string) => matchAll(tools.worker(), type);
      expect([await matched('first'), await matched('second'), await matched('third')]).toEqual([0, 0, 1]);
      await api().setSchedule(one.id, undefined);
      await store.acceptEvents([eventOf('third', 'another')]);
      expect(await matched('third')).toBe(0);
    });

    it('are listed by name, page by page', async () => {
      const workspace = 'timetable';
      const flows = ['c', 'a', 'b'].map((name) => flowVersion(name, '1.0.0'));
      for (const flow of flows) {
        await tools.store().api.deploy(flow, { workspace, named: true });
        await put(scheduleOf(flow, null, workspace));
      }
      const list = await everyPage((cursor) => api().schedules({ workspace, cursor, limit: 2 }));
      expect(list.map((row) => row.name)).toEqual(['a', 'b', 'c']);
      expect(list[0]).toEqual(scheduleOf(flows[1]!, null, workspace));
      expect(await codeOf(api().schedules({ workspace, cursor: 'forged', limit: 2 }))).toBe('PAWL_REQUEST_INVALID');
    });

    it('are due at their time, earliest first, unless they are paused', async () => {
      const rows = await Promise.all(
        [30, 10, 20, 40].map(async (at) => scheduleOf(await deployFlow(tools.store().api, `due ${at}`), at)),
      );
      for (const row of rows) await put(row);
      const partitions = rows.map((row) => row.partition);
      const due = async (now: number, limit = 10) =>
        (await tools.worker().dueSchedules(partitions, now, limit))
          .filter(({ id }) => rows.some((row) => row.id === id))
          .map((row) => row.at);
      expect(await due(30)).toEqual([10, 20, 30]);
      expect(await due(30, 1)).toEqual([10]);
      expect(await tools.worker().dueSchedules([], 30, 10)).toEqual([]);
      expect(await tools.worker().nextSchedule([rows[3]!.partition])).toBeLessThanOrEqual(40);
      expect(await api().pauseSchedule(rows[1]!.id, true, null)).toBe(true);
      expect(await due(30)).toEqual([20, 30]);
      expect(await api().pauseSchedule(rows[1]!.id, false, 25)).toBe(true);
      expect(await due(30)).toEqual([20, 25, 30]);
      expect(await api().pauseSchedule(newRunId(1), true, null)).toBe(false);
      for (const row of rows) await api().setSchedule(row.id, undefined);
      expect(await due(90)).toEqual([]);
    });
  });
}

function ownerTests(tools: Tools, { put, read }: ScheduleTools): void {
  describe('what the owner of a schedule decides', () => {
    it('is written with the starts of the same commit', async () => {
      const row = scheduleOf(await deployFlow(tools.store().api, 'decided'), 10);
      await put(row);
      const lease = await own(tools.worker(), row.partition);
      const started = newRunId(199);
      const change = { id: row.id, partition: row.partition, flow: row.flow, at: null, state: '"next"' };
      const messages = [cancelOf(started, 'in place of a start')];
      await tools.worker().commit(commitOf([lease], { schedules: [change], messages }));
      expect(await read(row)).toEqual({ ...row, at: null, state: '"next"' });
      expect(await tools.worker().inbox([199], new Set(), 10)).toEqual(messages);
    });

    it('for another version than the one in force, or for none, is refused with all the rest of its commit', async () => {
      const { api } = tools.store();
      const row = scheduleOf(await deployFlow(api, 'changed', '1.0.0'), 10);
      await put(row);
      const lease = await own(tools.worker(), row.partition);
      const next = scheduleOf(await deployFlow(api, 'changed', '2.0.0'), 20);
      await put(next);
      const gone = { ...row, id: newRunId(row.partition) };
      for (const { id, partition, flow } of [row, gone]) {
        const commit = commitOf([lease], {
          schedules: [{ id, partition, flow, at: null, state: '"old"' }],
          messages: [cancelOf(newRunId(198), `refused ${id}`)],
        });
        await expect(tools.worker().commit(commit)).rejects.toBeInstanceOf(PoisonError);
      }
      expect(await read(row)).toEqual(next);
      expect(await tools.worker().inbox([198], new Set(), 10)).toEqual([]);
    });

    it('is fenced', async () => {
      const row = scheduleOf(await deployFlow(tools.store().api, 'fenced'), 10);
      await put(row);
      const lease = await own(tools.worker(), row.partition);
      await own(tools.other(), row.partition);
      const change = { id: row.id, partition: row.partition, flow: row.flow, at: null, state: '"lost"' };
      await expect(tools.worker().commit(commitOf([lease], { schedules: [change] }))).rejects.toBeInstanceOf(
        FencedError,
      );
      expect(await read(row)).toEqual(row);
    });
  });
}
