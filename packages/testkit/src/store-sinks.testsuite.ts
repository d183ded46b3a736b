import { describe, expect, it } from 'vitest';
import { eventOf } from './event-builders.ts';
import { commitOf, own, testEpoch } from './store-builders.ts';
import type { Tools } from './store-tools.ts';

/** Events on their way out. */
export function sinkTests(tools: Tools): void {
  const ask = (name: string, holder: string, at: number, limit = 100) =>
    tools.store().api.eventsToSend({ name, holder, at, until: at + 10 }, limit);
  const ids = async (...args: Parameters<typeof ask>) =>
    (await ask(...args))?.map((event) => (JSON.parse(event.body) as { id: string }).id);

  describe('events on their way out', () => {
    it('are those accepted since a sink was first asked for, of the API and of commits, until they were sent', async () => {
      const { api } = tools.store();
      await api.acceptEvents([eventOf('out', 'before')]);
      expect(await ask('all', 'me', 1)).toEqual([]);
      const lease = await own(tools.worker(), 5);
      await api.acceptEvents([eventOf('out', 'e1'), eventOf('out', 'before')]);
      await tools.worker().commit(commitOf([lease], { events: [eventOf('out', 'e2'), eventOf('out', 'e3')] }));
      expect(await ids('all', 'me', 2, 2)).toEqual(['e1', 'e2']);
      expect(await ids('all', 'me', 3)).toEqual(['e1', 'e2', 'e3']);
      const [first, second] = (await ask('all', 'me', 4))!;
      const { type, at, body } = eventOf('out', 'e1');
      expect(first).toEqual({ event: first!.event, type, at, body });
      await api.eventsSent('all', [second!.event]);
      expect(await ids('all', 'me', 5)).toEqual(['e1', 'e3']);
      await api.eventsSent('another', [first!.event]);
      expect(await ids('all', 'me', 6)).toEqual(['e1', 'e3']);
    });

    it('are given to one holder at a time, and to the next one when the first has not asked in time', async () => {
      expect(await ask('held', 'first', 100)).toEqual([]);
      await tools.store().api.acceptEvents([eventOf('held', 'e1')]);
      expect(await ask('held', 'second', 105)).toBeUndefined();
      expect(await ids('held', 'first', 109)).toEqual(['e1']);
      expect(await ask('held', 'second', 118)).toBeUndefined();
      expect(await ids('held', 'second', 119)).toEqual(['e1']);
      expect(await ask('held', 'first', 120)).toBeUndefined();
    });

    it('are forgotten with the rest of what is old, and so is a sink that nobody asks for', async () => {
      await ask('old', 'me', testEpoch);
      const event = eventOf('old sink', 'e1', { at: 5 });
      await tools.store().api.acceptEvents([event]);
      expect(await ids('old', 'me', testEpoch + 1)).toEqual(['e1']);
      const lease = await own(tools.worker(), event.partition);
      expect(await tools.worker().pruneEvents([lease], 6, 10)).toBe(1);
      expect(await ids('old', 'me', testEpoch + 2)).toEqual([]);
      const late = eventOf('old sink', 'e2', { at: 7 });
      await tools.store().api.acceptEvents([late]);
      await tools.worker().pruneEvents([lease], testEpoch + 100, 10);
      await tools.store().api.acceptEvents([eventOf('old sink', 'e3', { at: testEpoch + 200 })]);
      expect(await ids('old', 'me', testEpoch + 101)).toEqual([]);
    });
  });
}
