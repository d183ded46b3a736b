import type { AskedRow, Commit, DecisionRow, Json, Lease, Store, StoredRun, WorkerStore } from '@pawl/core';
import { FencedError, partitionCount, PoisonError } from '@pawl/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  cancelOf,
  commitOf,
  deployFlow,
  flowVersion,
  headOf,
  journalOf,
  keyOf,
  newRunId,
  own,
  questionOf,
  sha256,
  startOf,
  testEpoch,
} from './store-builders.ts';
import { eventTests } from './store-events.testsuite.ts';
import { lineageTests } from './store-lineage.testsuite.ts';
import { messageTests } from './store-messages.testsuite.ts';
import { scheduleTests } from './store-schedules.testsuite.ts';
import { sinkTests } from './store-sinks.testsuite.ts';
import { codeOf, everyPage, type Tools } from './store-tools.ts';

/** What an implementation lets the suite do beyond the port. */
export interface StoreHooks {
  /** Waits until a worker that closed or died is seen as such (its advisory lock free). Default: nothing to wait for. */
  readonly settled?: () => Promise<void>;
  /** Lets the database begin a new lineage, as after a restore. */
  readonly newLineage: () => Promise<void>;
}

/** An opened store for one contract suite. */
export interface OpenedStore {
  readonly store: Store;
  readonly hooks: StoreHooks;
  close(): Promise<void>;
}

/**
 * The contract of the Store port: every implementation passes it, the simulated one too, since a proof against a store
 * that behaves otherwise than PostgreSQL proves nothing. `open` is called once; the tests share the store and keep apart
 * by run ids and partitions.
 */
export function storeContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(`store contract: ${name}`, () => {
    const context: Context = { opened: undefined, first: undefined, second: undefined };
    beforeAll(async () => {
      const opened = await open();
      context.opened = opened;
      context.first = await opened.store.joinAsWorker({ id: 'worker-1', shares: true });
      context.second = await opened.store.joinAsWorker({ id: 'worker-2', shares: false });
    });
    afterAll(async () => {
      await context.first?.close();
      await context.second?.close();
      await context.opened?.close();
    });
    const tools = toolsOf(context);
    commitTests(tools);
    fenceTests(tools);
    startTests(tools);
    apiStartTests(tools);
    inboxTests(tools);
    loadTests(tools);
    textTests(tools);
    timerTests(tools);
    decisionTests(tools);
    faultTests(tools);
    flowTests(tools);
    listTests(tools);
    ownershipTests(tools);
    messageTests(tools);
    eventTests(tools);
    scheduleTests(tools);
    sinkTests(tools);
    lineageTests(tools);
  });
}

interface Context {
  opened: OpenedStore | undefined;
  first: WorkerStore | undefined;
  second: WorkerStore | undefined;
}

function toolsOf(context: Context): Tools {
  const need = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the store is not open');
    return value;
  };
  const tools: Tools = {
    store: () => need(context.opened).store,
    worker: () => need(context.first),
    other: () => need(context.second),
    settled: async () => context.opened?.hooks.settled?.(),
    newLineage: () => need(context.opened).hooks.newLineage(),
    flow: async () => (await deployFlow(tools.store().api)).hash,
    async begin(partition, count = 1) {
      const flow = await tools.flow();
      const lease = await own(tools.worker(), partition);
      const runs = Array.from({ length: count }, () => newRunId(partition));
      const starts = runs.map((run) => startOf(run, flow));
      await tools.worker().commit(commitOf([lease], { starts, journal: runs.map((run) => journalOf(run, 1, 2)) }));
      return { lease, runs };
    },
  };
  return tools;
}

/** What of a run is stored, or that nothing is. */
async function tracesOf(worker: WorkerStore, run: string, payload: string): Promise<unknown> {
  const stored = await worker.run(run);
  const payloads = await worker.payloads(run, [payload]);
  return { stored: stored?.run, payloads: payloads.size };
}

