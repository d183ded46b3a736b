import { describe, expect, it } from 'vitest';
import { begin, task, TestWorld } from './test-world.fixture.ts';

describe('workers that share', () => {
  it('take no more than their share, however long it takes to load', async () => {
    const world = new TestWorld();
    const first = world.worker('w1');
    world.database.join('w2');
    const store = world.stores.get('w1');
    if (store === undefined) throw new Error('no store');
    const [read, takeOver] = [store.loadedRuns.bind(store), store.takeOver.bind(store)];
    store.loadedRuns = async (partition, after, limit) => {
      await new Promise<void>((resolve) => void world.clock.after(1_500, resolve));
      return read(partition, after, limit);
    };
    let taken = 0;
    store.takeOver = (partition, epoch) => {
      taken += 1;
      return takeOver(partition, epoch);
    };
    const started = first.start();
    for (let second = 0; second < 20; second += 1) {
      await world.clock.pass(1_000);
      const row = world.database.workers.get('w2');
      if (row !== undefined) row.beat += 1;
    }
    await started;
    expect(taken).toBe(128);
    expect(first.ownedPartitions()).toHaveLength(128);
  });

  it('come to an equal part each, and the runs go on with their new owners', async () => {
    const world = new TestWorld();
    const first = await world.started('w1');
    const flow = world.deploy([task.wait('a', 'PT20S'), task.act('b')]);
    const runs: string[] = [];
    for (let partition = 0; partition < 256; partition += 8)
      runs.push(await begin(world, first, flow, { run: world.id(partition) }));
    const second = await world.started('w2');
    await world.clock.pass(5_000);
    expect([first.ownedPartitions().length, second.ownedPartitions().length]).toEqual([128, 128]);
    expect(first.stats().runs + second.stats().runs).toBe(runs.length);
    await world.clock.until(() => runs.every((run) => world.status(run) === 'completed'), 30_000);
    expect(world.actions.calls).toHaveLength(runs.length);
  });

  it('give a partition away only once its attempts have ended', async () => {
    const world = new TestWorld();
    const first = await world.started('w1');
    const flow = world.deploy([task.slow('a'), task.act('b')]);
    const runs: string[] = [];
    for (let partition = 0; partition < 256; partition += 1)
      runs.push(await begin(world, first, flow, { run: world.id(partition) }));
    const second = await world.started('w2');
    await world.clock.pass(3_000);
    // Two attempts are open in each worker, and all others wait in line for the permits of their target.
    expect(world.actions.open.length).toBeLessThanOrEqual(4);
    expect(second.ownedPartitions().length).toBeGreaterThan(0);
    let ended = 0;
    await world.clock.until(() => {
      for (const call of [...world.actions.open]) {
        ended += 1;
        call.end({ kind: 'completed', output: null });
      }
      return ended >= 256 && runs.every((run) => world.status(run) === 'completed');
    }, 120_000);
    expect(world.actions.calls.filter(({ request }) => request.action === 'slow')).toHaveLength(256);
    expect([...world.database.decisions]).toEqual([]);
    expect([first.ownedPartitions().length, second.ownedPartitions().length]).toEqual([128, 128]);
  });

  it('keep partitions whose attempts take longer than they wait for them, and go on with their runs', async () => {
    const world = new TestWorld();
    const first = await world.started('w1');
    const flow = world.deploy([task.slow('a', { target: '${ .target }' }), task.act('b')]);
    const runs: string[] = [];
    for (let partition = 0; partition < 256; partition += 1)
      runs.push(await begin(world, first, flow, { run: world.id(partition), input: { target: `t${partition}` } }));
    const second = await world.started('w2');
    await world.clock.pass(12_500);
    expect([first.ownedPartitions().length, second.ownedPartitions().length]).toEqual([256, 0]);
    for (const call of [...world.actions.open]) call.end({ kind: 'completed', output: 1 });
    await world.clock.until(() => runs.every((run) => world.status(run) === 'completed'), 20_000);
    await world.clock.until(() => second.ownedPartitions().length === 128, 20_000);
    expect(world.database.decisions.size).toBe(0);
    expect(world.actions.calls).toHaveLength(512);
  });

  it('divide what a dead one had', async () => {
    const world = new TestWorld();
    const first = await world.started('w1');
    const second = await world.started('w2');
    const third = await world.started('w3');
    await world.clock.pass(6_000);
    const stop = third.stop({ drain: false, timeoutMs: 0 });
    await world.clock.pass(6_000);
    await stop;
    expect(first.ownedPartitions().length + second.ownedPartitions().length).toBe(256);
    expect(Math.abs(first.ownedPartitions().length - second.ownedPartitions().length)).toBeLessThanOrEqual(1);
  });

  it('tell their observers what they own', async () => {
    const world = new TestWorld();
    let owned: readonly number[] = [];
    const worker = await world.started('w1', { observe: { onOwnership: (partitions) => (owned = partitions) } });
    expect(owned).toEqual(worker.ownedPartitions());
    const stop = worker.stop({ drain: true, timeoutMs: 100 });
    await world.clock.pass(200);
    await stop;
    expect(owned).toEqual([]);
  });
});

