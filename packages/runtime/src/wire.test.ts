import { describe, expect, it } from 'vitest';
import { begin, task, TestWorld } from './test-world.fixture.ts';

describe('a once effect', () => {
  it('is not sent while it cannot be noted in the wire file, and sent as soon as it can', async () => {
    const world = new TestWorld();
    const sent: string[] = [];
    world.wire = { sent, dead: new Set() };
    const worker = await world.started('w1');
    sent.push = () => {
      throw new Error('no space left');
    };
    const run = await begin(world, worker, world.deploy([task.act('a', { guarantee: 'once' })]));
    await world.clock.pass(3_000);
    expect(world.actions.calls).toEqual([]);
    Reflect.deleteProperty(sent, 'push');
    await world.clock.pass(1_100);
    expect(world.actions.calls).toHaveLength(1);
    expect(sent).toHaveLength(1);
    expect(world.status(run)).toBe('completed');
  });

  it('that is a subscription is given up where it cannot be noted that it is about to acknowledge', async () => {
    const world = new TestWorld();
    const sent: string[] = [];
    world.wire = { sent, dead: new Set() };
    const worker = await world.started('w1');
    const subscription = { consume: { amount: 1 } };
    await begin(world, worker, world.deploy([{ a: { call: 'asyncapi', with: { subscription } } }]));
    await world.clock.until(() => world.actions.open.length === 1, 1_000);
    expect(sent).toEqual([]);
    sent.push = () => {
      throw new Error('no space left');
    };
    const [call] = world.actions.open;
    call?.left();
    expect(call?.cancellation.cancelled).toBe(true);
  });
});
