import { describe, expect, it } from 'vitest';
import { begin, task, TestWorld } from './test-world.fixture.ts';

describe('a first byte', () => {
  it('that would leave after the time of its attempt does not', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const task = { a: { call: 'slow', metadata: { pawl: { attempts: { timeout: 'PT1S' } } } } };
    await begin(world, worker, world.deploy([task]));
    const [call] = world.actions.open;
    world.clock.wallOffset += 2_000;
    call?.left();
    expect(call?.cancellation.cancelled).toBe(true);
  });
});

describe('an answer', () => {
  it('that comes while another commit of its run is in flight is decided after it, and nothing is sent again', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([task.slow('a')]));
    const [call] = world.actions.open;
    call?.left();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.database.onCommit = async (_commit, apply) => {
      await held;
      return apply();
    };
    world.send(run, { kind: 'cancel', by: 'lena' });
    worker.wake();
    await world.clock.settle();
    call?.end({ kind: 'completed', output: 1 });
    await world.clock.settle();
    release();
    await world.clock.settle();
    expect(world.actions.calls).toHaveLength(1);
    expect(world.types(run).slice(-3)).toEqual(['cancel.requested', 'task.completed', 'run.cancelled']);
    expect(worker.stats().targets).toEqual([]);
  });
});
