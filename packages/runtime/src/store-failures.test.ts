import { PoisonError, UnknownCommitError } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { begin, startKey, task, TestWorld, unreachable } from './test-world.fixture.ts';

/** What a promise rejects with. */
function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('a commit whose reply is lost', () => {
  for (const landed of [true, false]) {
    it(`and which was ${landed ? '' : 'not '}written leads to each effect once and no question`, async () => {
      const world = new TestWorld();
      const worker = await world.started('w1');
      let failures = 6;
      world.database.onCommit = async (commit, apply) => {
        if (commit.journal.length === 0 || failures-- <= 0) return apply();
        if (landed) apply();
        throw new UnknownCommitError(new Error('reset'));
      };
      const flow = world.deploy([task.act('a', { n: 1 }), task.act('b', { n: 2 })]);
      const run = world.id();
      const answer = worker.startRun({ run, workspace: 'default', flow, input: {} });
      await world.clock.until(() => world.status(run) === 'completed');
      expect(await answer).toMatchObject({ run });
      expect(world.actions.calls.map(({ request }) => request.args['n'])).toEqual([1, 2]);
      expect(world.types(run)).not.toContain('decision.asked');
      expect(world.database.leases[7]?.epoch).toBeGreaterThan(1);
      expect(worker.ownedPartitions()).toHaveLength(256);
    });
  }

  it('answers starts by what is found, a duplicate key included', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const flow = world.deploy([task.slow('a')]);
    const first = world.id();
    let lose = true;
    world.database.onCommit = async (_commit, apply) => {
      const result = apply();
      if (!lose) return result;
      lose = false;
      throw new UnknownCommitError(new Error('reset'));
    };
    const one = worker.startRun({ run: first, workspace: 'default', flow, input: 1, key: startKey('k', 1) });
    await world.clock.settle();
    expect(await one).toEqual({ run: first, replayed: false, mismatch: false });
    lose = true;
    const two = worker.startRun({ run: world.id(), workspace: 'default', flow, input: 1, key: startKey('k', 1) });
    await world.clock.settle();
    expect(await two).toEqual({ run: first, replayed: true, mismatch: false });
    expect(world.database.runs.size).toBe(1);
  });

  it('gives its runs up where another worker took the partition meanwhile', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    world.database.onCommit = async () => {
      const lease = world.database.leases[7];
      if (lease !== undefined) Object.assign(lease, { epoch: lease.epoch + 1, worker: 'other' });
      throw new UnknownCommitError(new Error('reset'));
    };
    const answer = worker.startRun({
      run: world.id(7),
      workspace: 'default',
      flow: world.deploy([task.act('a')]),
      input: {},
    });
    await world.clock.settle();
    expect(await answer).toBe('elsewhere');
    expect(worker.ownedPartitions()).toHaveLength(255);
    expect(world.actions.calls).toEqual([]);
  });
});

describe('a fenced commit', () => {
  it('drops the lost partition’s runs and leaves the others untouched', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const flow = world.deploy([task.slow('a'), task.act('b')]);
    const lostRun = await begin(world, worker, flow, { run: world.id(3) });
    const kept = await begin(world, worker, flow, { run: world.id(4) });
    const ended = worker.whenEnded(lostRun);
    world.database.leases[3] = { epoch: 9, worker: 'other' };
    const [lostCall, keptCall] = [...world.actions.open];
    lostCall?.end({ kind: 'completed', output: 1 });
    keptCall?.end({ kind: 'completed', output: 1 });
    await world.clock.settle();
    expect(await ended).toBe('elsewhere');
    expect(world.status(kept)).toBe('completed');
    expect(world.types(lostRun)).toEqual(['run.started', 'task.started']);
    expect(worker.ownedPartitions()).not.toContain(3);
    expect(worker.stats()).toMatchObject({ runs: 0, openAttempts: 0, targets: [] });
  });

  it('cancels what is under way for the lost runs', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    await begin(world, worker, world.deploy([task.slow('a')]), { run: world.id(3) });
    world.database.leases[3] = { epoch: 9, worker: 'other' };
    await world.clock.pass(1_100);
    expect(world.actions.open[0]?.cancellation.cancelled).toBe(true);
    expect(worker.stats().runs).toBe(0);
  });
});

