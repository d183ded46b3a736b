import type { JsonObject } from '@pawl/core';
import { eventPartition } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { begin, hash, task, TestWorld } from './test-world.fixture.ts';

const listen = (name: string, to: JsonObject): JsonObject => ({ [name]: { listen: { to } } });
const one = (type: string): JsonObject => ({ one: { with: { type } } });
const emit = (name: string, event: JsonObject): JsonObject => ({ [name]: { emit: { event: { with: event } } } });

describe('a run that listens', () => {
  it('gets an event that comes later, and its subscription ends with the step', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([listen('a', one('order.paid'))]));
    expect(world.database.events.subscriptions.size).toBe(1);
    world.accept({ type: 'order.paid', data: { n: 1 } });
    world.accept({ type: 'order.sent', data: { n: 2 } });
    await world.clock.pass(1_100);
    expect(await worker.whenEnded(run)).toMatchObject({ status: 'completed', output: [{ n: 1 }] });
    expect(world.database.events.subscriptions.size).toBe(0);
    expect([...world.database.events.matches.values()]).toEqual([{ taken: true }]);
    expect(world.database.inbox).toEqual([]);
  });

  it('gets what another run emits', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const listener = await begin(world, worker, world.deploy([listen('a', one('said'))]));
    await begin(world, worker, world.deploy([emit('e', { type: 'said', data: { hello: 'you' } })]));
    await world.clock.pass(100);
    expect(await worker.whenEnded(listener)).toMatchObject({ output: [{ hello: 'you' }] });
  });

  it('gets an event that came after its start and before it listened', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([task.slow('s'), listen('a', one('early'))]));
    world.accept({ type: 'early', data: 7 });
    await world.clock.pass(1_100);
    world.actions.open[0]?.end({ kind: 'completed', output: 1 });
    await world.clock.pass(1_100);
    expect(await worker.whenEnded(run)).toMatchObject({ output: [7] });
  });

  it('leaves memory once it has been quiet, and an event brings it back', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([listen('a', one('late'))]));
    await world.clock.pass(500);
    expect(worker.stats().runs).toBe(1);
    await world.clock.pass(2_000);
    expect(worker.stats().runs).toBe(0);
    expect(world.database.runOf(run).head).toMatchObject({ status: 'waiting', waitingFor: 'event', loaded: false });
    world.accept({ type: 'late', data: 1 });
    await world.clock.pass(1_100);
    expect(world.status(run)).toBe('completed');
  });

  it('stays parked where an event is not what it wants', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const small = { one: { with: { type: 'size', data: '${ .n < 10 }' } } };
    const run = await begin(world, worker, world.deploy([listen('a', small)]));
    await world.clock.pass(2_500);
    const heads = world.database.commits.flatMap((commit) => commit.heads).length;
    world.accept({ type: 'size', data: { n: 50 } });
    await world.clock.pass(1_100);
    expect(worker.stats().runs).toBe(0);
    expect(world.database.inbox).toEqual([]);
    expect(world.database.commits.flatMap((commit) => commit.heads)).toHaveLength(heads);
    expect([...world.database.events.matches.values()]).toEqual([{ taken: false }]);
    world.accept({ type: 'size', data: { n: 5 } });
    await world.clock.pass(1_100);
    expect(await worker.whenEnded(run)).toMatchObject({ output: [{ n: 5 }] });
  });

  it('gets an event that came between two visits of its step in the second one, once', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const loop = { for: { in: '${ [1, 2] }', each: 'x' }, do: [listen('a', one('tick')), task.wait('w', 'PT10S')] };
    const run = await begin(world, worker, world.deploy([{ loop }]));
    for (const n of [1, 2]) world.accept({ type: 'tick', data: n });
    await world.clock.pass(1_100);
    expect(world.types(run).filter((type) => type === 'event.taken')).toHaveLength(1);
    expect(world.database.events.matches.size).toBe(1);
    await world.clock.pass(11_100);
    expect(world.types(run).filter((type) => type === 'event.taken')).toHaveLength(2);
    await world.clock.pass(11_000);
    expect(world.status(run)).toBe('completed');
    expect(world.database.inbox).toEqual([]);
    expect([...world.database.events.matches.values()]).toEqual([{ taken: true }, { taken: true }]);
  });

  it('is not given an event again and again that only its next visit will want', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const both = { all: [{ with: { type: 'a' } }, { with: { type: 'b' } }] };
    const loop = { for: { in: '${ [1, 2] }', each: 'x' }, do: [listen('l', both)] };
    const run = await begin(world, worker, world.deploy([{ loop }]));
    for (const n of [1, 2]) world.accept({ type: 'a', data: n });
    await world.clock.pass(1_100);
    const commits = world.database.commits.length;
    await world.clock.pass(20_000);
    expect(world.database.commits.length - commits).toBeLessThan(3);
    for (const n of [3, 4]) world.accept({ type: 'b', data: n });
    await world.clock.pass(5_000);
    const output = expect.arrayContaining([2, 4]) as unknown;
    expect(await worker.whenEnded(run)).toMatchObject({ status: 'completed', output });
  });

  it('listens on after a takeover', async () => {
    const world = new TestWorld();
    const first = await world.started('w1');
    const run = await begin(world, first, world.deploy([listen('a', one('on'))]));
    world.stores.get('w1')?.kill();
    const second = await world.started('w2');
    await world.clock.pass(15_000);
    world.accept({ type: 'on', data: 1 });
    await world.clock.pass(1_100);
    expect(await second.whenEnded(run)).toMatchObject({ status: 'completed' });
  });

  it('costs a run without events nothing in its commits', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    await begin(world, worker, world.deploy([task.act('a')]));
    await world.clock.settle();
    for (const commit of world.database.commits) expect(commit.messages).toBeUndefined();
  });
});

