import { describe, expect, it } from 'vitest';
import { begin, epoch, task, TestWorld } from './test-world.fixture.ts';

const hour = 3_600_000;

describe('a run that waits long', () => {
  it('leaves memory in the commit of its wait, and comes back at its time', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([task.wait('a', 'PT1H'), task.act('b', { n: 3 })]));
    expect(worker.stats().runs).toBe(0);
    expect(world.database.commits.filter(({ journal }) => journal.length > 0)).toHaveLength(1);
    expect(world.database.runOf(run).head).toMatchObject({ status: 'waiting', waitingFor: 'timer', loaded: false });
    expect(world.database.timers.get(run)).toBe(epoch + hour);
    await world.clock.pass(hour - 1);
    expect(world.actions.calls).toEqual([]);
    await world.clock.pass(1);
    expect(world.status(run)).toBe('completed');
    expect(world.database.timers.size).toBe(0);
  });

  it('comes back when its time comes after a new owner has taken its partition', async () => {
    const world = new TestWorld();
    const first = await world.started('w1');
    const run = await begin(world, first, world.deploy([task.wait('a', 'PT1H')]));
    const stop = first.stop({ drain: true, timeoutMs: 1_000 });
    await world.clock.pass(100);
    await stop;
    const second = await world.started('w2');
    expect(second.stats().runs).toBe(0);
    await world.clock.until(() => world.status(run) === 'completed', hour);
    expect(world.clock.now()).toBe(epoch + hour);
  });

  it('gets a snapshot when it has more than one row, and goes on from it', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(
      world,
      worker,
      world.deploy([
        task.act('a', { n: 1 }),
        task.act('b', { n: 2 }),
        task.wait('c', 'PT1H'),
        task.act('d', { n: '${ . }' }),
      ]),
    );
    await world.clock.settle();
    expect(world.database.runOf(run).snapshot?.seq).toBe(world.events(run).length);
    await world.clock.until(() => world.status(run) === 'completed', hour + 1_000);
    expect(world.actions.calls.map(({ request }) => request.args['n'])).toEqual([1, 2, 2]);
    expect(await worker.whenEnded(run)).toMatchObject({ output: 2 });
  });

  it('stays parked after a message that changes nothing, and comes back for one that does', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([task.wait('a', 'PT1H')]));
    world.send(run, { kind: 'decision', decision: 'none', verdict: { fail: true }, by: 'lena' });
    await world.clock.pass(1_100);
    expect(worker.stats().runs).toBe(0);
    expect(world.database.inbox).toEqual([]);
    world.send(run, { kind: 'cancel', by: 'lena' });
    await world.clock.pass(1_100);
    expect(world.status(run)).toBe('cancelled');
    expect(world.database.timers.size).toBe(0);
  });

  it('costs no memory, however many there are', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const flow = world.deploy([task.wait('a', 'PT1H')]);
    for (let n = 0; n < 3_000; n += 1)
      world.send(world.id(n % 256), { kind: 'start', workspace: 'default', flow, input: {}, key: null });
    worker.wake();
    await world.clock.until(() => world.database.timers.size === 3_000);
    expect(worker.stats()).toMatchObject({ runs: 0, messages: 0 });
    await world.clock.until(
      () => [...world.database.runs.values()].every(({ head }) => head.status === 'completed'),
      hour + 60_000,
    );
    expect(worker.stats().runs).toBe(0);
  });
});

describe('a clock that was set forward and back', () => {
  it('makes what was timed in between come late, and does not stop it', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const times = (run: string): number[] => world.events(run).map(({ at }) => at);
    world.clock.wallOffset = 3_600_000;
    await world.clock.pass(3_000);
    const parked = await begin(world, worker, world.deploy([task.wait('a', 'PT2M')]));
    const near = await begin(world, worker, world.deploy([task.wait('a', 'PT10S')]));
    world.clock.wallOffset = 0;
    await world.clock.pass(30_000);
    expect(world.status(near)).toBe('completed');
    await world.clock.pass(240_000);
    expect(world.status(parked)).toBe('completed');
    expect(times(parked)).toEqual([...times(parked)].sort((a, b) => a - b));
    await world.clock.pass(8_000_000);
    const later = await begin(world, worker, world.deploy([task.wait('b', 'PT2M')]));
    expect(times(later)[0]).toBe(world.clock.now());
  });
});

describe('a run that waits shortly', () => {
  it('stays in memory, and its head tells of the wait once it has lasted a second', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([task.wait('a', 'PT5S'), task.wait('b', 'PT0.5S')]));
    expect(worker.stats().runs).toBe(1);
    await world.clock.pass(900);
    expect(world.status(run)).toBe('running');
    await world.clock.pass(200);
    expect(world.database.runOf(run).head).toMatchObject({ status: 'waiting', waitingFor: 'timer', loaded: true });
    expect(world.database.timers.size).toBe(0);
    await world.clock.until(() => world.status(run) === 'completed', 10_000);
    expect(world.clock.now()).toBe(epoch + 5_500);
    expect(world.database.commits.flatMap(({ heads }) => heads).map(({ status }) => status)).toEqual([
      'waiting',
      'completed',
    ]);
  });
});
