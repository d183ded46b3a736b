import type { FaultPoint, JournalRow } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { begin, task, TestWorld, unreachable } from './test-world.fixture.ts';
import type { Worker } from './worker.ts';

/** The process of a worker is gone: nothing of it reaches the store, and its lock is free. */
function kill(world: TestWorld, id: string): void {
  const guard = world.database.guard;
  world.database.guard = (worker) => {
    if (worker === id) throw unreachable();
    guard(worker);
  };
  const row = world.database.workers.get(id);
  if (row !== undefined) row.locked = false;
}

/** A run whose worker died while an attempt of this guarantee was open, and the worker that took over. */
async function orphan(guarantee: string): Promise<{ world: TestWorld; run: string; successor: Worker }> {
  const world = new TestWorld();
  const first = await world.started('w1');
  const run = await begin(world, first, world.deploy([task.slow('a', { guarantee }), task.act('b')]));
  world.actions.open[0]?.left();
  kill(world, 'w1');
  const successor = await world.started('w2');
  await world.clock.pass(4_000);
  return { world, run, successor };
}

describe('a takeover', () => {
  it('waits two seconds for an owner whose lock is free', async () => {
    const world = new TestWorld();
    await world.started('w1');
    kill(world, 'w1');
    const second = await world.started('w2');
    await world.clock.pass(1_500);
    expect(second.ownedPartitions()).toEqual([]);
    await world.clock.pass(1_500);
    expect(second.ownedPartitions()).toHaveLength(256);
  });

  it('waits a lease for an owner that holds its lock', async () => {
    const world = new TestWorld();
    await world.started('w1');
    kill(world, 'w1');
    const row = world.database.workers.get('w1');
    if (row !== undefined) row.locked = true;
    const second = await world.started('w2');
    await world.clock.pass(9_500);
    expect(second.ownedPartitions()).toEqual([]);
    await world.clock.pass(1_500);
    expect(second.ownedPartitions()).toHaveLength(256);
  });

  it('asks about a once effect that was open, and does not send it again', async () => {
    const { world, run } = await orphan('once');
    expect(world.actions.calls).toHaveLength(1);
    expect(world.types(run).slice(-2)).toEqual(['attempt.ended', 'decision.asked']);
    expect(world.database.decisions.size).toBe(1);
  });

  /** A `once` step whose worker dies at a fault point around its dispatch; wire files tell what left. */
  async function orphanAt(point: FaultPoint): Promise<{ world: TestWorld; run: string }> {
    const world = new TestWorld();
    world.wire = { sent: [], dead: new Set() };
    const first = await world.started('w1');
    const hash = world.deploy([task.slow('a', { guarantee: 'once' })]);
    world.fault = (reached) => {
      if (reached !== point) return;
      kill(world, 'w1');
      world.wire?.dead.add('w1');
      throw new Error('killed');
    };
    const run = world.id();
    void first.startRun({ run, workspace: 'default', flow: hash, input: {} }).catch(() => {});
    await world.clock.settle();
    world.fault = () => {};
    world.actions.calls.length = 0;
    await world.started('w2');
    await world.clock.pass(4_000);
    return { world, run };
  }

  it('sends a once effect without a question where the wire file shows that it never left', async () => {
    const { world, run } = await orphanAt('dispatch.before');
    expect(world.types(run)).not.toContain('decision.asked');
    expect(world.actions.calls.map(({ request }) => request.attempt)).toEqual([2]);
  });

  it('asks about a once effect that the wire file names', async () => {
    const { world, run } = await orphanAt('dispatch.sent');
    expect(world.types(run)).toContain('decision.asked');
    expect(world.actions.calls).toEqual([]);
  });

  it.each([
    ['makes a subscription again that only waited', false],
    ['asks about a subscription that had begun to acknowledge', true],
  ])('%s', async (_, acknowledged) => {
    const world = new TestWorld();
    world.wire = { sent: [], dead: new Set() };
    const first = await world.started('w1');
    const subscription = { consume: { amount: 1 } };
    const run = await begin(world, first, world.deploy([{ a: { call: 'asyncapi', with: { subscription } } }]));
    await world.clock.until(() => world.actions.open.length === 1, 1_000);
    if (acknowledged) world.actions.open[0]?.left();
    kill(world, 'w1');
    world.wire.dead.add('w1');
    await world.started('w2');
    await world.clock.pass(4_000);
    expect(world.types(run).includes('decision.asked')).toBe(acknowledged);
    expect(world.actions.calls).toHaveLength(acknowledged ? 1 : 2);
  });

  for (const guarantee of ['pure', 'idempotent', 'keyed', 'transactional']) {
    it(`sends an open ${guarantee} effect again with the same key`, async () => {
      const { world, run } = await orphan(guarantee);
      const [first, second] = world.actions.calls;
      expect(second?.request).toEqual({ ...first?.request, attempt: 2 });
      world.actions.open[1]?.end({ kind: 'completed', output: 1 });
      await world.clock.until(() => world.status(run) === 'completed', 1_000);
    });
  }

  it('leaves nothing in the old owner’s memory once it comes back', async () => {
    const world = new TestWorld();
    const first = await world.started('w1');
    const run = await begin(
      world,
      first,
      world.deploy([task.slow('a', { guarantee: 'idempotent' }), task.act('b', { n: 2 })]),
    );
    kill(world, 'w1');
    await world.started('w2');
    await world.clock.pass(4_000);
    world.database.guard = () => {};
    world.actions.open[0]?.end({ kind: 'completed', output: 'zombie' });
    await world.clock.pass(3_000);
    expect(first.stats()).toMatchObject({ runs: 0, openAttempts: 0 });
    expect(world.types(run)).not.toContain('task.completed');
    world.actions.open[0]?.end({ kind: 'completed', output: 'new' });
    await world.clock.until(() => world.status(run) === 'completed', 1_000);
    expect(world.actions.calls.filter(({ request }) => request.args['n'] === 2)).toHaveLength(1);
  });

  it('keeps to attempts that were found open even when they lead to nothing new', async () => {
    const { world } = await orphan('once');
    await world.clock.pass(60_000);
    expect(world.actions.calls).toHaveLength(1);
  });

  it('loads every run of a partition that was in memory, page after page', async () => {
    const world = new TestWorld();
    const first = await world.started('w1');
    const flow = world.deploy([task.wait('a', 'PT30S')]);
    for (let n = 0; n < 300; n += 1) await begin(world, first, flow, { run: world.id(9) });
    kill(world, 'w1');
    const second = await world.started('w2');
    await world.clock.pass(4_000);
    expect(second.stats().runs).toBe(300);
    await world.clock.pass(30_000);
    expect([...world.database.runs.values()].every(({ head }) => head.status === 'completed')).toBe(true);
  });

  it('sets a run aside whose journal is damaged, and the others go on', async () => {
    const world = new TestWorld();
    const first = await world.started('w1');
    const flow = world.deploy([task.wait('a', 'PT30S')]);
    const [bad, gap, good] = [
      await begin(world, first, flow),
      await begin(world, first, flow),
      await begin(world, first, flow),
    ];
    const rows = world.database.runOf(bad).journal;
    rows[0] = { ...(rows[0] as JournalRow), body: '[]' };
    world.database.runOf(gap).journal.length = 0;
    world.database.runOf(gap).journal.push({ ...rows[0], run: gap, from: 5, to: 6 });
    kill(world, 'w1');
    await world.started('w2');
    await world.clock.pass(40_000);
    expect(world.status(good)).toBe('completed');
    expect(world.database.runOf(bad).quarantined?.detail).toContain('checksum');
    expect(world.database.runOf(gap).quarantined?.detail).toContain('missing');
  });

  it('rebuilds large values and snapshots', async () => {
    const world = new TestWorld();
    const first = await world.started('w1');
    const large = 'x'.repeat(100_000);
    world.actions.answer = ({ args }) => ({ kind: 'completed', output: args['n'] === 1 ? large : 1 });
    const flow = world.deploy([
      task.act('a', { n: 1 }, { export: { as: '${ {kept: .} }' } }),
      task.wait('b', 'PT30S'),
      task.set('c', { length: '${ $context.kept | length }' }),
    ]);
    const run = await begin(world, first, flow);
    await world.clock.settle();
    expect(world.database.runOf(run).payloads.size).toBe(2);
    kill(world, 'w1');
    const second = await world.started('w2');
    await world.clock.until(() => world.status(run) === 'completed', 60_000);
    expect(await second.whenEnded(run)).toMatchObject({ output: { length: 100_000 } });
  });
});

