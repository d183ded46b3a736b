import { describe, expect, it } from 'vitest';
import { verdictOf } from './inbox.ts';
import { begin, startKey, task, TestWorld } from './test-world.fixture.ts';

describe('a start from the inbox', () => {
  it('begins its run and is consumed by the commit that holds it', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = world.id();
    const message = world.send(run, {
      kind: 'start',
      workspace: 'default',
      flow: world.deploy([task.act('a', { n: 4 })]),
      input: {},
      key: startKey('k', {}),
    });
    world.stores.get('w1')?.ring();
    await world.clock.settle();
    expect(await worker.whenEnded(run)).toMatchObject({ status: 'completed', output: 4 });
    const commit = world.database.commits.find(({ consumed }) => consumed.some(({ id }) => id === message));
    expect(commit?.starts.map((start) => start.run)).toEqual([run]);
    expect(worker.stats().messages).toBe(0);
  });

  it('is found by polling when its wake-up was lost', async () => {
    const world = new TestWorld();
    await world.started('w1');
    const run = world.id();
    world.send(run, { kind: 'start', workspace: 'default', flow: world.deploy([task.act('a')]), input: {}, key: null });
    await world.clock.pass(1_000);
    expect(world.status(run)).toBe('completed');
  });

  it('whose run exists is only consumed', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const flow = world.deploy([task.slow('a')]);
    const [living, ended] = [
      await begin(world, worker, flow),
      await begin(world, worker, world.deploy([task.act('b')])),
    ];
    for (const run of [living, ended])
      world.send(run, { kind: 'start', workspace: 'default', flow, input: {}, key: null });
    await world.clock.pass(1_100);
    expect(world.database.inbox).toEqual([]);
    expect(world.types(ended).filter((type) => type === 'run.started')).toHaveLength(1);
    expect([world.status(living), world.status(ended)]).toEqual(['running', 'completed']);
  });

  it('of a flow that cannot be had faults', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = world.id();
    world.send(run, { kind: 'start', workspace: 'default', flow: 'nowhere', input: { n: 1 }, key: null });
    await world.clock.pass(1_100);
    expect(world.status(run)).toBe('faulted');
    expect(await worker.whenEnded(run)).toMatchObject({
      error: { detail: 'There is no flow version with the hash nowhere.' },
    });
    expect(world.events(run)[0]).toMatchObject({ input: { n: 1 } });
  });

  it('whose input the flow refuses faults', async () => {
    const world = new TestWorld();
    await world.started('w1');
    const run = world.id();
    const document = {
      document: { dsl: '1.0.0', namespace: 'test', name: 'strict', version: '1.0.0' },
      input: { schema: { document: { type: 'string' } } },
      do: [task.act('a')],
    };
    world.database.flows.set('strict', {
      hash: 'strict',
      namespace: 'test',
      name: 'strict',
      version: '1.0.0',
      document: JSON.stringify(document),
      source: '',
      createdAt: 0,
    });
    world.send(run, { kind: 'start', workspace: 'default', flow: 'strict', input: 5, key: null });
    await world.clock.pass(1_100);
    expect(world.status(run)).toBe('faulted');
    expect(world.actions.calls).toEqual([]);
  });

  it('and a cancel right behind it are decided in order, though the flow must be read first', async () => {
    const world = new TestWorld();
    await world.started('w1');
    const run = world.id();
    world.send(run, {
      kind: 'start',
      workspace: 'default',
      flow: world.deploy([task.wait('a', 'PT1H')]),
      input: {},
      key: null,
    });
    world.send(run, { kind: 'cancel', by: 'lena', reason: 'changed my mind' });
    await world.clock.pass(1_100);
    expect(world.types(run)).toEqual([
      'run.started',
      'task.started',
      'cancel.requested',
      'task.cancelled',
      'run.cancelled',
    ]);
    expect(world.database.inbox).toEqual([]);
  });

  it('comes by the thousand and each run begins once', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const flow = world.deploy([task.set('a', { ok: true })]);
    const runs = Array.from({ length: 2_500 }, (_, n) => world.id(n % 256));
    for (const run of runs) world.send(run, { kind: 'start', workspace: 'default', flow, input: {}, key: null });
    worker.wake();
    await world.clock.settle();
    expect(runs.filter((run) => world.status(run) === 'completed')).toHaveLength(2_500);
    expect(world.database.inbox).toEqual([]);
    expect(worker.stats()).toMatchObject({ runs: 0, messages: 0 });
  });
});