describe('a worker for one run', () => {
  it('owns that run’s partition alone and advances no other run', async () => {
    const world = new TestWorld();
    const other = await world.started('w0');
    const flow = world.deploy([task.wait('a', 'PT5S'), task.act('b')]);
    const stranger = await begin(world, other, flow, { run: world.id(7) });
    const parked = await begin(world, other, world.deploy([task.wait('a', 'PT2M')]), { run: world.id(7) });
    const stop = other.stop({ drain: true, timeoutMs: 100 });
    await world.clock.pass(200);
    await stop;
    const run = world.id(7);
    const worker = await world.started('w1', { only: run });
    expect(worker.ownedPartitions()).toEqual([7]);
    expect(await worker.startRun({ run: world.id(7), workspace: 'default', flow, input: {} })).toBe('elsewhere');
    world.send(stranger, { kind: 'cancel', by: 'lena' });
    await begin(world, worker, flow, { run });
    await world.clock.until(() => world.status(run) === 'completed', 10_000);
    await world.clock.pass(180_000);
    expect([world.status(stranger), world.status(parked)]).toEqual(['running', 'waiting']);
    expect(world.database.inbox).toHaveLength(1);
  });

  it('goes on with its run where the last owner left it, parked or not', async () => {
    const world = new TestWorld();
    const first = await world.started('w0');
    const run = await begin(
      world,
      first,
      world.deploy([task.act('x'), task.wait('a', 'PT2M'), task.act('b', { n: 5 })]),
    );
    await world.clock.settle();
    const stop = first.stop({ drain: true, timeoutMs: 100 });
    await world.clock.pass(200);
    await stop;
    const worker = await world.started('w1', { only: run });
    expect(worker.stats().runs).toBe(1);
    const ended = worker.whenEnded(run);
    await world.clock.until(() => world.status(run) === 'completed', 130_000);
    expect(await ended).toMatchObject({ output: 5 });
  });

  it('leaves the partition to an owner that lives', async () => {
    const world = new TestWorld();
    await world.started('w0');
    const run = world.id();
    const worker = await world.started('w1', { only: run });
    await world.clock.pass(5_000);
    expect(worker.ownedPartitions()).toEqual([]);
    expect(await worker.startRun({ run, workspace: 'default', flow: world.deploy([task.act('a')]), input: {} })).toBe(
      'elsewhere',
    );
  });
});

describe('a worker that stops', () => {
  it('waits for open attempts, commits their answers, starts nothing more and gives everything back', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([task.slow('a'), task.act('b')]));
    const waiting = worker.whenEnded(run);
    const stop = worker.stop({ drain: true, timeoutMs: 20_000 });
    await world.clock.pass(5_000);
    expect(await worker.startRun({ run: world.id(), workspace: 'default', flow: 'f', input: {} })).toBe('elsewhere');
    world.actions.open[0]?.end({ kind: 'completed', output: 1 });
    await world.clock.pass(100);
    await stop;
    expect(await waiting).toBe('elsewhere');
    expect(world.actions.calls).toHaveLength(1);
    expect(world.database.leases.every((lease) => lease.worker === null)).toBe(true);
    expect(world.stores.get('w1')?.closed).toBe(true);
    await world.started('w2');
    await world.clock.until(() => world.status(run) === 'completed', 2_000);
    expect(world.actions.calls).toHaveLength(2);
    expect(world.database.decisions.size).toBe(0);
  });

  it('asks nothing about attempts that were committed and not sent', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    let open = (): void => {};
    const held = new Promise<void>((resolve) => {
      open = resolve;
    });
    world.database.onCommit = async (_commit, apply) => {
      await held;
      return apply();
    };
    const run = world.id();
    const answer = worker.startRun({ run, workspace: 'default', flow: world.deploy([task.act('a')]), input: {} });
    await world.clock.settle();
    const stop = worker.stop({ drain: true, timeoutMs: 5_000 });
    await world.clock.pass(10);
    open();
    await world.clock.pass(1_000);
    await stop;
    await answer;
    expect(world.actions.calls).toEqual([]);
    await world.started('w2');
    await world.clock.until(() => world.status(run) === 'completed', 5_000);
    expect(world.actions.calls).toHaveLength(1);
    expect(world.types(run)).not.toContain('decision.asked');
  });

  it('cancels what takes longer than it waits, and records how that ended', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([task.slow('a')]));
    const [call] = world.actions.open;
    call?.left();
    call?.cancellation.onCancel(() => call.end({ kind: 'ambiguous', error: { type: 'x', status: 500 } }));
    const stop = worker.stop({ drain: true, timeoutMs: 2_000 });
    await world.clock.pass(3_000);
    await stop;
    expect(world.types(run).at(-1)).toBe('decision.asked');
  });

  it('without draining leaves at once', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([task.slow('a')]));
    await worker.stop({ drain: false, timeoutMs: 0 });
    expect(world.actions.open[0]?.cancellation.cancelled).toBe(true);
    expect(world.types(run)).toEqual(['run.started', 'task.started']);
    expect(world.database.leases[7]?.worker).toBe(null);
  });
});
