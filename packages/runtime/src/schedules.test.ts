import type { Commit, CommitResult, FlowVersion, JsonObject } from '@pawl/core';
import {
  compileSchedule,
  decideSchedule,
  eventPartition,
  partitionOf,
  scheduleId,
  UnknownCommitError,
} from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { hash, task, TestWorld } from './test-world.fixture.ts';

/** Publishes a flow and puts its schedule in force, as a deploy does. */
function schedule(world: TestWorld, when: JsonObject, tasks = [task.act('a')], name = 'planned'): string {
  return put(world, world.publish(name, tasks, { schedule: when }));
}

function put(world: TestWorld, flow: FlowVersion): string {
  const id = scheduleId('default', flow.namespace, flow.name, hash);
  const spec = compileSchedule(JSON.parse(flow.document) as JsonObject);
  if (spec === undefined) throw new Error('no schedule');
  const known = world.database.events.schedules.get(id);
  const before = known === undefined ? undefined : (JSON.parse(known.state) as never);
  const { state, at } = decideSchedule(id, spec, before, { kind: 'deployed', at: world.clock.now() }, hash);
  world.database.events.schedules.set(id, {
    ...{ id, partition: partitionOf(id), workspace: 'default', namespace: flow.namespace, name: flow.name },
    ...{ flow: flow.hash, at, state: JSON.stringify(state), paused: false },
  });
  return id;
}

/** Subscribes a schedule, as a deploy does. */
function listenFor(world: TestWorld, listener: string, type: string, filter = 0): void {
  const partition = eventPartition('default', type, hash);
  const since = world.clock.now();
  const row = { partition, workspace: 'default', listener, step: '', filter, match: { type }, since, kept: false };
  world.database.events.subscriptions.set(`${listener} ${filter}`, { row, fresh: true });
}

/** When the runs of the database started, in ms after the first moment. */
function startsOf(world: TestWorld, from: number): number[] {
  return [...world.database.runs.values()].map(({ start }) => start.startedAt - from).sort((a, b) => a - b);
}