describe('a message', () => {
  it('to a run that is unknown or has ended is consumed', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const ended = await begin(world, worker, world.deploy([task.act('a')]));
    world.send(ended, { kind: 'cancel', by: 'lena' });
    world.send(world.id(), { kind: 'cancel', by: 'lena' });
    await world.clock.pass(1_100);
    expect(world.database.inbox).toEqual([]);
    expect(world.status(ended)).toBe('completed');
  });

  it('that no longer applies is consumed alone', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([task.slow('a')]));
    for (let n = 0; n < 2; n += 1) world.send(run, { kind: 'cancel', by: `person ${n}` });
    world.send(run, { kind: 'decision', decision: 'none', verdict: { fail: true }, by: 'lena' });
    world.send(run, { kind: 'decision', decision: 'none', verdict: 'what?', by: 'lena' });
    await world.clock.pass(1_100);
    expect(world.database.inbox).toEqual([]);
    expect(world.types(run).filter((type) => type === 'cancel.requested')).toHaveLength(1);
  });

  it('cancels a run whose open attempt has been answered', async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([task.slow('a'), task.act('b')]));
    world.actions.open[0]?.left();
    world.send(run, { kind: 'cancel', by: 'lena' });
    await world.clock.pass(1_100);
    expect(world.status(run)).toBe('running');
    world.actions.open[0]?.end({ kind: 'completed', output: 1 });
    await world.clock.settle();
    expect(world.status(run)).toBe('cancelled');
    expect(world.actions.calls).toHaveLength(1);
  });
});

describe('a decision', () => {
  async function ambiguousRun() {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const run = await begin(world, worker, world.deploy([task.slow('a', { n: 1 }), task.act('b', { n: '${ . }' })]));
    world.actions.open[0]?.left();
    world.actions.open[0]?.end({ kind: 'ambiguous', error: { type: 'x', status: 500, detail: 'connection reset' } });
    await world.clock.settle();
    const [question] = [...world.database.decisions.values()];
    if (question === undefined) throw new Error('no question');
    return { world, worker, run, question };
  }

  it('is asked for with its reason, and the run leaves memory', async () => {
    const { world, worker, run, question } = await ambiguousRun();
    expect(question).toMatchObject({ run, step: '/do/0/a', decided: null });
    expect(question.reason).toContain('connection reset');
    expect(worker.stats().runs).toBe(0);
    expect(world.database.runOf(run).head).toMatchObject({ status: 'waiting', waitingFor: 'decision', loaded: false });
  });

  it('that it was applied completes the step with its output, sends nothing again and is recorded', async () => {
    const { world, run, question } = await ambiguousRun();
    world.send(run, {
      kind: 'decision',
      decision: question.id,
      verdict: { applied: true, output: 42 },
      by: 'lena',
      reason: 'seen in the ledger',
    });
    await world.clock.pass(1_100);
    expect(world.status(run)).toBe('completed');
    expect(world.actions.calls.map(({ request }) => request.args['n'])).toEqual([1, 42]);
    expect(world.database.decisions.get(question.id)?.decided).toMatchObject({
      by: 'lena',
      verdict: { applied: true, output: 42 },
      message: 'seen in the ledger',
    });
    expect(world.database.inbox).toEqual([]);
  });

  it('that it was not applied sends it again, once, with the same key', async () => {
    const { world, run, question } = await ambiguousRun();
    for (const by of ['lena', 'omar'])
      world.send(run, { kind: 'decision', decision: question.id, verdict: { applied: false }, by });
    await world.clock.pass(1_100);
    world.actions.open[0]?.end({ kind: 'completed', output: 1 });
    await world.clock.settle();
    expect(world.status(run)).toBe('completed');
    const [first, second] = world.actions.calls;
    expect(second?.request.key).toBe(first?.request.key);
    expect(world.types(run).filter((type) => type === 'decision.made')).toHaveLength(1);
    expect(world.database.decisions.get(question.id)?.decided).toMatchObject({ by: 'lena' });
  });

  it('is read from the inbox as one of three verdicts', () => {
    expect(verdictOf({ applied: true, output: 1 })).toEqual({ applied: true, output: 1 });
    expect(verdictOf({ applied: true })).toEqual({ applied: true, output: null });
    expect(verdictOf({ applied: false })).toEqual({ applied: false });
    expect(verdictOf({ fail: true })).toEqual({ fail: true });
    expect([verdictOf(null), verdictOf('yes'), verdictOf({})]).toEqual([undefined, undefined, undefined]);
  });
});
