import { describe, expect, it } from 'vitest';
import { task, TestWorld } from './test-world.fixture.ts';

describe('a worker', () => {
  it('runs a flow to its end and tells when it has ended', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    expect(worker.ownedPartitions()).toHaveLength(256);
    const flow = world.deploy([
      task.act('first', { n: 1 }),
      task.act('second', { n: 2 }),
      task.set('last', { sum: '${ . }' }),
    ]);
    const run = world.id();
    const answer = worker.startRun({ run, workspace: 'default', flow, input: {} });
    await world.clock.settle();
    expect(await answer).toEqual({ run, replayed: false, mismatch: false });
    expect(await worker.whenEnded(run)).toMatchObject({ run, status: 'completed', output: { sum: 2 } });
    expect(world.status(run)).toBe('completed');
    expect(world.actions.calls).toHaveLength(2);
  });
});
