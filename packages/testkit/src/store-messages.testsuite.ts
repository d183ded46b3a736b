import type { InboxRow } from '@pawl/core';
import { FencedError, partitionOf } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import {
  cancelOf,
  commitOf,
  deployFlow,
  journalOf,
  keyOf,
  newRunId,
  own,
  startOf,
  testEpoch,
} from './store-builders.ts';
import type { Tools } from './store-tools.ts';

/** A start of a child that a run asks for. */
function childOf(parent: string, child: string, name = 'orders'): InboxRow {
  return {
    partition: partitionOf(child),
    id: child,
    run: child,
    at: testEpoch + 3,
    message: {
      kind: 'start',
      workspace: 'default',
      flow: '',
      named: { namespace: 'test', name },
      input: { text: 'a\u0000b' },
      key: null,
      parent: { run: parent, frame: 3 },
    },
  };
}

/** Messages that a commit sends to other runs. */
export function messageTests(tools: Tools): void {
  describe('messages of a commit', () => {
    it('come to the inbox of any partition, in the order in which they were said, as they were', async () => {
      const { runs, lease } = await tools.begin(160);
      const child = newRunId(161);
      const messages = [childOf(runs[0]!, child), cancelOf(child, `0 first by its id ${child}`)];
      await tools.worker().commit(commitOf([lease], { journal: [journalOf(runs[0]!, 3)], messages }));
      expect(await tools.worker().inbox([161], new Set(), 10)).toEqual(messages);
    });

    it('are written with the rest of their commit or not at all', async () => {
      const { runs, lease } = await tools.begin(162);
      const commit = commitOf([lease], { messages: [cancelOf(runs[0]!, 'fenced')] });
      await own(tools.other(), 162);
      await expect(tools.worker().commit(commit)).rejects.toBeInstanceOf(FencedError);
      expect(await tools.worker().inbox([162], new Set(), 10)).toEqual([]);
    });

    it('with a known id are ignored', async () => {
      const { runs, lease } = await tools.begin(163);
      const send = (reason: string) =>
        tools.worker().commit(commitOf([lease], { messages: [cancelOf(runs[0]!, 'twice', reason)] }));
      await send('first');
      await send('second');
      const rows = await tools.worker().inbox([163], new Set(), 10);
      expect(rows.map((row) => row.message)).toEqual([{ kind: 'cancel', by: 'lena', reason: 'first' }]);
    });

    it('that start a run which has begun add nothing', async () => {
      const { runs, lease } = await tools.begin(164, 2);
      await tools.worker().commit(commitOf([lease], { messages: [childOf(runs[0]!, runs[1]!)] }));
      expect(await tools.worker().inbox([164], new Set(), 10)).toEqual([]);
    });

    it('show a run that is to be started as pending, of the flow that its name means', async () => {
      const { runs, lease } = await tools.begin(169);
      const { api } = tools.store();
      const flow = await deployFlow(api, 'child', '2.1.0');
      const [child, stray] = [newRunId(169), newRunId(169)];
      const messages = [childOf(runs[0]!, child, 'child'), childOf(runs[0]!, stray, 'nowhere')];
      await tools.worker().commit(commitOf([lease], { messages }));
      expect(await api.runSummary('default', child)).toMatchObject({
        status: 'pending',
        flow: { namespace: 'test', name: 'child', version: '2.1.0', hash: flow.hash },
      });
      expect((await api.runSummary('default', stray))?.flow).toEqual({
        namespace: 'test',
        name: 'nowhere',
        version: 'latest',
        hash: '',
      });
      expect(
        await tools.worker().flowNamed('default', { namespace: 'test', name: 'child', version: 'latest' }),
      ).toEqual(flow);
      expect(await tools.worker().flowNamed('default', { namespace: 'test', name: 'child', version: '2.1.0' })).toEqual(
        flow,
      );
      expect(
        await tools.worker().flowNamed('default', { namespace: 'test', name: 'child', version: '1.0.0' }),
      ).toBeUndefined();
      expect(await tools.worker().flowNamed('elsewhere', { namespace: 'test', name: 'child' })).toBeUndefined();
    });

    it('may be of a run that faults as it begins, since nobody knows its flow', async () => {
      const lease = await own(tools.worker(), 170);
      const stray = newRunId(170);
      await tools.worker().commit(commitOf([lease], { starts: [startOf(stray, '')], journal: [journalOf(stray, 1)] }));
      expect(await tools.worker().run(stray)).toMatchObject({ run: stray });
      expect(await tools.store().api.runSummary('default', stray)).toMatchObject({ id: stray });
    });

    it('of a start that lost are left out, and no others', async () => {
      const lease = await own(tools.worker(), 165);
      const flow = await tools.flow();
      const [winner, loser, bystander] = [newRunId(165), newRunId(165), newRunId(165)];
      await tools.worker().commit(commitOf([lease], { starts: [startOf(winner, flow, keyOf('said'))] }));
      const of = (from: string) => ({ ...cancelOf(winner, `said by ${from}`), from });
      const commit = commitOf([lease], {
        starts: [startOf(loser, flow, keyOf('said')), startOf(bystander, flow)],
        messages: [of(loser), of(bystander), cancelOf(winner, 'said by nobody')],
      });
      expect((await tools.worker().commit(commit)).lost).toHaveLength(1);
      const rows = await tools.worker().inbox([165], new Set(), 10);
      expect(rows.map((row) => row.id)).toEqual([`said by ${bystander}`, 'said by nobody']);
    });

    it('wake the owner of their partition', async () => {
      const { runs, lease } = await tools.begin(166);
      const theirs = await own(tools.other(), 167);
      const woken = new Promise<void>((resolve) => tools.other().onWake(resolve));
      await tools.worker().commit(commitOf([lease], { messages: [childOf(runs[0]!, newRunId(167))] }));
      await expect(woken).resolves.toBeUndefined();
      await tools.other().release([theirs]);
    });

    it('to a partition of its own wake the worker itself', async () => {
      const { runs, lease } = await tools.begin(168);
      const woken = new Promise<void>((resolve) => tools.worker().onWake(resolve));
      await tools.worker().commit(commitOf([lease], { messages: [childOf(runs[0]!, newRunId(168))] }));
      await expect(woken).resolves.toBeUndefined();
    });
  });
}