describe('a schedule', () => {
  it('starts a run at each tick', async () => {
    const world = new TestWorld();
    await world.started('w1');
    const from = world.clock.now();
    schedule(world, { every: { seconds: 10 } });
    await world.clock.pass(35_000);
    expect(startsOf(world, from)).toHaveLength(3);
    for (const [i, start] of startsOf(world, from).entries()) expect(start - 10_000 * (i + 1)).toBeLessThan(1_000);
    expect(world.database.inbox).toEqual([]);
  });

  it('starts the next run a while after the end of the one before', async () => {
    const world = new TestWorld();
    await world.started('w1');
    const from = world.clock.now();
    schedule(world, { after: { seconds: 5 } }, [task.wait('w', 'PT20S')]);
    await world.clock.pass(60_000);
    const [first = 0, second = 0, third = 0] = startsOf(world, from);
    expect(first).toBeLessThan(2_000);
    expect(second - first).toBeGreaterThanOrEqual(25_000);
    expect(third - second).toBeGreaterThanOrEqual(25_000);
    expect(startsOf(world, from)).toHaveLength(3);
  });

  it('goes on after a run that faulted', async () => {
    const world = new TestWorld();
    await world.started('w1');
    const from = world.clock.now();
    schedule(world, { after: { seconds: 5 } }, [
      { r: { raise: { error: { type: 'https://example.com/no', status: 400, title: 'No' } } } },
    ]);
    await world.clock.pass(13_500);
    expect(startsOf(world, from)).toHaveLength(3);
  });

  it('makes up for the latest of the ticks that nobody saw', async () => {
    const world = new TestWorld();
    const from = world.clock.now();
    schedule(world, { every: { seconds: 10 } });
    await world.clock.pass(55_000);
    await world.started('w1');
    await world.clock.pass(4_000);
    expect(startsOf(world, from)).toHaveLength(1);
    await world.clock.pass(2_000);
    expect(startsOf(world, from)).toHaveLength(2);
  });

  it('starts one run for a tick whose commit was written and never answered', async () => {
    const world = new TestWorld();
    await world.started('w1');
    const from = world.clock.now();
    let lost = 0;
    world.database.onCommit = async (commit: Commit, apply: () => CommitResult) => {
      const result = apply();
      if ((commit.schedules ?? []).length > 0 && (lost += 1) < 3) throw new UnknownCommitError(new Error('cut'));
      return result;
    };
    schedule(world, { every: { seconds: 10 } });
    await world.clock.pass(12_000);
    expect(lost).toBeGreaterThan(1);
    expect(startsOf(world, from)).toHaveLength(1);
    expect(world.database.inbox).toEqual([]);
  });

  it('starts one run for a tick where its owner dies at once', async () => {
    const world = new TestWorld();
    await world.started('w1');
    const from = world.clock.now();
    let lost = false;
    world.database.onCommit = async (commit: Commit, apply: () => CommitResult) => {
      const result = apply();
      if ((commit.schedules ?? []).length > 0 && !lost) {
        lost = true;
        world.stores.get('w1')?.kill();
      }
      return result;
    };
    schedule(world, { every: { seconds: 10 } });
    await world.clock.pass(10_500);
    await world.started('w2');
    await world.clock.pass(8_000);
    expect(lost).toBe(true);
    expect(startsOf(world, from)).toHaveLength(1);
  });

  it('decides anew where its flow was changed meanwhile', async () => {
    const world = new TestWorld();
    await world.started('w1');
    const from = world.clock.now();
    schedule(world, { every: { seconds: 10 } });
    let redeployed = false;
    world.database.onCommit = async (commit: Commit, apply: () => CommitResult) => {
      if ((commit.schedules ?? []).length > 0 && !redeployed) {
        redeployed = true;
        schedule(world, { every: { seconds: 10 } }, [task.act('b')]);
      }
      return apply();
    };
    await world.clock.pass(15_000);
    expect(redeployed).toBe(true);
    expect(startsOf(world, from)).toHaveLength(1);
  });

  it('starts a run for each event that it subscribes to, and takes it', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const id = schedule(world, { on: { one: { with: { type: 'order' } } } }, [task.set('s', { got: '${ . }' })]);
    listenFor(world, id, 'order');
    world.accept({ type: 'order', data: { n: 1 } });
    world.accept({ type: 'order', data: { n: 2 } });
    await world.clock.pass(1_500);
    const runs = [...world.database.runs.keys()];
    const outputs = await Promise.all(runs.map((run) => worker.whenEnded(run)));
    expect(outputs).toMatchObject([{ output: { got: [{ n: 1 }] } }, { output: { got: [{ n: 2 }] } }]);
    expect([...world.database.events.matches.values()]).toEqual([{ taken: true }, { taken: true }]);
    expect(world.database.inbox).toEqual([]);
  });

  it('gathers what belongs together, over the end of a worker', async () => {
    const world = new TestWorld();
    await world.started('w1');
    const all = { all: [{ with: { type: 'left' } }, { with: { type: 'right' } }] };
    const id = schedule(world, { on: all }, [task.act('a')]);
    for (const [filter, type] of ['left', 'right'].entries()) listenFor(world, id, type, filter);
    world.accept({ type: 'left' });
    await world.clock.pass(1_500);
    expect(world.database.runs.size).toBe(0);
    world.stores.get('w1')?.kill();
    await world.started('w2');
    world.accept({ type: 'right' });
    await world.clock.pass(6_000);
    expect(world.database.runs.size).toBe(1);
  });

  it('that is paused starts nothing', async () => {
    const world = new TestWorld();
    await world.started('w1');
    const from = world.clock.now();
    const id = schedule(world, { every: { seconds: 10 } });
    const row = world.database.events.schedules.get(id);
    if (row !== undefined) world.database.events.schedules.set(id, { ...row, paused: true });
    await world.clock.pass(30_000);
    expect(startsOf(world, from)).toEqual([]);
  });
});
