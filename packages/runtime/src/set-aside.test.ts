import type { JournalRow } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { begin, task, TestWorld } from './test-world.fixture.ts';

const cancel = { kind: 'cancel', by: 'lena' } as const;

describe('a run that was set aside', () => {
  const damaged = async () => {
    const world = new TestWorld();
    const first = await world.started('w1');
    const run = await begin(world, first, world.deploy([task.wait('a', 'PT30S')]));
    const rows = world.database.runOf(run).journal;
    const sound = rows[0] as JournalRow;
    rows[0] = { ...sound, body: '[]' };
    world.stores.get('w1')?.kill();
    await world.started('w2');
    await world.clock.pass(4_000);
    expect(world.database.runOf(run).quarantined).toBeDefined();
    return { world, run, mend: () => (rows[0] = sound) };
  };
  const resume = (world: TestWorld, run: string) => {
    world.database.runOf(run).quarantined = undefined;
    world.send(run, { kind: 'resume' });
  };

  it('keeps what is sent to it until it is taken back, and then hears it', async () => {
    const { world, run, mend } = await damaged();
    world.send(run, cancel);
    await world.clock.pass(3_000);
    expect(world.database.inbox).toHaveLength(1);
    mend();
    resume(world, run);
    await world.clock.pass(3_000);
    expect(world.status(run)).toBe('cancelled');
    expect(world.database.inbox).toEqual([]);
  });

  it('keeps what had been read before it was set aside', async () => {
    const world = new TestWorld();
    await world.started('w1');
    const run = await begin(world, await world.started('w1'), world.deploy([task.wait('a', 'PT2M')]));
    await world.clock.pass(3_000);
    const rows = world.database.runOf(run).journal;
    const sound = rows[0] as JournalRow;
    rows[0] = { ...sound, body: '[]' };
    // Parked, it is loaded for the message, cannot be read, and is set aside with the message in hand.
    world.send(run, cancel);
    await world.clock.pass(3_000);
    expect(world.database.runOf(run).quarantined).toBeDefined();
    expect(world.database.inbox).toHaveLength(1);
    rows[0] = sound;
    resume(world, run);
    await world.clock.pass(3_000);
    expect(world.status(run)).toBe('cancelled');
  });

  it('goes on where it stood', async () => {
    const { world, run, mend } = await damaged();
    mend();
    resume(world, run);
    await world.clock.pass(40_000);
    expect(world.status(run)).toBe('completed');
  });

  it('is set aside again where the reason is still there', async () => {
    const { world, run } = await damaged();
    resume(world, run);
    await world.clock.pass(3_000);
    expect(world.database.runOf(run).quarantined?.detail).toContain('checksum');
    expect(world.database.inbox).toEqual([]);
  });
});