function commitTests(tools: Tools): void {
  describe('commit', () => {
    it('writes starts, journal, snapshot and payload of several partitions at once', async () => {
      const flow = await tools.flow();
      const leases = [await own(tools.worker(), 3), await own(tools.worker(), 2)];
      const runs = [newRunId(3), newRunId(2)];
      await tools.worker().commit(
        commitOf(leases, {
          starts: runs.map((run) => startOf(run, flow)),
          journal: runs.map((run) => journalOf(run, 1, 4)),
          payloads: runs.map((run, i) => ({ partition: 3 - i, run, sha256: sha256('large'), body: '"large"' })),
        }),
      );
      for (const [i, run] of runs.entries()) {
        expect(await tools.worker().run(run)).toEqual<StoredRun>({
          partition: 3 - i,
          run,
          workspace: 'default',
          flow,
          status: 'running',
          loaded: true,
          quarantined: false,
          snapshot: null,
          journal: [journalOf(run, 1, 4)],
        });
        expect(await tools.worker().payloads(run, [sha256('large'), sha256('unknown')])).toEqual(
          new Map([[sha256('large'), '"large"']]),
        );
      }
    });

    it('accepts an empty commit and one without starts', async () => {
      const { lease, runs } = await tools.begin(4);
      expect(await tools.worker().commit(commitOf([lease], {}))).toEqual({ lost: [] });
      expect(await tools.worker().commit(commitOf([lease], { journal: [journalOf(runs[0]!, 3)] }))).toEqual({
        lost: [],
      });
      expect((await tools.worker().run(runs[0]!))?.journal.map((row) => [row.from, row.to])).toEqual([
        [1, 2],
        [3, 3],
      ]);
    });

    it('applies a start and its head, timer and snapshot of the same commit', async () => {
      const flow = await tools.flow();
      const lease = await own(tools.worker(), 5);
      const run = newRunId(5);
      const snapshot = { partition: 5, run, seq: 2, format: 1, body: '{"s":1}', checksum: 7 };
      await tools.worker().commit(
        commitOf([lease], {
          starts: [startOf(run, flow)],
          journal: [journalOf(run, 1, 2)],
          heads: [headOf(run, { status: 'waiting', waitingFor: 'timer', loaded: false })],
          timers: [{ partition: 5, run, at: testEpoch + 60_000 }],
          snapshots: [snapshot],
        }),
      );
      expect(await tools.worker().run(run)).toMatchObject({ status: 'waiting', loaded: false, snapshot, journal: [] });
      expect(await tools.worker().nextTimer([5])).toBe(testEpoch + 60_000);
      expect(await tools.store().api.runSummary('default', run)).toMatchObject({
        status: 'waiting',
        waitingFor: 'timer',
        startedAt: testEpoch + 5,
      });
    });

    it('refuses a journal row whose number exists, and writes nothing of that commit', async () => {
      const { lease, runs } = await tools.begin(6, 2);
      const [bad, good] = runs as [string, string];
      const commit = commitOf([lease], {
        journal: [journalOf(good, 3), journalOf(bad, 1)],
        heads: [headOf(good, { status: 'completed', loaded: false, endedAt: testEpoch })],
      });
      await expect(tools.worker().commit(commit)).rejects.toBeInstanceOf(PoisonError);
      expect(await tools.worker().run(good)).toMatchObject({ status: 'running', journal: [{ from: 1, to: 2 }] });
      await tools.worker().commit(commitOf([lease], { journal: [journalOf(good, 3)] }));
      expect((await tools.worker().run(good))?.journal).toHaveLength(2);
    });

    it('refuses a second start of the same run', async () => {
      const { lease, runs } = await tools.begin(7);
      const again = commitOf([lease], {
        starts: [startOf(runs[0]!, await tools.flow())],
        journal: [journalOf(runs[0]!, 3)],
      });
      await expect(tools.worker().commit(again)).rejects.toBeInstanceOf(PoisonError);
      expect((await tools.worker().run(runs[0]!))?.journal).toHaveLength(1);
    });

    it('never hides a gap: rows come back in order with the numbers that they were written with', async () => {
      const { lease, runs } = await tools.begin(8);
      const gap = commitOf([lease], { journal: [journalOf(runs[0]!, 9, 10)] });
      const refused = await tools
        .worker()
        .commit(gap)
        .then(
          () => false,
          () => true,
        );
      const numbers = (await tools.worker().run(runs[0]!))?.journal.map((row) => [row.from, row.to]);
      expect(numbers).toEqual(
        refused
          ? [[1, 2]]
          : [
              [1, 2],
              [9, 10],
            ],
      );
    });

    it('shows a head change, and an ended run as ended', async () => {
      const { lease, runs } = await tools.begin(9);
      const run = runs[0]!;
      await tools
        .worker()
        .commit(commitOf([lease], { heads: [headOf(run, { status: 'waiting', waitingFor: 'target' })] }));
      expect(await tools.store().api.runSummary('default', run)).toMatchObject({
        status: 'waiting',
        waitingFor: 'target',
        endedAt: null,
      });
      await tools
        .worker()
        .commit(
          commitOf([lease], { heads: [headOf(run, { status: 'faulted', loaded: false, endedAt: testEpoch + 77 })] }),
        );
      expect(await tools.store().api.runSummary('default', run)).toMatchObject({
        status: 'faulted',
        waitingFor: null,
        endedAt: testEpoch + 77,
      });
      expect(await tools.worker().run(run)).toMatchObject({ status: 'faulted', loaded: false });
    });

    it('stores a payload once, however often it is sent', async () => {
      const { lease, runs } = await tools.begin(10);
      const payload = { partition: 10, run: runs[0]!, sha256: sha256('p'), body: '"p"' };
      await tools.worker().commit(commitOf([lease], { payloads: [payload] }));
      await tools.worker().commit(commitOf([lease], { payloads: [payload, payload] }));
      expect(await tools.worker().payloads(runs[0]!, [sha256('p')])).toEqual(new Map([[sha256('p'), '"p"']]));
      expect(await tools.store().api.payloads(runs[0]!, [sha256('p')])).toEqual(new Map([[sha256('p'), '"p"']]));
    });
  });
}

function fenceTests(tools: Tools): void {
  describe('fence', () => {
    it('writes nothing of a commit of which one partition is owned by another worker', async () => {
      const kept = await tools.begin(20);
      const lost = await tools.begin(21);
      const leases = [lost.lease, kept.lease];
      await own(tools.other(), 21);
      const commit = commitOf(leases, {
        journal: [journalOf(kept.runs[0]!, 3), journalOf(lost.runs[0]!, 3)],
        heads: [headOf(kept.runs[0]!, { status: 'completed', loaded: false, endedAt: testEpoch })],
      });
      const error = await tools
        .worker()
        .commit(commit)
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(FencedError);
      expect((error as FencedError).partitions).toEqual([21]);
      expect(await tools.worker().run(kept.runs[0]!)).toMatchObject({ status: 'running', journal: [{ from: 1 }] });
      expect((await tools.worker().run(lost.runs[0]!))?.journal).toHaveLength(1);
      await tools.worker().commit(commitOf([kept.lease], { journal: [journalOf(kept.runs[0]!, 3)] }));
    });

    it('names every partition that was lost', async () => {
      const leases = [await own(tools.worker(), 25), await own(tools.worker(), 23), await own(tools.worker(), 24)];
      await own(tools.other(), 25);
      await own(tools.other(), 23);
      const error = await tools
        .worker()
        .commit(commitOf(leases, {}))
        .catch((thrown: unknown) => thrown);
      expect([...(error as FencedError).partitions].sort((a, b) => a - b)).toEqual([23, 25]);
    });

    it('fences the old epoch of a worker that took the partition over from itself', async () => {
      const { lease, runs } = await tools.begin(26);
      const next = await own(tools.worker(), 26);
      expect(next.epoch).toBe(lease.epoch + 1);
      const row = commitOf([lease], { journal: [journalOf(runs[0]!, 3)] });
      await expect(tools.worker().commit(row)).rejects.toBeInstanceOf(FencedError);
      await tools.worker().commit({ ...row, leases: [next] });
      expect((await tools.worker().run(runs[0]!))?.journal).toHaveLength(2);
    });

    it('fences a worker that has released the partition', async () => {
      const { lease, runs } = await tools.begin(27);
      await tools.worker().release([lease]);
      const row = commitOf([lease], { journal: [journalOf(runs[0]!, 3)] });
      await expect(tools.worker().commit(row)).rejects.toBeInstanceOf(FencedError);
    });
  });
}

