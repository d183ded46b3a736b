import { describe, expect, it } from 'vitest';
import { begin, task, TestWorld } from './test-world.fixture.ts';

describe('what was read of a run', () => {
  it('before its partition was lost and taken again is read once more', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([task.wait('a', 'PT1H')]));
    expect(worker.stats().runs, 'parked').toBe(0);
    const store = world.stores.get('w1');
    if (store === undefined) throw new Error('no store');
    const read = store.run.bind(store);
    let reads = 0;
    let goOn: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    store.run = async (id) => {
      reads += 1;
      const stored = await read(id);
      if (reads === 1) await gate;
      return stored;
    };
    world.send(run, { kind: 'cancel', by: 'lena' });
    await world.clock.pass(1_100);
    world.database.leases[7] = { epoch: 9, worker: 'other' };
    await world.clock.pass(1_100);
    expect(worker.ownedPartitions()).toHaveLength(255);
    world.database.leases[7] = { epoch: 10, worker: null };
    await world.clock.pass(1_100);
    expect(worker.ownedPartitions()).toHaveLength(256);
    expect(reads).toBe(1);
    goOn();
    await world.clock.settle();
    expect(reads).toBe(2);
    expect(world.status(run)).toBe('cancelled');
    expect(world.database.inbox).toEqual([]);
  });

  it('is never older than a run begun meanwhile: a partition that is being loaded takes no starts', async () => {
    const world = new TestWorld();
    const worker = world.worker('w1');
    const store = world.stores.get('w1');
    if (store === undefined) throw new Error('no store');
    const read = store.loadedRuns.bind(store);
    let goOn: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    store.loadedRuns = async (partition, after, limit) => {
      await gate;
      return read(partition, after, limit);
    };
    const started = worker.start();
    await world.clock.settle();
    const request = { run: world.id(7), workspace: 'default', flow: world.deploy([task.slow('a')]), input: {} };
    const early = worker.startRun(request);
    await world.clock.settle();
    expect(await early).toBe('elsewhere');
    goOn();
    await world.clock.settle();
    await started;
    await begin(world, worker, request.flow, { run: request.run });
    expect(worker.stats().runs).toBe(1);
  });
});

describe('a snapshot that cannot be read', () => {
  for (const damage of [{ checksum: 1 }, { format: 99 }]) {
    it(`because of its ${Object.keys(damage)[0]} is rebuilt from the journal`, async () => {
      const world = new TestWorld();
      const worker = await world.started('w1');
      const flow = world.deploy([task.act('a', { n: 1 }), task.wait('b', 'PT1H'), task.act('c', { n: 2 })]);
      const run = await begin(world, worker, flow);
      await world.clock.until(() => worker.stats().runs === 0);
      const stored = world.database.runOf(run);
      expect(stored.snapshot).not.toBeNull();
      if (stored.snapshot !== null) stored.snapshot = { ...stored.snapshot, ...damage };
      await world.clock.until(() => world.status(run) === 'completed', 4_000_000);
      expect(world.actions.calls.map(({ request }) => request.args['n'])).toEqual([1, 2]);
      expect(stored.quarantined).toBeUndefined();
    });
  }
});
