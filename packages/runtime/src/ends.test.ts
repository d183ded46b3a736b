import { expect, it } from 'vitest';
import { bounds } from './bounds.ts';
import { Context } from './context.ts';
import { FlowCache } from './flows.ts';
import { TestWorld } from './test-world.fixture.ts';

/** The waiting room of a worker that owns everything, with no worker around it. */
function room() {
  const world = new TestWorld();
  const ports = world.ports(world.database.join('w1', true));
  const flows = new FlowCache(ports.store, world.actions);
  const context = new Context({
    ports,
    limits: {} as never,
    flows,
    observe: {},
    only: undefined,
    publishes: undefined,
    shares: true,
  });
  context.ownership.lease = (partition) => ({ partition, epoch: 1 });
  return { world, ends: context.ends };
}

it('a wait for a run that never ends here is forgotten once its caller gives up', async () => {
  const { world, ends } = room();
  const cancels: (() => void)[] = [];
  const waits = Array.from({ length: 50 }, () =>
    ends.wait(world.id(), { onCancel: (callback) => cancels.push(callback) }),
  );
  expect(ends.size).toBe(50);
  for (const cancel of cancels) cancel();
  expect(await Promise.all(waits)).toEqual(waits.map(() => 'elsewhere'));
  expect(ends.size).toBe(0);
});

it('beyond the bound the longest wait ends with "elsewhere", and no other', async () => {
  const { world, ends } = room();
  const first = ends.wait(world.id());
  const run = world.id();
  for (let n = 0; n < bounds.endWaiters; n += 1) void ends.wait(run);
  expect(await first).toBe('elsewhere');
  expect(ends.size).toBe(bounds.endWaiters);
});