function startTests(tools: Tools): void {
  describe('keyed starts', () => {
    const start = async (lease: Lease, run: string, key: string, input?: string): Promise<Commit> => {
      const rows = {
        starts: [startOf(run, await tools.flow(), keyOf(key, input))],
        journal: [journalOf(run, 1)],
        heads: [headOf(run, { status: 'waiting', waitingFor: 'timer' })],
        snapshots: [{ partition: lease.partition, run, seq: 1, format: 1, body: '{}', checksum: 1 }],
        payloads: [{ partition: lease.partition, run, sha256: sha256('big'), body: '"big"' }],
        timers: [{ partition: lease.partition, run, at: testEpoch }],
        decisions: [questionOf(run, `q-${run}`)],
      };
      return commitOf([lease], rows);
    };

    it('answers a start that lost with the winner, and leaves no row of it', async () => {
      const lease = await own(tools.worker(), 30);
      const [winner, loser, bystander] = [newRunId(30), newRunId(30), newRunId(30)];
      expect(await tools.worker().commit(await start(lease, winner, 'k1', '{"a":1}'))).toEqual({ lost: [] });
      const commit = await start(lease, loser, 'k1', '{"a":2}');
      const both = {
        ...commit,
        starts: [...commit.starts, startOf(bystander, await tools.flow())],
        journal: [...commit.journal, journalOf(bystander, 1)],
      };
      expect(await tools.worker().commit(both)).toEqual({
        lost: [{ run: loser, winner, fingerprint: sha256('{"a":1}') }],
      });
      expect(await tracesOf(tools.worker(), loser, sha256('big'))).toEqual({ stored: undefined, payloads: 0 });
      expect((await tools.store().api.journal(loser, 1)).length).toBe(0);
      expect(await tools.store().api.decision('default', `q-${loser}`)).toBeUndefined();
      expect((await tools.worker().dueTimers([30], testEpoch + 1, 100)).map((timer) => timer.run)).toEqual([winner]);
      expect((await tools.worker().run(bystander))?.journal).toHaveLength(1);
    });

    it('consumes the message of a start that lost', async () => {
      const lease = await own(tools.worker(), 31);
      const [winner, loser] = [newRunId(31), newRunId(31)];
      await tools.worker().commit(await start(lease, winner, 'k2'));
      await tools.store().api.send('default', cancelOf(winner, 'message-of-the-loser'));
      const commit = {
        ...(await start(lease, loser, 'k2')),
        consumed: [{ partition: 31, id: 'message-of-the-loser' }],
      };
      expect((await tools.worker().commit(commit)).lost).toHaveLength(1);
      expect(await tools.worker().inbox([31], new Set(), 10)).toEqual([]);
    });

    it('lets one of two starts with the same key in one commit win', async () => {
      const lease = await own(tools.worker(), 32);
      const [a, b] = [newRunId(32), newRunId(32)];
      const [one, two] = [await start(lease, a, 'k3'), await start(lease, b, 'k3')];
      const result = await tools
        .worker()
        .commit(
          commitOf([lease], { starts: [...one.starts, ...two.starts], journal: [...one.journal, ...two.journal] }),
        );
      expect(result.lost).toHaveLength(1);
      const { run, winner } = result.lost[0]!;
      expect([run, winner].sort()).toEqual([a, b].sort());
      expect(await tools.worker().run(run)).toBeUndefined();
      expect(await tools.worker().run(winner)).toBeDefined();
    });

    it('that meet the same keys through the API, in the other order, all end, each key with one run', async () => {
      const mine = await own(tools.worker(), 33);
      const rounds = Array.from({ length: 10 }, async (_, round) => {
        const keys = [`a${round}`, `b${round}`];
        const flow = await tools.flow();
        const runs = keys.map(() => newRunId(33));
        const commit = commitOf([mine], {
          starts: runs.map((run, i) => startOf(run, flow, keyOf(keys[i]!))),
          journal: runs.map((run) => journalOf(run, 1)),
        });
        const message = (i: number) => ({
          kind: 'start' as const,
          workspace: 'default',
          flow,
          input: {},
          key: keyOf(keys[i]!),
        });
        const rivals = [newRunId(33), newRunId(33)];
        const [committed, second, first] = await Promise.all([
          tools.worker().commit(commit),
          tools.store().api.start({ run: rivals[1]!, at: testEpoch, message: message(1) }),
          tools.store().api.start({ run: rivals[0]!, at: testEpoch, message: message(0) }),
        ]);
        for (const [i, answer] of [first, second].entries()) {
          const lost = committed.lost.find((start) => start.run === runs[i]);
          expect(answer.run).toBe(lost === undefined ? runs[i] : lost.winner);
        }
      });
      await Promise.all(rounds);
    });
  });
}

