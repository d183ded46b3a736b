import type { ApiStore, EventKey, EventRow, InboxMessage, Lease, SubscriptionRow } from '@pawl/core';
import { FencedError, PoisonError } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { eventOf, matchAll, subscriptionOf } from './event-builders.ts';
import { commitOf, keyOf, newRunId, own, startOf, testEpoch } from './store-builders.ts';
import { codeOf, everyPage, type Tools } from './store-tools.ts';

/** An event message as its listener gets it. */
type Heard = Extract<InboxMessage, { kind: 'event' | 'trigger' }>;

interface EventTools {
  readonly api: Pick<ApiStore, 'acceptEvents' | 'events'>;
  /** A run in a partition of its own, and the right to commit for it. */
  readonly listener: (partition: number) => Promise<{ run: string; lease: Lease }>;
  readonly subscribe: (lease: Lease, ...rows: SubscriptionRow[]) => Promise<void>;
  /** What has come for a run, in order. */
  readonly heard: (run: string) => Promise<Heard[]>;
  readonly ids: (run: string) => Promise<string[]>;
  /** Consumes all that has come for a run, and says what became of it. */
  readonly settle: (lease: Lease, run: string, how: 'taken' | 'returned' | 'refused') => Promise<void>;
}

/** Events, those who listen for them, and what comes to them. */
export function eventTests(tools: Tools): void {
  const events = eventTools(tools);
  deliveryTests(tools, events);
  filterTests(tools, events);
  keptTests(tools, events);
  commitEventTests(tools, events);
  lotTests(tools, events);
  eventListTests(tools, events);
}

function eventTools(tools: Tools): EventTools {
  const inbox = async (run: string) =>
    (await tools.worker().inbox([Number.parseInt(run.slice(-2), 16)], new Set(), 1_000)).filter(
      (row) => row.run === run,
    );
  const heard = async (run: string) => (await inbox(run)).map((row) => row.message as Heard);
  return {
    api: {
      acceptEvents: (events) => tools.store().api.acceptEvents(events),
      events: (options) => tools.store().api.events(options),
    },
    async listener(partition) {
      const { runs, lease } = await tools.begin(partition);
      return { run: runs[0]!, lease };
    },
    async subscribe(lease, ...subscribe) {
      await tools.worker().commit(commitOf([lease], { subscribe }));
    },
    heard,
    ids: async (run) => (await heard(run)).map(({ event }) => String((event as { id: string }).id)),
    async settle(lease, run, how) {
      const rows = await inbox(run);
      const settled = rows.map(({ message }) => {
        const { key } = message as Heard;
        return { ...key, listener: run, step: message.kind === 'event' ? message.step : '' };
      });
      await tools
        .worker()
        .commit(commitOf([lease], { consumed: rows, ...(how === 'refused' ? {} : { [how]: settled }) }));
    },
  };
}

