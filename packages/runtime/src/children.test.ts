import type { JsonObject } from '@pawl/core';
import { partitionOf } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { begin, task, TestWorld } from './test-world.fixture.ts';

const child = (name: string, flow: string, input: JsonObject = {}, more: JsonObject = {}): JsonObject => ({
  [name]: { run: { workflow: { namespace: 'test', name: flow, version: '1.0.0', input }, ...more } },
});

/** The child runs of a run, by their start messages. */
function childrenOf(world: TestWorld, run: string): string[] {
  return world.events(run).flatMap((event) => (event.type === 'child.started' ? [event.child] : []));
}

describe('a run that runs another flow', () => {
  it('goes on with its output', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    world.publish('inner', [task.set('s', { got: '${ $workflow.input.n + 1 }' })]);
    const run = await begin(world, worker, world.deploy([child('c', 'inner', { n: 4 })]));
    await world.clock.pass(10);
    expect(await worker.whenEnded(run)).toMatchObject({ status: 'completed', output: { got: 5 } });
    const [id = ''] = childrenOf(world, run);
    expect(world.status(id)).toBe('completed');
    expect(world.database.inbox).toEqual([]);
  });

  it('leaves memory while it waits, and is told of the end', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    world.publish('inner', [task.wait('w', 'PT10M'), task.set('s', { done: true })]);
    const run = await begin(world, worker, world.deploy([child('c', 'inner')]));
    await world.clock.pass(5_000);
    expect(worker.stats().runs).toBe(0);
    expect(world.database.runOf(run).head).toMatchObject({ status: 'waiting', waitingFor: 'child' });
    await world.clock.pass(600_000);
    expect(await worker.whenEnded(run)).toMatchObject({ output: { done: true } });
  });

  it('meets the error of a flow that is not there', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([child('c', 'nowhere')]));
    await world.clock.pass(10);
    expect(await worker.whenEnded(run)).toMatchObject({
      status: 'faulted',
      error: { type: expect.stringContaining('configuration') as string },
    });
    expect(world.status(childrenOf(world, run)[0] ?? '')).toBe('faulted');
  });

  it('cancels it with itself, and ends after it', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    world.publish('inner', [task.wait('w', 'PT10M')]);
    const run = await begin(world, worker, world.deploy([child('c', 'inner')]));
    await world.clock.pass(10);
    world.send(run, { kind: 'cancel', by: 'lena' });
    await world.clock.pass(1_100);
    const [id = ''] = childrenOf(world, run);
    expect([world.status(id), world.status(run)]).toEqual(['cancelled', 'cancelled']);
    expect(world.events(run).at(-1)?.at).toBeGreaterThanOrEqual(world.events(id).at(-1)?.at ?? 0);
  });

  it('does not wait where it need not', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    world.publish('inner', [task.wait('w', 'PT10M')]);
    const run = await begin(world, worker, world.deploy([child('c', 'inner', {}, { await: false })]));
    await world.clock.pass(10);
    expect(world.status(run)).toBe('completed');
    await world.clock.pass(601_000);
    const [id = ''] = childrenOf(world, run);
    expect(world.status(id)).toBe('completed');
    expect(world.database.inbox).toEqual([]);
  });

  it('is told once, whoever owns the child when it ends', async () => {
    const world = new TestWorld();
    const first = await world.started('w1');
    world.publish('inner', [task.wait('w', 'PT30S')]);
    const run = await begin(world, first, world.deploy([child('c', 'inner'), task.act('a')]));
    await world.clock.pass(100);
    world.stores.get('w1')?.kill();
    const second = await world.started('w2');
    await world.clock.pass(60_000);
    expect(await second.whenEnded(run)).toMatchObject({ status: 'completed' });
    expect(world.actions.calls).toHaveLength(1);
  });
});

describe('a worker for one run', () => {
  it('runs its children and theirs too, and nothing else', async () => {
    const world = new TestWorld();
    world.publish('leaf', [task.act('a', { n: 3 })]);
    world.publish('middle', [child('c', 'leaf'), task.set('s', { leaf: '${ . }' })]);
    const run = world.id(9);
    const worker = await world.started('w1', { only: run });
    await begin(world, worker, world.deploy([child('c', 'middle')]), { run });
    await world.clock.pass(100);
    expect(await worker.whenEnded(run)).toMatchObject({ output: { leaf: 3 } });
    const [middle = ''] = childrenOf(world, run);
    const [leaf = ''] = childrenOf(world, middle);
    expect(new Set(worker.ownedPartitions())).toEqual(new Set([run, middle, leaf].map(partitionOf)));
  });

  it('finds them again after it was started anew', async () => {
    const world = new TestWorld();
    world.publish('inner', [task.wait('w', 'PT20S')]);
    const run = world.id(9);
    const first = await world.started('w1', { only: run });
    await begin(world, first, world.deploy([child('c', 'inner')]), { run });
    await world.clock.pass(100);
    world.stores.get('w1')?.kill();
    const second = await world.started('w2', { only: run });
    await world.clock.pass(40_000);
    expect(await second.whenEnded(run)).toMatchObject({ status: 'completed' });
  });

  it('finds those that lie in a partition whose runs it has loaded already', async () => {
    const world = new TestWorld();
    world.publish('leaf', [task.wait('w', 'PT20S')]);
    world.publish('middle', [child('c', 'leaf')]);
    const run = world.id(9);
    const first = await world.started('w1', { only: run });
    const branches = Array.from({ length: 40 }, (_, i) => child(`b${i}`, 'middle'));
    await begin(world, first, world.deploy([{ f: { fork: { branches } } }]), { run });
    await world.clock.pass(2_000);
    const middles = childrenOf(world, run);
    const leaves = middles.flatMap((middle) => childrenOf(world, middle));
    const loaded = new Set([run, ...middles].map(partitionOf));
    expect(leaves.some((leaf) => loaded.has(partitionOf(leaf)))).toBe(true);
    world.stores.get('w1')?.kill();
    const second = await world.started('w2', { only: run });
    await world.clock.pass(40_000);
    expect([...leaves, run].filter((one) => world.status(one) !== 'completed')).toEqual([]);
    expect(await second.whenEnded(run)).toMatchObject({ status: 'completed' });
  });

  it('gives itself the events that its runs emit', async () => {
    const world = new TestWorld();
    world.publish('speaker', [{ e: { emit: { event: { with: { type: 'word', data: 1 } } } } }]);
    const run = world.id(9);
    const worker = await world.started('w1', { only: run });
    const branches = [child('c', 'speaker'), { l: { listen: { to: { one: { with: { type: 'word' } } } } } }];
    await begin(world, worker, world.deploy([{ f: { fork: { branches } } }]), { run });
    await world.clock.pass(2_000);
    expect(await worker.whenEnded(run)).toMatchObject({ status: 'completed' });
  });
});