function apiStartTests(tools: Tools): void {
  const startMessage = async (input: Json, key: ReturnType<typeof keyOf> | null = null) =>
    ({ kind: 'start', workspace: 'default', flow: await tools.flow(), input, key }) as const;

  describe('start', () => {
    it('is accepted once and begun by the owner', async () => {
      const run = newRunId(40);
      const message = await startMessage({ order: 7 }, keyOf('s1'));
      expect(await tools.store().api.start({ run, at: testEpoch + 1, message })).toEqual({
        run,
        replayed: false,
        mismatch: false,
      });
      expect(await tools.store().api.runSummary('default', run)).toMatchObject({
        id: run,
        status: 'pending',
        key: 's1',
        flow: { name: 'orders', version: '1.0.0' },
      });
      const lease = await own(tools.worker(), 40);
      const [row] = await tools.worker().inbox([40], new Set(), 10);
      expect(row).toEqual({ partition: 40, id: row?.id, run, at: testEpoch + 1, message });
      const starts = [startOf(run, message.flow, message.key)];
      const commit = commitOf([lease], {
        starts,
        journal: [journalOf(run, 1)],
        consumed: [{ partition: 40, id: row!.id }],
      });
      expect(await tools.worker().commit(commit)).toEqual({ lost: [] });
      expect(await tools.worker().inbox([40], new Set(), 10)).toEqual([]);
      expect(await tools.store().api.runSummary('default', run)).toMatchObject({
        status: 'running',
        key: 's1',
        startedAt: testEpoch + 5,
      });
    });

    it('sent again with the same run id adds nothing, before and after the run has begun', async () => {
      const run = newRunId(41);
      const message = await startMessage({}, keyOf('s2'));
      const send = () => tools.store().api.start({ run, at: testEpoch, message });
      await send();
      expect(await send()).toEqual({ run, replayed: false, mismatch: false });
      const lease = await own(tools.worker(), 41);
      const rows = await tools.worker().inbox([41], new Set(), 10);
      expect(rows).toHaveLength(1);
      const starts = [startOf(run, message.flow, message.key)];
      await tools.worker().commit(commitOf([lease], { starts, consumed: [{ partition: 41, id: rows[0]!.id }] }));
      expect(await send()).toEqual({ run, replayed: false, mismatch: false });
      expect(await tools.worker().inbox([41], new Set(), 10)).toEqual([]);
    });

    it('with a known start key answers the run that has it, and says when the input differs', async () => {
      const [first, second, third] = [newRunId(42), newRunId(42), newRunId(42)];
      const api = tools.store().api;
      await api.start({ run: first, at: testEpoch, message: await startMessage({ a: 1 }, keyOf('s3', '{"a":1}')) });
      const same = { run: second, at: testEpoch, message: await startMessage({ a: 1 }, keyOf('s3', '{"a":1}')) };
      expect(await api.start(same)).toEqual({ run: first, replayed: true, mismatch: false });
      const other = { run: third, at: testEpoch, message: await startMessage({ a: 2 }, keyOf('s3', '{"a":2}')) };
      expect(await api.start(other)).toEqual({ run: first, replayed: true, mismatch: true });
      expect(await tools.worker().inbox([42], new Set(), 10)).toHaveLength(1);
      expect(await api.runSummary('default', second)).toBeUndefined();
    });

    it('with a known Idempotency-Key answers the first run; another scope is another key', async () => {
      const api = tools.store().api;
      const request = { scope: 'default local POST /flows/test/orders/runs', key: 'i-1', fingerprint: sha256('body') };
      const [first, second, third, fourth] = [newRunId(43), newRunId(44), newRunId(45), newRunId(46)];
      const message = await startMessage({});
      expect(await api.start({ run: first, at: testEpoch, message, request })).toEqual({
        run: first,
        replayed: false,
        mismatch: false,
      });
      expect(await api.start({ run: second, at: testEpoch, message, request })).toEqual({
        run: first,
        replayed: true,
        mismatch: false,
      });
      const changed = { ...request, fingerprint: sha256('other body') };
      expect(await api.start({ run: third, at: testEpoch, message, request: changed })).toEqual({
        run: first,
        replayed: true,
        mismatch: true,
      });
      const elsewhere = { ...request, scope: 'other scope' };
      expect(await api.start({ run: fourth, at: testEpoch, message, request: elsewhere })).toEqual({
        run: fourth,
        replayed: false,
        mismatch: false,
      });
      expect(await tools.worker().inbox([43, 44, 45, 46], new Set(), 10)).toHaveLength(2);
    });

    it('remembers the answer of a start key under the Idempotency-Key, and forgets a refused one', async () => {
      const api = tools.store().api;
      const request = (key: string) => ({ scope: 'scope', key, fingerprint: sha256('body') });
      const [winner, again, refused, mended] = [newRunId(47), newRunId(47), newRunId(47), newRunId(48)];
      await api.start({ run: winner, at: testEpoch, message: await startMessage({}, keyOf('s4', '{}')) });
      const replay = {
        run: again,
        at: testEpoch,
        message: await startMessage({}, keyOf('s4', '{}')),
        request: request('i-2'),
      };
      expect(await api.start(replay)).toEqual({ run: winner, replayed: true, mismatch: false });
      expect(await api.start({ ...replay, run: newRunId(47) })).toEqual({
        run: winner,
        replayed: true,
        mismatch: false,
      });
      const wrong = {
        run: refused,
        at: testEpoch,
        message: await startMessage({ b: 1 }, keyOf('s4', '{"b":1}')),
        request: request('i-3'),
      };
      expect(await api.start(wrong)).toEqual({ run: winner, replayed: true, mismatch: true });
      const right = { run: mended, at: testEpoch, message: await startMessage({ b: 1 }), request: request('i-3') };
      expect(await api.start(right)).toEqual({ run: mended, replayed: false, mismatch: false });
    });

    it('of many at once with one key, one wins and all are answered with it', async () => {
      const message = await startMessage({}, keyOf('s5'));
      const runs = Array.from({ length: 12 }, () => newRunId(49));
      const answers = await Promise.all(runs.map((run) => tools.store().api.start({ run, at: testEpoch, message })));
      expect(new Set(answers.map((answer) => answer.run)).size).toBe(1);
      expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
      expect(await tools.worker().inbox([49], new Set(), 100)).toHaveLength(1);
    });
  });
}