function deliveryTests(tools: Tools, { api, listener, subscribe, heard, ids }: EventTools): void {
  describe('events', () => {
    it('come to who listens for them, once, as they were', async () => {
      const { run, lease } = await listener(170);
      await subscribe(lease, subscriptionOf('heard', run, { step: '/do/0/"wait"\\here' }));
      const event = eventOf('heard', 'e1', { data: { text: 'a\u0000b', n: 1e2 } });
      expect(await api.acceptEvents([event])).toEqual([true]);
      await matchAll(tools.worker(), 'heard');
      await matchAll(tools.worker(), 'heard');
      const [message, ...more] = await heard(run);
      expect(more).toEqual([]);
      const key: EventKey = { partition: event.partition, event: message!.key.event };
      expect(message).toEqual({ kind: 'event', step: '/do/0/"wait"\\here', key, event: JSON.parse(event.body) });
    });

    it('of which source and id are known change nothing, whatever else they say', async () => {
      const { run, lease } = await listener(171);
      await subscribe(lease, subscriptionOf('repeated', run));
      const event = eventOf('repeated', 'e1');
      expect(await api.acceptEvents([event, event, eventOf('repeated', 'e2')])).toEqual([true, false, true]);
      const changed = [
        event,
        eventOf('repeated too', 'e1', { source: event.source }),
        eventOf('repeated', 'e1', { source: '/elsewhere' }),
      ];
      expect(await api.acceptEvents(changed)).toEqual([false, false, true]);
      const elsewhere = eventOf('repeated', 'e1', { workspace: 'elsewhere' });
      expect(await api.acceptEvents([elsewhere])).toEqual([true]);
      await matchAll(tools.worker(), 'repeated');
      expect(await ids(run)).toEqual(['e1', 'e2', 'e1']);
    });

    it('accepted at the same time by several callers are new to one of them', async () => {
      const batch = Array.from({ length: 20 }, (_, i) => eventOf('contended', `e${i}`));
      const answers = await Promise.all([batch, [...batch].reverse(), batch].map((events) => api.acceptEvents(events)));
      expect(answers.flat().filter(Boolean)).toHaveLength(20);
    });

    it('come to a schedule as what triggers it', async () => {
      const lease = await own(tools.worker(), 172);
      const schedule = newRunId(172);
      await subscribe(lease, subscriptionOf('triggers', schedule, { step: '', kept: false }));
      const event = eventOf('triggers', 'e1');
      await api.acceptEvents([event]);
      await matchAll(tools.worker(), 'triggers');
      expect(await heard(schedule)).toMatchObject([
        { kind: 'trigger', key: { partition: event.partition }, event: JSON.parse(event.body) },
      ]);
    });

    it('wake the owner of their partition, and then the owner of who listens', async () => {
      const { run, lease } = await listener(173);
      await subscribe(lease, subscriptionOf('waking', run));
      const theirs = await own(tools.other(), eventOf('waking', 'e1').partition);
      const woken = new Promise<void>((resolve) => tools.other().onWake(resolve));
      await api.acceptEvents([eventOf('waking', 'e1')]);
      await expect(woken).resolves.toBeUndefined();
      const told = new Promise<void>((resolve) => tools.worker().onWake(resolve));
      await tools.other().matchEvents([theirs], 10);
      await expect(told).resolves.toBeUndefined();
    });

    it('are given out by the owner of their partition alone', async () => {
      const { partition } = eventOf('fenced', 'e1');
      const lease = await own(tools.worker(), partition);
      await api.acceptEvents([eventOf('fenced', 'e1')]);
      await own(tools.other(), partition);
      const refused = [tools.worker().matchEvents([lease], 10), tools.worker().pruneEvents([lease], testEpoch, 10)];
      for (const answer of await Promise.allSettled(refused))
        expect(answer).toMatchObject({ status: 'rejected', reason: expect.any(FencedError) });
    });
  });
}

function filterTests(tools: Tools, { api, listener, subscribe, ids }: EventTools): void {
  describe('filters of events', () => {
    it('ask for all their literal attributes, of the workspace', async () => {
      const { run, lease } = await listener(174);
      await subscribe(lease, subscriptionOf('filtered', run, { match: { subject: 'a', region: 'eu' } }));
      const event = (id: string, attributes: Record<string, string>, workspace = 'default') =>
        eventOf('filtered', id, { attributes, workspace });
      await api.acceptEvents([
        event('all', { subject: 'a', region: 'eu', more: 'x' }),
        event('one is another', { subject: 'a', region: 'us' }),
        event('one is missing', { subject: 'a' }),
        event('elsewhere', { subject: 'a', region: 'eu' }, 'elsewhere'),
      ]);
      await matchAll(tools.worker(), 'filtered');
      await matchAll(tools.worker(), 'filtered', { workspace: 'elsewhere' });
      expect(await ids(run)).toEqual(['all']);
    });

    it('without attributes take every event of the partition and workspace', async () => {
      const { run, lease } = await listener(175);
      const workspace = 'takes everything';
      const row = { ...subscriptionOf('anything', run, { workspace }), match: {} };
      await subscribe(lease, row);
      await api.acceptEvents([eventOf('anything', 'e1', { workspace }), eventOf('anything', 'e2')]);
      await matchAll(tools.worker(), 'anything', { workspace });
      expect(await ids(run)).toEqual(['e1']);
    });

    it('of one step give an event once, those of another step or run again', async () => {
      const { run, lease } = await listener(176);
      const [other] = (await tools.begin(177)).runs as [string];
      const twice = subscriptionOf('shared', run);
      await subscribe(
        lease,
        twice,
        { ...twice, filter: 1, match: { type: 'shared', source: '/shared' } },
        { ...twice, step: '/do/1/again' },
        { ...twice, listener: other },
      );
      await api.acceptEvents([eventOf('shared', 'e1')]);
      expect(await matchAll(tools.worker(), 'shared')).toBe(3);
      expect(await ids(run)).toEqual(['e1', 'e1']);
      expect(await ids(other)).toEqual(['e1']);
    });

    it('that have ended get nothing more, and those of other steps go on', async () => {
      const { run, lease } = await listener(178);
      const row = subscriptionOf('ended', run);
      await subscribe(lease, row, { ...row, filter: 1 }, { ...row, step: '/do/1/else' });
      await tools.worker().commit(commitOf([lease], { unsubscribe: [row] }));
      await api.acceptEvents([eventOf('ended', 'e1')]);
      await matchAll(tools.worker(), 'ended');
      expect(await ids(run)).toEqual(['e1']);
    });

    it('are replaced by those of the same step that begin in the same commit', async () => {
      const { run, lease } = await listener(179);
      const row = subscriptionOf('replaced', run, { match: { subject: 'old' } });
      await subscribe(lease, row);
      const subscribe2 = [{ ...row, match: { type: 'replaced', subject: 'new' } }];
      await tools.worker().commit(commitOf([lease], { unsubscribe: [row], subscribe: subscribe2 }));
      const events = ['old', 'new'].map((subject) => eventOf('replaced', subject, { attributes: { subject } }));
      await api.acceptEvents(events);
      await matchAll(tools.worker(), 'replaced');
      expect(await ids(run)).toEqual(['new']);
    });
  });
}