describe('repeated deaths', () => {
  it('lead to marks before runs are decided, and a run that kills three owners at one event is set aside', async () => {
    const world = new TestWorld();
    const first = await world.started('w1');
    const killer = await begin(world, first, world.deploy([task.slow('a', { guarantee: 'idempotent' })]), {
      run: world.id(5),
    });
    const harmless = await begin(
      world,
      first,
      world.deploy([task.slow('a', { guarantee: 'idempotent', target: 'other' })]),
      { run: world.id(6) },
    );
    kill(world, 'w1');
    // Whoever decides the killer dies before the commit that would tell what it decided.
    let current = '';
    world.database.onCommit = async (commit, apply) => {
      if (!commit.journal.some((row) => row.run === killer)) return apply();
      kill(world, current);
      throw unreachable();
    };
    for (const id of ['w2', 'w3', 'w4', 'w5', 'w6', 'w7']) {
      current = id;
      await world.started(id);
      await world.clock.pass(5_000);
    }
    expect(world.database.runOf(killer).quarantined).toBeDefined();
    expect(world.database.runOf(harmless).quarantined).toBeUndefined();
    expect(world.database.marks.has(harmless)).toBe(false);
  });
});

describe('a batch', () => {
  it('reads its page again after a takeover, before anything else of the run is decided', async () => {
    const world = new TestWorld();
    const rows = [10, 20, 30, 40, 50];
    const reads: unknown[] = [];
    world.actions.pages = async (cursor, size) => {
      reads.push(cursor);
      const from = typeof cursor === 'number' ? cursor : 0;
      return { rows: rows.slice(from, from + size), next: from + size, last: from + size >= rows.length };
    };
    const body = [task.slow('send', { guarantee: 'idempotent', rows: '${ $row }' })];
    const flow = world.deploy([
      task.set('data', { dataset: { file: 'x' } }),
      {
        each: { for: { each: 'row', in: '${ . }' }, do: body, metadata: { pawl: { batch: { size: 2, page: true } } } },
      },
    ]);
    const first = await world.started('w1');
    const run = await begin(world, first, flow);
    await world.clock.settle();
    world.actions.open.shift()?.end({ kind: 'completed', output: 1 });
    await world.clock.settle();
    expect(world.actions.calls.map(({ request }) => request.args['rows'])).toEqual([
      [10, 20],
      [30, 40],
    ]);
    kill(world, 'w1');
    await world.started('w2');
    await world.clock.pass(4_000);
    expect(reads).toEqual([null, 2, 2]);
    expect(world.actions.calls.map(({ request }) => request.args['rows'])).toEqual([
      [10, 20],
      [30, 40],
      [30, 40],
    ]);
    world.actions.open.at(-1)?.end({ kind: 'completed', output: 1 });
    await world.clock.settle();
    world.actions.open.at(-1)?.end({ kind: 'completed', output: 1 });
    await world.clock.settle();
    expect(world.status(run)).toBe('completed');
    expect(world.actions.calls.at(-1)?.request.args['rows']).toEqual([50]);
  });

  it('whose page cannot be read in time faults with the reason', async () => {
    const world = new TestWorld();
    world.actions.pages = () => new Promise(() => {});
    const worker = await world.started('w1');
    const flow = world.deploy([
      task.set('data', { dataset: 1 }),
      {
        each: {
          for: { each: 'row', in: '${ . }' },
          do: [task.act('a')],
          metadata: { pawl: { batch: { size: 2, page: true } } },
        },
      },
    ]);
    const run = await begin(world, worker, flow);
    await world.clock.pass(30_100);
    expect(await worker.whenEnded(run)).toMatchObject({
      status: 'faulted',
      error: { detail: 'The page could not be read within 30 s.' },
    });
  });
});