function inboxTests(tools: Tools): void {
  describe('inbox', () => {
    it('gives messages in order of acceptance, without those held, up to the limit, of the partitions asked for', async () => {
      const { runs } = await tools.begin(60, 1);
      const run = runs[0]!;
      for (const id of ['c', 'a', 'd', 'b'])
        expect(await tools.store().api.send('default', cancelOf(run, id))).toBe(true);
      const ids = async (held: string[], limit: number, partitions = [60]) =>
        (await tools.worker().inbox(partitions, new Set(held), limit)).map((row) => row.id);
      expect(await ids([], 10)).toEqual(['c', 'a', 'd', 'b']);
      expect(await ids(['a', 'c'], 10)).toEqual(['d', 'b']);
      expect(await ids([], 2)).toEqual(['c', 'a']);
      expect(await ids([], 10, [61])).toEqual([]);
      expect(await ids([], 10, [])).toEqual([]);
    });

    it('gives a message that was accepted while later ones were already read', async () => {
      const { runs, lease } = await tools.begin(62, 1);
      await tools.store().api.send('default', cancelOf(runs[0]!, 'late-2'));
      const first = await tools.worker().inbox([62], new Set(), 10);
      await tools.worker().commit(commitOf([lease], { consumed: first }));
      await tools.store().api.send('default', cancelOf(runs[0]!, 'late-1'));
      expect((await tools.worker().inbox([62], new Set(['late-2']), 10)).map((row) => row.id)).toEqual(['late-1']);
    });

    it('ignores a repeat of a message id', async () => {
      const { runs } = await tools.begin(63, 1);
      await tools.store().api.send('default', cancelOf(runs[0]!, 'same', 'first'));
      expect(await tools.store().api.send('default', cancelOf(runs[0]!, 'same', 'second'))).toBe(true);
      const rows = await tools.worker().inbox([63], new Set(), 10);
      expect(rows.map((row) => row.message)).toEqual([{ kind: 'cancel', by: 'lena', reason: 'first' }]);
    });

    it('keeps a message until a commit consumes it, with the rest of that commit or not at all', async () => {
      const { runs, lease } = await tools.begin(64, 1);
      await tools.store().api.send('default', cancelOf(runs[0]!, 'kept'));
      const consumed = [{ partition: 64, id: 'kept' }];
      await expect(
        tools.worker().commit(commitOf([lease], { consumed, journal: [journalOf(runs[0]!, 1)] })),
      ).rejects.toBeInstanceOf(PoisonError);
      expect(await tools.worker().inbox([64], new Set(), 10)).toHaveLength(1);
      await tools.worker().commit(commitOf([lease], { consumed }));
      expect(await tools.worker().inbox([64], new Set(), 10)).toEqual([]);
    });

    it('refuses a message to a run that does not exist, and takes one to a start that has not begun', async () => {
      const unknown = newRunId(65);
      expect(await tools.store().api.send('default', cancelOf(unknown, 'nowhere'))).toBe(false);
      const run = newRunId(65);
      const message = {
        kind: 'start',
        workspace: 'default',
        flow: await tools.flow(),
        input: null,
        key: null,
      } as const;
      await tools.store().api.start({ run, at: testEpoch, message });
      expect(await tools.store().api.send('default', cancelOf(run, 'early'))).toBe(true);
      expect((await tools.worker().inbox([65], new Set(), 10)).map((row) => row.message.kind)).toEqual([
        'start',
        'cancel',
      ]);
    });

    it('refuses raw text that cannot be stored', async () => {
      const { runs } = await tools.begin(66, 1);
      expect(await codeOf(tools.store().api.send('default', cancelOf(runs[0]!, 'nul\u0000')))).toBe(
        'PAWL_INPUT_INVALID',
      );
      expect(await codeOf(tools.store().api.send('default', cancelOf(runs[0]!, 'lone\ud800')))).toBe(
        'PAWL_INPUT_INVALID',
      );
      expect(await tools.worker().inbox([66], new Set(), 10)).toEqual([]);
    });
  });
}

function loadTests(tools: Tools): void {
  describe('loading', () => {
    it('pages through the loaded runs of a partition, each with its rows', async () => {
      const { runs, lease } = await tools.begin(80, 5);
      const sorted = [...runs].sort();
      await tools.worker().commit(
        commitOf([lease], {
          heads: [
            headOf(sorted[1]!, { status: 'waiting', waitingFor: 'timer', loaded: false }),
            headOf(sorted[3]!, { status: 'completed', loaded: false, endedAt: testEpoch }),
          ],
        }),
      );
      const seen: StoredRun[] = [];
      for (let after: string | null = null; ; after = seen.at(-1)!.run) {
        const page = await tools.worker().loadedRuns(80, after, 2);
        if (page.length === 0) break;
        expect(page.length).toBeLessThanOrEqual(2);
        seen.push(...page);
      }
      expect(seen.map((run) => run.run)).toEqual([sorted[0], sorted[2], sorted[4]]);
      expect(seen.map((run) => run.journal)).toEqual(seen.map((run) => [journalOf(run.run, 1, 2)]));
    });

    it('gives the last snapshot and only the journal rows after it; an older snapshot never replaces it', async () => {
      const { runs, lease } = await tools.begin(81);
      const run = runs[0]!;
      const snapshot = (seq: number) => ({
        partition: 81,
        run,
        seq,
        format: 2,
        body: `{"at":${seq}}`,
        checksum: 4_294_967_295,
      });
      await tools.worker().commit(commitOf([lease], { journal: [journalOf(run, 3, 5)], snapshots: [snapshot(2)] }));
      expect(await tools.worker().run(run)).toMatchObject({ snapshot: snapshot(2), journal: [{ from: 3, to: 5 }] });
      await tools.worker().commit(commitOf([lease], { journal: [journalOf(run, 6)], snapshots: [snapshot(5)] }));
      await tools.worker().commit(commitOf([lease], { snapshots: [snapshot(2)] }));
      expect(await tools.worker().run(run)).toMatchObject({ snapshot: snapshot(5), journal: [{ from: 6, to: 6 }] });
      expect((await tools.worker().loadedRuns(81, null, 10))[0]).toMatchObject({
        snapshot: snapshot(5),
        journal: [{ from: 6 }],
      });
      expect(await tools.store().api.stored('default', run)).toMatchObject({ snapshot: snapshot(5) });
    });

    it('reads the whole journal from any number on', async () => {
      const { runs, lease } = await tools.begin(82);
      const run = runs[0]!;
      await tools.worker().commit(commitOf([lease], { journal: [journalOf(run, 3, 5)] }));
      await tools.worker().commit(
        commitOf([lease], {
          journal: [journalOf(run, 6)],
          snapshots: [{ partition: 82, run, seq: 6, format: 1, body: '{}', checksum: 0 }],
        }),
      );
      const numbers = async (from: number) => (await tools.store().api.journal(run, from)).map((row) => row.from);
      expect(await numbers(1)).toEqual([1, 3, 6]);
      expect(await numbers(6)).toEqual([6]);
      expect(await numbers(7)).toEqual([]);
      // From the middle of a row: the row that holds the number comes too.
      expect(await numbers(4)).toEqual([3, 6]);
    });

    it('knows nothing of an unknown run', async () => {
      const run = newRunId(83);
      expect(await tools.worker().run(run)).toBeUndefined();
      expect(await tools.store().api.stored('default', run)).toBeUndefined();
      expect(await tools.store().api.runSummary('default', run)).toBeUndefined();
      expect(await tools.store().api.journal(run, 1)).toEqual([]);
      expect(await tools.worker().payloads(run, [])).toEqual(new Map());
    });

    it('carries hundreds of runs in one commit', async () => {
      const { runs, lease } = await tools.begin(84, 500);
      await tools.worker().commit(commitOf([lease], { journal: runs.map((run) => journalOf(run, 3)) }));
      const loaded = await tools.worker().loadedRuns(84, null, 1_000);
      expect(loaded).toHaveLength(500);
      expect(loaded.every((run) => run.journal.length === 2)).toBe(true);
    });
  });
}