function keptTests(tools: Tools, { api, listener, subscribe, ids, settle }: EventTools): void {
  describe('kept events', () => {
    it('come to who listens later: those since its start, and earlier ones that nobody took', async () => {
      const first = await listener(180);
      await subscribe(first.lease, subscriptionOf('kept', first.run, { match: { subject: 'taken' } }));
      const event = (id: string, at: number, subject = 'free') => eventOf('kept', id, { at, attributes: { subject } });
      await api.acceptEvents([
        event('early', 1),
        event('early and taken', 1, 'taken'),
        event('since', testEpoch, 'taken'),
      ]);
      await matchAll(tools.worker(), 'kept');
      await settle(first.lease, first.run, 'taken');
      const second = await listener(181);
      const third = await listener(182);
      await subscribe(second.lease, subscriptionOf('kept', second.run, { since: testEpoch }));
      await subscribe(third.lease, subscriptionOf('kept', third.run, { since: testEpoch, kept: false }));
      await matchAll(tools.worker(), 'kept');
      expect((await ids(second.run)).sort()).toEqual(['early', 'since']);
      expect(await ids(third.run)).toEqual(['since']);
    });

    it('of a literal attribute are found among others', async () => {
      const { run, lease } = await listener(183);
      const events = Array.from({ length: 30 }, (_, i) =>
        eventOf('many kept', `e${i}`, { at: 1, attributes: { subject: `s${i}` } }),
      );
      await api.acceptEvents(events);
      await matchAll(tools.worker(), 'many kept');
      await subscribe(lease, subscriptionOf('many kept', run, { match: { subject: 's17' } }));
      await subscribe(lease, subscriptionOf('many kept', run, { step: '/do/1/by-id', match: { id: 'e3' } }));
      await matchAll(tools.worker(), 'many kept');
      expect((await ids(run)).sort()).toEqual(['e17', 'e3']);
    });

    it('do not come again to a step that listens again, unless they came back', async () => {
      const { run, lease } = await listener(184);
      const row = subscriptionOf('again', run);
      const again = async () => {
        await tools.worker().commit(commitOf([lease], { unsubscribe: [row], subscribe: [row] }));
        await matchAll(tools.worker(), 'again');
        return ids(run);
      };
      await subscribe(lease, row);
      await api.acceptEvents([eventOf('again', 'e1')]);
      await matchAll(tools.worker(), 'again');
      await settle(lease, run, 'refused');
      expect(await again(), 'refused: seen for good').toEqual([]);
      await api.acceptEvents([eventOf('again', 'e2')]);
      await matchAll(tools.worker(), 'again');
      await settle(lease, run, 'returned');
      expect(await again()).toEqual(['e2']);
      await settle(lease, run, 'taken');
      expect(await again()).toEqual([]);
    });

    it('are forgotten after their time, with what is known of their deliveries', async () => {
      const { run, lease } = await listener(185);
      const { partition } = eventOf('old', 'e1');
      const events = [1, 2, 3, 4].map((at) => eventOf('old', `e${at}`, { at }));
      await api.acceptEvents(events);
      const owned = await own(tools.worker(), partition);
      expect(await tools.worker().pruneEvents([owned], 4, 2)).toBe(2);
      expect(await tools.worker().pruneEvents([owned], 4, 10)).toBe(1);
      expect(await tools.worker().pruneEvents([owned], 4, 10)).toBe(0);
      await subscribe(lease, subscriptionOf('old', run));
      await matchAll(tools.worker(), 'old');
      expect(await ids(run)).toEqual(['e4']);
      expect(await api.acceptEvents([events[0]!]), 'it is new again').toEqual([true]);
    });
  });
}