describe('fault points', () => {
  it('are visited, every one that the runtime names', async () => {
    const world = new TestWorld();
    const first = await world.started('w1');
    const flow = world.deploy([task.act('a'), task.wait('b', 'PT1H'), task.act('c')]);
    const run = await begin(world, first, flow);
    world.send(world.id(), { kind: 'start', workspace: 'default', flow, input: {}, key: null });
    await world.clock.until(() => world.status(run) === 'completed', 3_700_000);
    const stop = first.stop({ drain: true, timeoutMs: 1_000 });
    await world.clock.pass(3_000);
    await stop;
    const all: FaultPoint[] = [
      'commit.before',
      'commit.sent',
      'commit.after',
      'dispatch.before',
      'dispatch.sent',
      'outcome.before',
      'start.accepted',
      'takeover.taken',
      'takeover.loaded',
      'timer.due',
      'inbox.read',
      'snapshot.before',
      'evict.before',
      'release.before',
    ];
    expect([...world.visited].sort()).toEqual(all.sort());
  });

  it('that throw end the worker, and its owner is told', async () => {
    const world = new TestWorld();
    const failures: string[] = [];
    const worker = await world.started('w1', { observe: { onFailed: (error) => failures.push(error.message) } });
    world.fault = (point) => {
      if (point === 'commit.before') throw new Error('armed');
    };
    void worker.startRun({ run: world.id(), workspace: 'default', flow: world.deploy([task.act('a')]), input: {} });
    await world.clock.pass(5_000);
    expect(failures).toEqual(['armed']);
    expect(world.actions.calls).toEqual([]);
    world.fault = () => {};
    const successor = await world.started('w2');
    await world.clock.pass(12_000);
    expect(successor.ownedPartitions(), 'though its process lives and holds its lock').toHaveLength(256);
  });
});