function textTests(tools: Tools): void {
  describe('text', () => {
    const texts = [
      '["\\u0000","\\ud800","\\udfff\\ud800"]',
      '{"b":1,"a":2,"b":3,"__proto__":{"x":1e2}}',
      '[1e2,100,1E+2,-0,0.10,12345678901234567890123456789]',
      '"ünïcödé 漢字 🎉 \u2028\u2029\ufeff\u007f"',
      '"quote \\" backslash \\\\ {curly,\\"a\\"} NULL null"',
      ' [ 1 ,\t2 ]\n',
      `"${'x'.repeat(300_000)}"`,
    ];

    it('comes back byte for byte: journal, snapshot and payload', async () => {
      const { runs, lease } = await tools.begin(90, texts.length);
      const rows = runs.map((run, i) => ({ run, body: texts[i]! }));
      await tools.worker().commit(
        commitOf([lease], {
          journal: rows.map(({ run, body }) => journalOf(run, 3, 3, body)),
          payloads: rows.map(({ run, body }) => ({ partition: 90, run, sha256: sha256(body), body })),
          snapshots: rows.map(({ run, body }) => ({ partition: 90, run, seq: 2, format: 1, body, checksum: 9 })),
        }),
      );
      for (const { run, body } of rows) {
        const stored = await tools.worker().run(run);
        expect(stored?.snapshot?.body).toBe(body);
        expect(stored?.journal.map((row) => row.body)).toEqual([body]);
        expect((await tools.worker().payloads(run, [sha256(body)])).get(sha256(body))).toBe(body);
      }
    });

    it('comes back in messages with its escapes', async () => {
      const run = newRunId(91);
      const input = JSON.parse('{"nul":"a\\u0000b","lone":"\\ud800","__proto__":{"x":1},"emoji":"🎉"}') as Json;
      const message = { kind: 'start', workspace: 'default', flow: await tools.flow(), input, key: null } as const;
      await tools.store().api.start({ run, at: testEpoch, message });
      const [row] = await tools.worker().inbox([91], new Set(), 10);
      expect(JSON.stringify(row?.message.kind === 'start' && row.message.input)).toBe(JSON.stringify(input));
    });

    it('that is raw NUL or a lone surrogate poisons the commit that holds it, and nothing else', async () => {
      const { runs, lease } = await tools.begin(92, 2);
      for (const body of ['"\u0000"', '"\ud800"']) {
        const bad = commitOf([lease], { journal: [journalOf(runs[0]!, 3, 3, body)] });
        await expect(tools.worker().commit(bad)).rejects.toBeInstanceOf(PoisonError);
      }
      await tools.worker().commit(commitOf([lease], { journal: [journalOf(runs[1]!, 3)] }));
      expect((await tools.worker().run(runs[0]!))?.journal).toHaveLength(1);
    });
  });
}

function timerTests(tools: Tools): void {
  describe('timers', () => {
    it('are one a run: set, moved and taken away', async () => {
      const { runs, lease } = await tools.begin(100, 3);
      const [a, b, c] = runs as [string, string, string];
      const timer = (run: string, at: number | null) => ({ partition: 100, run, at });
      const parked = runs.map((run) => headOf(run, { status: 'waiting', waitingFor: 'timer', loaded: false }));
      await tools
        .worker()
        .commit(commitOf([lease], { heads: parked, timers: [timer(a, 3_000), timer(b, 1_000), timer(c, 2_000)] }));
      const due = async (now: number, limit = 10) =>
        (await tools.worker().dueTimers([100], now, limit)).map((row) => [row.run, row.at]);
      expect(await due(2_000)).toEqual([
        [b, 1_000],
        [c, 2_000],
      ]);
      expect(await due(9_000, 1)).toEqual([[b, 1_000]]);
      expect(await tools.worker().nextTimer([100])).toBe(1_000);
      await tools.worker().commit(commitOf([lease], { timers: [timer(b, 5_000), timer(c, null)] }));
      expect(await due(9_000)).toEqual([
        [a, 3_000],
        [b, 5_000],
      ]);
      await tools.worker().commit(commitOf([lease], { timers: [timer(a, null), timer(b, null)] }));
      expect(await due(9_000)).toEqual([]);
      expect(await tools.worker().nextTimer([100])).toBeUndefined();
    });

    it('are those of the partitions asked for', async () => {
      const { runs, lease } = await tools.begin(101);
      await tools.worker().commit(commitOf([lease], { timers: [{ partition: 101, run: runs[0]!, at: 10 }] }));
      expect(await tools.worker().dueTimers([102, 103], 100, 10)).toEqual([]);
      expect(await tools.worker().nextTimer([])).toBeUndefined();
      expect(await tools.worker().dueTimers([102, 101], 100, 10)).toEqual([{ partition: 101, run: runs[0], at: 10 }]);
    });
  });
}

