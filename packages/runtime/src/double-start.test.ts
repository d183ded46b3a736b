import { flowError, UnknownCommitError } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { begin, task, TestWorld } from './test-world.fixture.ts';

describe('a run that is asked for again', () => {
  it('is not taken for begun anew where the reply to that commit is lost', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const flow = world.deploy([task.wait('a', 'PT2H')]);
    const run = await begin(world, worker, flow);
    const before = world.events(run);
    await world.clock.pass(5_000);
    expect(worker.stats().runs).toBe(0);
    let lose = true;
    world.database.onCommit = async (_commit, apply) => {
      if (!lose) return apply();
      lose = false;
      throw new UnknownCommitError(new Error('reset'));
    };
    const again = worker.startRun({ run, workspace: 'default', flow, input: {} });
    await world.clock.pass(10_000);
    expect(await again).toMatchObject({ run, replayed: true });
    await world.clock.until(() => world.status(run) === 'completed', 8_000_000);
    expect(world.events(run).slice(0, before.length)).toEqual(before);
    expect(world.events(run).at(-1)?.at).toBe(before[1]?.type === 'task.started' ? before[1].until : undefined);
  });
});

describe('a run that is parked', () => {
  it('hears a decision that comes together with its start once more', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const flow = world.deploy([task.slow('a', { guarantee: 'once' })]);
    const run = await begin(world, worker, flow);
    world.actions.open[0]?.left();
    world.actions.open[0]?.end({ kind: 'ambiguous', error: flowError('communication', 'no answer') });
    await world.clock.until(() => world.database.decisions.size === 1, 1_000);
    await world.clock.pass(5_000);
    expect(worker.stats().runs).toBe(0);
    const [question] = world.database.decisions.keys();
    // Both are read at once: the start begins the run anew, and the decision is decided for a run that never was.
    world.send(run, { kind: 'start', workspace: 'default', flow, input: {}, key: null });
    world.send(run, { kind: 'decision', decision: question ?? '', verdict: { applied: true, output: 7 }, by: 'lena' });
    worker.wake();
    await world.clock.until(() => world.status(run) === 'completed', 10_000);
    expect(world.types(run)).toContain('decision.made');
    expect(world.database.inbox).toEqual([]);
    expect(world.actions.calls).toHaveLength(1);
  });
});

describe('a run that a caller and the inbox ask for at once', () => {
  it('begins once, though its flow has to be read first', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const flow = world.deploy([task.act('a')]);
    const store = world.stores.get('w1');
    if (store === undefined) throw new Error('there is no store');
    const read = store.flow.bind(store);
    store.flow = (hash) =>
      new Promise((resolve) => {
        world.clock.after(2_000, () => resolve(read(hash)));
      });
    const run = world.id();
    const asked = worker.startRun({ run, workspace: 'default', flow, input: {} });
    await world.clock.pass(500);
    world.send(run, { kind: 'start', workspace: 'default', flow, input: {}, key: null });
    worker.wake();
    const again = worker.startRun({ run, workspace: 'default', flow, input: {} });
    await world.clock.pass(5_000);
    expect(await asked).toMatchObject({ run });
    expect(await again).toMatchObject({ run });
    expect(world.status(run)).toBe('completed');
    expect(world.actions.calls).toHaveLength(1);
    expect(world.database.inbox).toEqual([]);
  });
});
