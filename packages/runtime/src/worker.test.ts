import type { RunEvent } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { begin, startKey, task, TestWorld } from './test-world.fixture.ts';
import type { Worker } from './worker.ts';

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
    expect(worker.stats()).toMatchObject({ runs: 0, openAttempts: 0, messages: 0, targets: [] });
  });

  it('needs one commit a step, and writes a head only when a run starts and ends', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const flow = world.deploy([task.act('a'), task.act('b'), task.act('c')]);
    const run = await begin(world, worker, flow);
    await world.clock.settle();
    const own = world.database.commits.filter((commit) => commit.journal.length + commit.heads.length > 0);
    expect(own).toHaveLength(4);
    expect(own.map((commit) => commit.heads.length)).toEqual([0, 0, 0, 1]);
    expect(world.types(run).at(-1)).toBe('run.completed');
  });

  it('sends nothing and shows nothing before the commit that holds it', async () => {
    const world = new TestWorld();
    const seen: string[] = [];
    let open = (): void => {};
    const held = new Promise<void>((resolve) => {
      open = resolve;
    });
    const observe = {
      onCommitted: (_run: string, _first: number, events: readonly RunEvent[]) =>
        seen.push(...events.map(({ type }) => type)),
    };
    const worker = await world.started('w1', { observe });
    world.database.onCommit = async (_commit, apply) => {
      await held;
      return apply();
    };
    let answered = false;
    const started = worker
      .startRun({ run: world.id(), workspace: 'default', flow: world.deploy([task.act('a')]), input: {} })
      .then(() => {
        answered = true;
      });
    await world.clock.settle();
    expect({ calls: world.actions.calls.length, seen, answered }).toEqual({ calls: 0, seen: [], answered: false });
    open();
    await started;
    await world.clock.settle();
    expect(world.actions.calls).toHaveLength(1);
    expect(seen).toEqual(['run.started', 'task.started', 'task.completed', 'run.completed']);
  });

  it('answers a start whose partition it does not own with elsewhere', async () => {
    const world = new TestWorld();
    const worker = world.worker('w1');
    expect(await worker.startRun({ run: world.id(), workspace: 'default', flow: 'f', input: {} })).toBe('elsewhere');
    expect(await worker.whenEnded(world.id())).toBe('elsewhere');
  });

  it('refuses a start of a flow that the store does not have', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    await expect(
      worker.startRun({ run: world.id(), workspace: 'default', flow: 'nowhere', input: {} }),
    ).rejects.toMatchObject({ code: 'PAWL_FLOW_UNKNOWN' });
  });

  it('tells how a run ended that had ended before anybody asked', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([task.set('a', { n: 5 })]));
    expect(await worker.whenEnded(run)).toMatchObject({ status: 'completed', output: { n: 5 } });
  });

  it('survives an observer that throws', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1', {
      observe: {
        onCommitted: () => {
          throw new Error('no screen');
        },
      },
    });
    const run = await begin(world, worker, world.deploy([task.act('a')]));
    expect(await worker.whenEnded(run)).toMatchObject({ status: 'completed' });
    expect(world.logged.some(({ message }) => message.startsWith('An observer failed'))).toBe(true);
  });

  it('commits between the parts of a long run of pure tasks, and lets others in', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1', { limits: { pureTasksPerCommit: 10 } });
    const list = Array.from({ length: 95 }, (_, n) => task.set(`t${n}`, { n }));
    const run = world.id();
    const answer = worker.startRun({ run, workspace: 'default', flow: world.deploy(list), input: {} });
    await world.clock.settle();
    await answer;
    expect(await worker.whenEnded(run)).toMatchObject({ status: 'completed', output: { n: 94 } });
    expect(world.database.runOf(run).journal.length).toBeGreaterThanOrEqual(9);
  });

  it('writes a snapshot every 256 events once that is a quarter of the state, and none when the run ends', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const list = Array.from({ length: 300 }, (_, n) => task.act(`t${n}`, { n }));
    const run = await begin(world, worker, world.deploy(list));
    await worker.whenEnded(run);
    const snapshots = world.database.commits.flatMap((commit) => commit.snapshots);
    expect(snapshots.map(({ seq }) => seq)).toHaveLength(2);
    expect(snapshots[0]?.seq).toBeGreaterThanOrEqual(256);
    expect(world.events(run).length).toBeGreaterThan(snapshots[1]?.seq ?? 0);
  });
});