function decisionTests(tools: Tools): void {
  describe('decisions', () => {
    it('are listed while open, oldest first, and shown with their verdict once taken', async () => {
      const api = tools.store().api;
      const { runs, lease } = await tools.begin(110, 3);
      const asked = runs.map((run, i) => questionOf(run, `decision-${run}`, testEpoch + 3 - i));
      await tools.worker().commit(commitOf([lease], { decisions: asked }));
      const open = await everyPage((cursor) => api.decisions({ workspace: 'default', open: true, cursor, limit: 1 }));
      const mine = open.filter((decision) => decision.partition === 110);
      expect(mine).toEqual([...asked].reverse());
      const decided = {
        at: testEpoch + 50,
        by: 'lena',
        verdict: { applied: true, output: { id: '\u0000' } },
        message: 'seen in the ledger',
      };
      await tools.worker().commit(commitOf([lease], { decisions: [{ ...asked[0]!, decided }] }));
      expect(await api.decision('default', asked[0]!.id)).toEqual({ ...asked[0], decided });
      expect(await api.decision('default', asked[1]!.id)).toEqual(asked[1]);
      expect(await api.decision('default', 'no such decision')).toBeUndefined();
      const left = await everyPage((cursor) => api.decisions({ workspace: 'default', open: true, cursor, limit: 100 }));
      expect(left.filter((decision) => decision.partition === 110)).toEqual([asked[2], asked[1]]);
      const taken = await everyPage((cursor) => api.decisions({ workspace: 'default', open: false, cursor, limit: 2 }));
      expect(taken.filter((decision) => decision.partition === 110)).toEqual([{ ...asked[0], decided }]);
      expect((await api.decisions({ workspace: 'elsewhere', open: true, cursor: null, limit: 10 })).items).toEqual([]);
    });

    it('carry what a step asks, are written anew as that changes, and are found by who is asked', async () => {
      const api = tools.store().api;
      const { runs, lease } = await tools.begin(111, 3);
      const ask: AskedRow = {
        title: 'Refund ü\u0000?',
        text: 'line\nline',
        form: { type: 'object', properties: { 'a\u0000': { type: 'number' } } },
        to: ['finance', 'user:lena'],
        fourEyes: true,
        deadline: testEpoch + 9,
        onDeadline: { value: { n: 1e2 } },
        reminders: 0,
        approvals: [],
        refusals: 0,
      };
      const asked = runs.map((run, i): DecisionRow => ({ ...questionOf(run, `asked-${run}`, testEpoch + i), ask }));
      const [first, second, third] = asked as [DecisionRow, DecisionRow, DecisionRow];
      const open: DecisionRow = { ...third, ask: { ...ask, to: [] } };
      await tools.worker().commit(commitOf([lease], { decisions: [first, second, open] }));
      expect(await api.decision('default', first.id)).toEqual(first);
      const askedOf = async (assignee: string, still = true) =>
        (
          await everyPage((cursor) => api.decisions({ workspace: 'default', open: still, assignee, cursor, limit: 1 }))
        ).map(({ id }) => id);
      expect(await askedOf('user:lena')).toEqual([first.id, second.id]);
      expect(await askedOf('user:len')).toEqual([]);
      expect(await askedOf('no\u0000body')).toEqual([]);
      const escalated: AskedRow = {
        ...ask,
        to: [...ask.to, 'cfo'],
        escalated: true,
        approvals: [{ by: 'lena', at: testEpoch + 5, data: { n: null } }],
        refusals: 1,
        refused: { by: 'max', reason: 'n is missing' },
      };
      await tools.worker().commit(commitOf([lease], { decisions: [{ ...first, ask: escalated }] }));
      expect(await api.decision('default', first.id)).toEqual({ ...first, ask: escalated });
      expect(await askedOf('cfo')).toEqual([first.id]);
      const decided = { at: testEpoch + 50, by: 'lena', verdict: { decision: 'approved', data: null }, message: '' };
      await tools.worker().commit(commitOf([lease], { decisions: [{ ...first, ask: escalated, decided }] }));
      expect(await askedOf('user:lena')).toEqual([second.id]);
      expect(await askedOf('cfo', false)).toEqual([first.id]);
    });

    it('refuse a forged cursor', async () => {
      const list = (cursor: string) =>
        tools.store().api.decisions({ workspace: 'default', open: true, cursor, limit: 10 });
      for (const cursor of ['', 'x', 'eyJhIjoxfQ', "'; drop table run; --"])
        expect(await codeOf(list(cursor))).toBe('PAWL_REQUEST_INVALID');
    });
  });
}

function faultTests(tools: Tools): void {
  describe('runs that kill their owners', () => {
    it('are counted while their mark stays at the same event, and forgotten once it is cleared', async () => {
      const { runs } = await tools.begin(120);
      const run = runs[0]!;
      expect(await tools.worker().mark(run, 7)).toBe(0);
      expect(await tools.worker().mark(run, 7)).toBe(0);
      expect(await tools.other().mark(run, 7)).toBe(1);
      expect(await tools.worker().mark(run, 7)).toBe(2);
      expect(await tools.other().mark(run, 9)).toBe(0);
      expect(await tools.other().mark(run, null)).toBe(0);
      expect(await tools.worker().mark(run, 9)).toBe(0);
    });

    it('are set aside with their reason', async () => {
      const { runs } = await tools.begin(121, 2);
      const reason = { type: 'https://example.test/broken', status: 500, title: 'It broke' };
      await tools.worker().quarantine(runs[0]!, reason);
      await tools.worker().quarantine(runs[0]!, reason);
      expect(await tools.worker().run(runs[0]!)).toMatchObject({ quarantined: true });
      expect(await tools.worker().run(runs[1]!)).toMatchObject({ quarantined: false });
    });
  });
}

function flowTests(tools: Tools): void {
  describe('flows', () => {
    it('are published once; other content under a known version changes nothing', async () => {
      const api = tools.store().api;
      const flow = flowVersion('billing', '1.0.0');
      const named = { workspace: 'default', named: true };
      expect(await api.deploy(flow, named)).toBe('created');
      expect(await api.deploy(flow, named)).toBe('unchanged');
      const other = flowVersion('billing', '1.0.0', 'changed');
      expect(await api.deploy(other, named)).toBe('exists');
      expect(await api.flow(other.hash)).toBeUndefined();
      expect(await api.flowVersion('default', 'test', 'billing', '1.0.0')).toEqual(flow);
      expect(await tools.worker().flow(flow.hash)).toEqual(flow);
      expect(await api.flowVersion('elsewhere', 'test', 'billing')).toBeUndefined();
    });

    it('of the same name and version may run side by side when they are not named', async () => {
      const api = tools.store().api;
      const [one, two] = [flowVersion('scratch', '1.0.0', 'one'), flowVersion('scratch', '1.0.0', 'two')];
      expect(await api.deploy(one, { workspace: 'default', named: false })).toBe('created');
      expect(await api.deploy(two, { workspace: 'default', named: false })).toBe('created');
      expect(await api.deploy(two, { workspace: 'default', named: false })).toBe('unchanged');
      expect(await api.flow(two.hash)).toEqual(two);
      expect(await api.flowVersion('default', 'test', 'scratch')).toBeUndefined();
      expect(await api.deploy(two, { workspace: 'default', named: true })).toBe('created');
    });

    it('answer their newest version by semantic version', async () => {
      const api = tools.store().api;
      for (const version of ['1.10.0', '1.9.0', '2.0.0-rc.1', '2.0.0-rc.10', '2.0.0-rc.9'])
        await deployFlow(api, 'ordered', version);
      expect((await api.flowVersion('default', 'test', 'ordered'))?.version).toBe('2.0.0-rc.10');
      await deployFlow(api, 'ordered', '2.0.0');
      expect((await api.flowVersion('default', 'test', 'ordered'))?.version).toBe('2.0.0');
    });

    it('are listed by workspace, page by page', async () => {
      const api = tools.store().api;
      for (const name of ['listed-a', 'listed-b', 'listed-c']) {
        await api.deploy(flowVersion(name, '1.0.0'), { workspace: 'shelf', named: true });
      }
      const flows = await everyPage((cursor) => api.flows({ workspace: 'shelf', cursor, limit: 2 }));
      expect(flows.map((flow) => flow.name)).toEqual(['listed-a', 'listed-b', 'listed-c']);
      expect(await codeOf(api.flows({ workspace: 'shelf', cursor: 'forged', limit: 2 }))).toBe('PAWL_REQUEST_INVALID');
    });
  });
}