describe('the life of runs', () => {
  it('is published where somebody wants it, and can start or feed others', async () => {
    const world = new TestWorld();
    const type = 'io.serverlessworkflow.workflow.completed.v1';
    const worker = await world.started('w1', { publishes: (wanted) => wanted === type });
    const listener = await begin(world, worker, world.deploy([listen('a', one(type))]));
    const run = await begin(world, worker, world.deploy([task.act('b')]));
    await world.clock.pass(1_100);
    expect(await worker.whenEnded(listener)).toMatchObject({
      output: [{ name: `flow-${run}.test`, outputUri: `/api/v1/runs/${run}` }],
    });
    const types = [...world.database.events.events.values()].map(({ row }) => row.type);
    expect(types).toEqual([type, type]);
  });

  it('is told in full by whoever takes a run over', async () => {
    const world = new TestWorld();
    const publishes = (type: string): boolean => type.endsWith('task.completed.v1');
    const first = await world.started('w1', { publishes });
    await begin(world, first, world.deploy([{ outer: { do: [task.wait('w', 'PT30S')] } }]));
    world.stores.get('w1')?.kill();
    await world.started('w2', { publishes });
    await world.clock.pass(60_000);
    const rows = [...world.database.events.events.values()].map(({ row }) => JSON.parse(row.body) as JsonObject);
    expect(rows).toMatchObject([{ data: { task: '/do/0/outer/do/0/w' } }, { data: { task: '/do/0/outer' } }]);
  });
});

describe('events', () => {
  it('are forgotten after a day', async () => {
    const world = new TestWorld();
    await world.started('w1', { limits: { eventKept: 120_000 } });
    world.accept({ type: 'old' });
    await world.clock.pass(100_000);
    expect(world.database.events.events.size).toBe(1);
    await world.clock.pass(100_000);
    expect(world.database.events.events.size).toBe(0);
  });

  it('of a partition that another worker owns are given by that one', async () => {
    const world = new TestWorld();
    const partition = eventPartition('default', 'far', hash);
    const first = await world.started('w1');
    const second = await world.started('w2');
    await world.clock.pass(12_000);
    const [owner, other] = first.ownedPartitions().includes(partition) ? [first, second] : [second, first];
    const run = await begin(world, other, world.deploy([listen('a', one('far'))]), {
      run: world.id(other.ownedPartitions()[0] ?? 0),
    });
    expect(owner.ownedPartitions()).toContain(partition);
    world.accept({ type: 'far', data: 3 });
    await world.clock.pass(2_200);
    expect(await other.whenEnded(run)).toMatchObject({ output: [3] });
  });
});