function commitEventTests(tools: Tools, { api, listener, subscribe, ids }: EventTools): void {
  describe('events of a commit', () => {
    it('come to who listens, their own run too; a repeat is ignored', async () => {
      const { run, lease } = await listener(186);
      await subscribe(lease, subscriptionOf('emitted', run));
      const events = [eventOf('emitted', 'e1'), eventOf('emitted', 'e2'), eventOf('emitted', 'e1')];
      await tools.worker().commit(commitOf([lease], { events }));
      await tools.worker().commit(commitOf([lease], { events }));
      await matchAll(tools.worker(), 'emitted');
      expect(await ids(run)).toEqual(['e1', 'e2']);
      expect(await api.acceptEvents([events[1]!])).toEqual([false]);
    });

    it('and the subscriptions of a start that lost are left out', async () => {
      const { run, lease } = await listener(187);
      await subscribe(lease, subscriptionOf('lost', run));
      const flow = await tools.flow();
      const [winner, loser] = [newRunId(187), newRunId(187)];
      await tools.worker().commit(commitOf([lease], { starts: [startOf(winner, flow, keyOf('emits'))] }));
      const events = [
        { ...eventOf('lost', 'of the loser'), from: loser },
        { ...eventOf('lost', 'of another'), from: run },
      ];
      const starts = [startOf(loser, flow, keyOf('emits'))];
      await tools.worker().commit(commitOf([lease], { starts, events, subscribe: [subscriptionOf('lost', loser)] }));
      await matchAll(tools.worker(), 'lost');
      expect(await ids(run)).toEqual(['of another']);
      expect(await ids(loser)).toEqual([]);
    });

    it('with text that cannot be stored poison it; the API refuses them', async () => {
      const { lease } = await listener(188);
      const bad = ['a\u0000b', '\ud800'].map((subject) =>
        eventOf('bad', subject.length.toString(), { attributes: { subject } }),
      );
      for (const event of bad) {
        await expect(tools.worker().commit(commitOf([lease], { events: [event] }))).rejects.toBeInstanceOf(PoisonError);
        expect(await codeOf(api.acceptEvents([eventOf('bad', 'good'), event]))).toBe('PAWL_INPUT_INVALID');
      }
      expect(await api.acceptEvents([eventOf('bad', 'good')]), 'all or none').toEqual([true]);
    });
  });
}

function lotTests(tools: Tools, { api, listener, subscribe, ids }: EventTools): void {
  describe('a lot of events', () => {
    it('is given out in portions, each event once and in order', async () => {
      const { run, lease } = await listener(189);
      await subscribe(lease, subscriptionOf('portions', run));
      const events: EventRow[] = Array.from({ length: 50 }, (_, i) => eventOf('portions', `e${i}`));
      await api.acceptEvents(events.slice(0, 25));
      await api.acceptEvents(events.slice(25));
      expect(await matchAll(tools.worker(), 'portions', { limit: 7 })).toBe(50);
      expect(await ids(run)).toEqual(events.map((event) => event.id));
    });

    it('comes to many listeners in portions too', async () => {
      const { runs, lease } = await tools.begin(190, 40);
      await subscribe(lease, ...runs.map((run) => subscriptionOf('broadcast', run)));
      await api.acceptEvents([eventOf('broadcast', 'e1')]);
      expect(await matchAll(tools.worker(), 'broadcast', { limit: 9 })).toBe(40);
      for (const run of runs) expect(await ids(run)).toEqual(['e1']);
    });
  });
}

function eventListTests(tools: Tools, { api, listener, subscribe, settle }: EventTools): void {
  describe('lists of events', () => {
    it('show the newest first, with how many got and took each, filtered by type and by what nobody took', async () => {
      const workspace = 'listed events';
      const { run, lease } = await listener(191);
      const types = ['listed', 'listed', 'other', 'listed'];
      const events = types.map((type, i) => eventOf(type, `e${i}`, { workspace, at: testEpoch + i }));
      await subscribe(lease, subscriptionOf('other', run, { workspace }));
      await api.acceptEvents(events);
      await matchAll(tools.worker(), 'other', { workspace });
      const list = (more: object) => everyPage((cursor) => api.events({ workspace, cursor, limit: 2, ...more }));
      expect((await list({}))[1]).toMatchObject({ id: 'e2', given: 1, taken: 0 });
      await settle(lease, run, 'taken');
      const all = await list({});
      expect(all.map((event) => event.id)).toEqual(['e3', 'e2', 'e1', 'e0']);
      const { source, id, type, at, body } = events[2]!;
      expect(all[1]).toEqual({ source, id, type, at, event: JSON.parse(body), given: 1, taken: 1 });
      expect((await list({ type: 'listed' })).map((event) => event.id)).toEqual(['e3', 'e1', 'e0']);
      expect((await list({ wanted: false })).map((event) => event.id)).toEqual(['e3', 'e1', 'e0']);
      expect(await list({ type: 'other', wanted: false })).toEqual([]);
      expect(await list({ workspace: 'nowhere' })).toEqual([]);
    });

    it('refuse a forged cursor', async () => {
      for (const cursor of ['', 'nonsense', 'bnVsbA'])
        expect(await codeOf(api.events({ workspace: 'default', cursor, limit: 2 }))).toBe('PAWL_REQUEST_INVALID');
    });
  });
}
