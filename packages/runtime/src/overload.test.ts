import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bounds } from './bounds.ts';
import { task, TestWorld } from './test-world.fixture.ts';

describe('a worker that has as many runs as it may', () => {
  const most = bounds.runsInMemory;
  const set = (runsInMemory: number) => Object.assign(bounds, { runsInMemory });
  beforeEach(() => void set(50));
  afterEach(() => void set(most));

  it('begins no more here: they wait in the inbox until there is room', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const flow = world.deploy([task.slow('a')]);
    const request = () => ({ run: world.id(), workspace: 'default', flow, input: null });
    const first = worker.startRun(request());
    await world.clock.settle();
    await first;
    const starts = Array.from({ length: bounds.runsInMemory - 1 }, () => worker.startRun(request()));
    expect(await worker.startRun(request())).toBe('elsewhere');
    await world.clock.settle();
    expect((await Promise.all(starts)).filter((answer) => answer === 'elsewhere')).toEqual([]);
    expect(worker.stats().runs).toBe(bounds.runsInMemory);
    const accepted = request();
    world.send(accepted.run, { kind: 'start', workspace: 'default', flow, input: null, key: null });
    await world.clock.pass(1_100);
    expect(world.database.inbox).toHaveLength(1);
    world.actions.open[0]?.end({ kind: 'completed', output: 1 });
    await world.clock.pass(2_100);
    expect(world.database.inbox).toEqual([]);
  });
});
