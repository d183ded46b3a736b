import { describe, expect, it } from 'vitest';
import { begin, task, TestWorld, unreachable } from './test-world.fixture.ts';

const batch = (name: string, each: string, dataset: string, body: object) => ({
  [name]: {
    for: { each, in: `\${ {dataset: "${dataset}"} }` },
    do: [body],
    metadata: { pawl: { batch: { size: 2, page: true } } },
  },
});

describe('pages that were lost from memory', () => {
  const nested = () => {
    const world = new TestWorld();
    const send = task.slow('send', { guarantee: 'idempotent', outer: '${ $a }', inner: '${ $b }' });
    const flow = world.deploy([batch('outer', 'a', 'one', batch('inner', 'b', 'two', send) as never) as never]);
    world.actions.readPage = async (dataset) => ({ rows: [`${String(dataset)}-row`], next: 1, last: true });
    return { world, flow };
  };
  const killAndFollow = async (world: TestWorld) => {
    world.stores.get('w1')?.kill();
    await world.started('w2');
    await world.clock.pass(6_000);
  };

  it('are all there again before anything of the run is decided', async () => {
    const { world, flow } = nested();
    await begin(world, await world.started('w1'), flow);
    await world.clock.settle();
    const read = world.actions.readPage.bind(world.actions);
    world.actions.readPage = (dataset, cursor, size) =>
      new Promise((resolve) => {
        // The outer page comes last.
        world.clock.after(dataset === 'one' ? 500 : 1, () => resolve(read(dataset, cursor, size)));
      });
    await killAndFollow(world);
    const sent = world.actions.calls.map(({ request }) => request.args);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
    expect(sent[1]).toMatchObject({ outer: ['one-row'], inner: ['two-row'] });
  });

  it('are read again and again where the dataset cannot be reached for a while', async () => {
    const { world, flow } = nested();
    await begin(world, await world.started('w1'), flow);
    await world.clock.settle();
    const read = world.actions.readPage.bind(world.actions);
    let failures = 3;
    world.actions.readPage = (dataset, cursor, size) =>
      (failures -= 1) >= 0 ? Promise.reject(unreachable()) : read(dataset, cursor, size);
    await killAndFollow(world);
    expect(failures).toBeLessThan(0);
    expect(world.actions.calls).toHaveLength(2);
    expect(world.actions.calls[1]?.request.args).toEqual(world.actions.calls[0]?.request.args);
  });
});

describe('a page that comes while a commit is in flight', () => {
  it('is not read a second time, and so not taken for the page after it', async () => {
    const world = new TestWorld();
    const body = {
      race: {
        fork: {
          compete: true,
          branches: [task.slow('late', { guarantee: 'once', row: '${ $a[0] }' }), task.set('first', { x: 1 })],
        },
      },
    };
    const flow = world.deploy([batch('outer', 'a', 'one', body) as never]);
    const read: unknown[] = [];
    world.actions.readPage = async (_dataset, cursor) => {
      const from = typeof cursor === 'number' ? cursor : 0;
      read.push(from);
      // Longer than a commit takes to begin, shorter than it takes to end.
      await new Promise<void>((resolve) => world.clock.after(5, resolve));
      return { rows: [from], next: from + 1, last: from === 2 };
    };
    world.database.onCommit = async (_commit, apply) => {
      await new Promise<void>((resolve) => world.clock.after(20, resolve));
      return apply();
    };
    const worker = await world.started('w1');
    const run = world.id();
    const started = worker.startRun({ run, workspace: 'default', flow, input: {} });
    for (let ms = 0; ms < 1_000; ms += 1) {
      await world.clock.pass(1);
      // The loser of the race is answered while the next page is being read.
      for (const call of [...world.actions.open]) call.end({ kind: 'completed', output: null });
    }
    await started;
    expect(read).toEqual([0, 1, 2]);
    expect(world.actions.calls.map(({ request }) => request.args['row'])).toEqual([0, 1, 2]);
  });
});
