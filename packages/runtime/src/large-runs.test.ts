import { describe, expect, it } from 'vitest';
import { begin, task, TestWorld } from './test-world.fixture.ts';

const steps = 10_000;
const branches = 1_000;
const events = 2_000;

describe('a large run', () => {
  it(`of a flow with ${steps} steps comes to its end, with a commit for each of its effects`, async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const tasks = Array.from({ length: steps }, (_, n) =>
      n % 100 === 0 ? task.act(`s${n}`, { n }) : task.set(`s${n}`, { n }),
    );
    const run = await begin(world, worker, world.deploy(tasks));
    await world.clock.until(() => world.status(run) === 'completed');
    expect(await worker.whenEnded(run)).toMatchObject({ output: { n: steps - 1 } });
    expect(world.actions.calls).toHaveLength(steps / 100);
    expect(world.types(run).filter((type) => type === 'task.completed')).toHaveLength(steps);
  });

  it(`with a fork of ${branches} branches that call makes each call once, and gives all outputs in order`, async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const list = Array.from({ length: branches }, (_, n) => task.act(`b${n}`, { n }));
    const run = await begin(world, worker, world.deploy([{ f: { fork: { branches: list } } }]));
    await world.clock.until(() => world.status(run) === 'completed');
    expect(await worker.whenEnded(run)).toMatchObject({ output: Array.from({ length: branches }, (_, n) => n) });
    expect(new Set(world.actions.calls.map(({ request }) => request.key)).size).toBe(branches);
    expect(world.actions.calls).toHaveLength(branches);
  });

  it(`that listens to ${events} events takes each once, in order`, async () => {
    const world = new TestWorld();
    const worker = await world.started('w1');
    const listen = { listen: { to: { any: [], until: `(. | length) == ${events}` } } };
    const run = await begin(world, worker, world.deploy([{ l: listen }]));
    await world.clock.settle();
    for (let n = 0; n < events; n += 1) world.accept({ type: 'a', data: n });
    await world.clock.until(() => world.status(run) === 'completed');
    expect(await worker.whenEnded(run)).toMatchObject({ output: Array.from({ length: events }, (_, n) => n) });
  });
});