function listTests(tools: Tools): void {
  describe('lists of runs', () => {
    it('show the newest first, page by page, filtered by status, flow and workspace', async () => {
      const api = tools.store().api;
      const flow = await deployFlow(api, 'shown', '3.0.0');
      const leases = [await own(tools.worker(), 140), await own(tools.worker(), 141)];
      const runs = Array.from({ length: 7 }, (_, i) => newRunId(140 + (i % 2)));
      await tools
        .worker()
        .commit(
          commitOf(leases, { starts: runs.map((run) => ({ ...startOf(run, flow.hash), workspace: 'gallery' })) }),
        );
      const failed = headOf(runs[2]!, { status: 'faulted', loaded: false, endedAt: testEpoch + 99 });
      await tools.worker().commit(commitOf(leases, { heads: [failed] }));
      const list = (more: object) =>
        everyPage((cursor) => api.runs({ workspace: 'gallery', cursor, limit: 2, ...more }));
      const newestFirst = [...runs].reverse();
      expect((await list({})).map((run) => run.id)).toEqual(newestFirst);
      expect((await list({ status: 'faulted' })).map((run) => run.id)).toEqual([runs[2]]);
      expect((await list({ status: 'running' })).map((run) => run.id)).toEqual(
        newestFirst.filter((run) => run !== runs[2]),
      );
      expect(await list({ flow: { namespace: 'test', name: 'shown' } })).toHaveLength(7);
      expect(await list({ flow: { namespace: 'test', name: 'orders' } })).toEqual([]);
      expect(await list({ workspace: 'elsewhere' })).toEqual([]);
      const [first] = await list({ status: 'faulted' });
      expect(first).toEqual({
        id: runs[2],
        flow: { namespace: 'test', name: 'shown', version: '3.0.0', hash: flow.hash },
        status: 'faulted',
        waitingFor: null,
        startedAt: testEpoch + 5,
        endedAt: testEpoch + 99,
        key: null,
      });
    });

    it('refuse a forged cursor', async () => {
      for (const cursor of ['', 'nonsense', 'bnVsbA', 'eyJpZCI6ICJ4In0']) {
        expect(await codeOf(tools.store().api.runs({ workspace: 'default', cursor, limit: 2 }))).toBe(
          'PAWL_REQUEST_INVALID',
        );
      }
    });
  });
}

function ownershipTests(tools: Tools): void {
  describe('ownership', () => {
    it('knows every partition, and each worker with its beat and lock', async () => {
      await tools.worker().beat();
      await tools.other().beat();
      const before = await tools.worker().view();
      expect(before.leases.map((lease) => lease.partition).sort((a, b) => a - b)).toEqual(
        Array.from({ length: partitionCount }, (_, i) => i),
      );
      await tools.other().beat();
      const after = await tools.worker().view();
      const of = (view: typeof before, id: string) => view.workers.find((worker) => worker.worker === id);
      expect(of(before, 'worker-1')).toMatchObject({ locked: true, shares: true });
      expect(of(before, 'worker-2')).toMatchObject({ locked: true, shares: false });
      expect(of(after, 'worker-2')!.beat).toBeGreaterThan(of(before, 'worker-2')!.beat);
      expect(of(after, 'worker-1')!.beat).toBe(of(before, 'worker-1')!.beat);
      expect(tools.worker().worker).toBe('worker-1');
      expect(tools.worker().lockHeld()).toBe(true);
    });

    it('lets one of many takers of the same epoch have a partition', async () => {
      const epoch = (await tools.worker().view()).leases.find((lease) => lease.partition === 150)!.epoch;
      const takers = Array.from({ length: 8 }, (_, i) =>
        (i % 2 === 0 ? tools.worker() : tools.other()).takeOver(150, epoch),
      );
      const taken = (await Promise.all(takers)).filter((lease) => lease !== undefined);
      expect(taken).toEqual([{ partition: 150, epoch: epoch + 1 }]);
    });

    it('gives released partitions back, and leaves leases alone that were lost', async () => {
      const kept = await own(tools.worker(), 151);
      const lost = await own(tools.worker(), 152);
      const theirs = await own(tools.other(), 152);
      await tools.worker().release([kept, lost]);
      const { leases } = await tools.worker().view();
      expect(leases.find((lease) => lease.partition === 151)?.worker).toBeNull();
      expect(leases.find((lease) => lease.partition === 152)).toEqual({
        partition: 152,
        epoch: theirs.epoch,
        worker: 'worker-2',
      });
      await tools.other().commit(commitOf([theirs], {}));
    });

    it('shows what the old owner wrote to the one who took over', async () => {
      const { runs } = await tools.begin(153);
      await own(tools.other(), 153);
      expect((await tools.other().loadedRuns(153, null, 10)).map((run) => run.run)).toEqual(runs);
    });

    it('wakes the owner when a message has come', async () => {
      const { runs } = await tools.begin(154);
      const woken = new Promise<void>((resolve) => tools.worker().onWake(resolve));
      await tools.store().api.send('default', cancelOf(runs[0]!, 'wake-up'));
      await expect(woken).resolves.toBeUndefined();
    });

    it('shows a worker that has left as unlocked or not at all', async () => {
      const guest = await tools.store().joinAsWorker({ id: 'worker-3', shares: true });
      await guest.beat();
      const lease = await own(guest, 155);
      await guest.close();
      await tools.settled();
      const { workers, leases } = await tools.worker().view();
      expect(workers.find((worker) => worker.worker === 'worker-3')?.locked ?? false).toBe(false);
      expect(leases.find((row) => row.partition === 155)!.epoch).toBeGreaterThanOrEqual(lease.epoch);
      expect(await own(tools.worker(), 155)).toBeDefined();
    });
  });
}
