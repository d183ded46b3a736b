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