describe('data that the database refuses', () => {
  it('faults its own run with the reason, and the others never notice', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    world.actions.answer = ({ args }) => ({ kind: 'completed', output: args['n'] === 3 ? 'poison' : 'good' });
    const flow = world.deploy([task.act('a', { n: '${ .n }', target: '${ "t\\(.n)" }' })]);
    const runs = Array.from({ length: 8 }, () => world.id());
    const answers = runs.map((run, n) => worker.startRun({ run, workspace: 'default', flow, input: { n } }));
    await world.clock.settle();
    await Promise.all(answers);
    await world.clock.settle();
    expect(runs.map((run) => world.status(run))).toEqual(runs.map((_, n) => (n === 3 ? 'faulted' : 'completed')));
    const last = world.events(runs[3] as string).at(-1);
    expect(JSON.stringify(last)).toContain('22021');
  });

  it('refuses the start whose input it is', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const answer = worker.startRun({
      run: world.id(),
      workspace: 'default',
      flow: world.deploy([task.act('a')]),
      input: { text: 'poison' },
    });
    const refused = failureOf(answer);
    await world.clock.settle();
    expect(await refused).toMatchObject({ code: 'PAWL_INPUT_INVALID' });
    expect(worker.stats()).toMatchObject({ runs: 0, targets: [] });
  });

  it('faults an accepted start, which is never lost', async () => {
    const world = new TestWorld();
    await world.started('w1');
    const run = world.id();
    world.send(run, {
      kind: 'start',
      workspace: 'default',
      flow: world.deploy([task.act('a')]),
      input: { text: 'poison' },
      key: null,
    });
    await world.clock.pass(1_100);
    expect(world.status(run)).toBe('faulted');
    expect(world.database.inbox).toEqual([]);
  });

  it('sets a run aside whose end is refused too', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([task.slow('a')]));
    world.database.onCommit = async (commit, apply) => {
      if (commit.journal.some((row) => row.run === run)) throw new PoisonError('22000', 'no', undefined);
      return apply();
    };
    const ended = failureOf(worker.whenEnded(run));
    world.actions.open[0]?.end({ kind: 'completed', output: 1 });
    await world.clock.settle();
    expect(await ended).toMatchObject({ code: 'PAWL_RUN_QUARANTINED' });
    expect(world.database.runOf(run).quarantined).toBeDefined();
    expect(worker.stats().runs).toBe(0);
  });
});