describe('a start with a key', () => {
  async function keyed(world: TestWorld, worker: Worker, flow: string, inputs: readonly number[]) {
    const answers = inputs.map((n) =>
      worker.startRun({ run: world.id(), workspace: 'default', flow, input: { n }, key: startKey('k', { n }) }),
    );
    await world.clock.settle();
    return Promise.all(answers);
  }

  it('that meets another of the same commit is answered with the first one', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const [one, two, three] = await keyed(world, worker, world.deploy([task.slow('a')]), [1, 1, 2]);
    expect(one).toMatchObject({ replayed: false });
    expect(two).toEqual({ run: (one as { run: string }).run, replayed: true, mismatch: false });
    expect(three).toEqual({ run: (one as { run: string }).run, replayed: false, mismatch: true });
    expect(world.database.runs.size).toBe(1);
  });

  it('that was used before is answered by the store, and nothing of it stays', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const flow = world.deploy([task.act('a')]);
    const [first] = await keyed(world, worker, flow, [1]);
    const [second] = await keyed(world, worker, flow, [1]);
    expect(second).toEqual({ run: (first as { run: string }).run, replayed: true, mismatch: false });
    expect(world.database.runs.size).toBe(1);
    expect(worker.stats()).toMatchObject({ runs: 0, targets: [] });
    expect(world.actions.calls).toHaveLength(1);
  });

  it('sent again with the same run id is answered with that run', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const flow = world.deploy([task.slow('a')]);
    const run = await begin(world, worker, flow);
    expect(await worker.startRun({ run, workspace: 'default', flow, input: {} })).toEqual({
      run,
      replayed: true,
      mismatch: false,
    });
    world.actions.open[0]?.end({ kind: 'completed', output: 1 });
    await world.clock.until(() => world.status(run) === 'completed');
    const late = worker.startRun({ run, workspace: 'default', flow, input: {} });
    await world.clock.settle();
    expect(await late).toEqual({ run, replayed: true, mismatch: false });
    expect(world.types(run).filter((type) => type === 'run.started')).toHaveLength(1);
  });
});

describe('permits', () => {
  it('let at most so many calls of a target run at once, and the others follow in order', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const flow = world.deploy([task.slow('a', { n: '${ .n }' })]);
    const runs: string[] = [];
    for (let n = 0; n < 6; n += 1) runs.push(await begin(world, worker, flow, { input: { n } }));
    expect(worker.stats().targets).toEqual([{ target: 'target', out: 2, waiting: 4 }]);
    const order: unknown[] = [];
    while (world.actions.open.length > 0) {
      expect(world.actions.open.length).toBeLessThanOrEqual(2);
      const call = world.actions.open[0];
      order.push(call?.request.args['n']);
      call?.end({ kind: 'completed', output: null });
      await world.clock.settle();
    }
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    for (const run of runs) expect(world.status(run)).toBe('completed');
    expect(worker.stats().targets).toEqual([]);
  });

  it('are given back when their run is cancelled while it waits for one', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const flow = world.deploy([task.slow('a')]);
    const runs: string[] = [];
    for (let n = 0; n < 4; n += 1) runs.push(await begin(world, worker, flow));
    for (const run of runs.slice(2)) world.send(run, { kind: 'cancel', by: 'lena' });
    worker.wake();
    await world.clock.settle();
    expect(runs.map((run) => world.status(run))).toEqual(['running', 'running', 'cancelled', 'cancelled']);
    for (const call of [...world.actions.open]) call.end({ kind: 'completed', output: null });
    await world.clock.settle();
    expect(worker.stats()).toMatchObject({ runs: 0, targets: [] });
  });
});

describe('an attempt', () => {
  it('is told at its deadline to end, and what it then says decides', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([task.slow('a', { guarantee: 'pure' })]));
    const [call] = world.actions.open;
    call?.left();
    await world.clock.pass(29_900);
    expect(call?.cancellation.cancelled).toBe(false);
    await world.clock.pass(200);
    expect(call?.cancellation.cancelled).toBe(true);
    call?.end({ kind: 'completed', output: 'just in time' });
    await world.clock.settle();
    expect(await worker.whenEnded(run)).toMatchObject({ status: 'completed', output: 'just in time' });
  });

  it('that does not end a second after it was told is ambiguous when something left, and its late answer is ignored', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([task.slow('a')]));
    const [call] = world.actions.open;
    call?.left();
    await world.clock.pass(31_100);
    expect(world.types(run).slice(-2)).toEqual(['attempt.ended', 'decision.asked']);
    expect(worker.stats().targets).toEqual([]);
    call?.end({ kind: 'completed', output: 'late' });
    await world.clock.settle();
    expect(world.types(run).at(-1)).toBe('decision.asked');
    expect(world.logged.some(({ message }) => message.startsWith('An answer came after'))).toBe(true);
  });

  it('that does not end and sent nothing is sent again', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    await begin(world, worker, world.deploy([task.slow('a')]));
    await world.clock.pass(40_000);
    expect(world.actions.calls.length).toBe(2);
    expect(world.actions.calls[1]?.request).toMatchObject({ attempt: 2, key: world.actions.calls[0]?.request.key });
  });

  it('whose action breaks the port is not lost', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    world.actions.run = (_request, _cancellation, onLeft) => {
      onLeft();
      return Promise.reject(new Error('bug'));
    };
    const run = await begin(world, worker, world.deploy([task.act('a')]));
    await world.clock.settle();
    expect(world.types(run).at(-1)).toBe('decision.asked');
  });
});