describe('a run whose commit is refused', () => {
  it('still gets the messages that came while it was in flight', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const flow = world.deploy([task.slow('a'), task.slow('b')]);
    const run = await begin(world, worker, flow);
    let message = '';
    world.database.onCommit = async (commit, apply) => {
      if (message !== '' || !commit.journal.some((row) => row.run === run)) return apply();
      message = world.send(run, { kind: 'cancel', by: 'lena' });
      worker.wake();
      for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
      throw new PoisonError('22000', 'no', undefined);
    };
    world.actions.open[0]?.end({ kind: 'completed', output: 1 });
    await world.clock.pass(5_000);
    expect(message).not.toBe('');
    expect(world.database.inbox, 'the message was consumed').toEqual([]);
    expect(worker.stats().messages).toBe(0);
  });

  it('never takes an attempt that was answered for one that was held back', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const store = world.stores.get('w1');
    if (store === undefined) throw new Error('no store');
    const beat = store.beat.bind(store);
    store.beat = () => Promise.reject(unreachable());
    await world.clock.pass(7_000);
    const run = await begin(world, worker, world.deploy([task.slow('a')]));
    expect(world.actions.calls, 'held back').toEqual([]);
    store.beat = beat;
    await world.clock.pass(1_000);
    // A message leads to a commit, and what follows it sends the attempt, before the next tick would.
    world.send(run, { kind: 'decision', decision: 'none', verdict: { fail: true }, by: 'lena' });
    worker.wake();
    await world.clock.settle();
    expect(world.actions.calls).toHaveLength(1);
    let refused = false;
    world.database.onCommit = async (commit, apply) => {
      if (refused || commit.journal.length === 0) return apply();
      refused = true;
      throw new PoisonError('22000', 'no', undefined);
    };
    world.actions.open[0]?.left();
    world.actions.open[0]?.end({ kind: 'completed', output: 1 });
    await world.clock.pass(5_000);
    expect(refused).toBe(true);
    expect(world.actions.calls).toHaveLength(1);
  });

  it('answers no start by a start that is not written', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const flow = world.deploy([task.act('a')]);
    const store = world.stores.get('w1');
    const read = store?.run.bind(store);
    let second: Promise<unknown> | undefined;
    const request = () => ({ run: world.id(), workspace: 'default', flow, input: 'poison', key: startKey('k', 1) });
    if (store !== undefined)
      store.run = async (run) => {
        second ??= failureOf(worker.startRun(request()));
        await Promise.resolve();
        return read?.(run);
      };
    const first = failureOf(worker.startRun(request()));
    await world.clock.settle();
    expect(await first).toMatchObject({ code: 'PAWL_INPUT_INVALID' });
    expect(await second).toMatchObject({ code: 'PAWL_INPUT_INVALID' });
  });
});

describe('a store that cannot be reached', () => {
  it('delays commits and loses none', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const flow = world.deploy([task.slow('a'), task.act('b')]);
    const run = await begin(world, worker, flow);
    world.database.guard = () => {
      throw unreachable();
    };
    world.actions.open[0]?.end({ kind: 'completed', output: 1 });
    await world.clock.pass(30_000);
    expect(world.actions.calls).toHaveLength(1);
    world.database.guard = () => {};
    await world.clock.until(() => world.status(run) === 'completed', 10_000);
    expect(world.actions.calls).toHaveLength(2);
  });

  it('stops effects once two thirds of the lease have passed since the last beat was sent', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const store = world.stores.get('w1');
    if (store === undefined) throw new Error('no store');
    store.beat = () => Promise.reject(unreachable());
    const flow = world.deploy([task.act('a')]);
    await world.clock.pass(6_000);
    await begin(world, worker, flow);
    expect(world.actions.calls).toHaveLength(1);
    await world.clock.pass(1_000);
    await begin(world, worker, flow);
    expect(world.actions.calls).toHaveLength(1);
    store.beat = async () => {};
    await world.clock.pass(2_000);
    expect(world.actions.calls).toHaveLength(2);
    expect(worker.stats().runs).toBe(0);
  });

  it('stops effects when the wall clock says that the lease is old', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    world.clock.wallOffset = 7_000;
    await begin(world, worker, world.deploy([task.act('a')]));
    expect(world.actions.calls).toHaveLength(0);
    await world.clock.pass(2_100);
    expect(world.actions.calls).toHaveLength(1);
  });

  it('stops effects while the lock connection is gone, until a beat and a look show that nothing was lost', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    world.stores.get('w1')?.breakLock();
    await begin(world, worker, world.deploy([task.act('a')]));
    expect(world.actions.calls).toHaveLength(0);
    await world.clock.pass(2_100);
    expect(world.actions.calls).toHaveLength(1);
  });

  it('makes attempts end of which nothing has left when the beat is too old', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    await begin(world, worker, world.deploy([task.slow('a')]));
    await begin(world, worker, world.deploy([task.slow('a', { n: 2 })]));
    const [unsent, sent] = world.actions.open;
    sent?.left();
    const store = world.stores.get('w1');
    if (store !== undefined) store.beat = () => Promise.reject(unreachable());
    await world.clock.pass(8_000);
    expect([unsent?.cancellation.cancelled, sent?.cancellation.cancelled]).toEqual([true, false]);
  });
});
