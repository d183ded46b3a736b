import { describe, expect, it } from 'vitest';
import { epoch, TestClock } from './test-world.fixture.ts';
import type { TimerItem } from './timers.ts';
import { Timers } from './timers.ts';

class Item implements TimerItem {
  at = Number.POSITIVE_INFINITY;
  slot = -1;
  readonly name: number;
  readonly fired: number[];
  then: (now: number) => void = () => {};

  constructor(name: number, fired: number[]) {
    this.name = name;
    this.fired = fired;
  }

  due(now: number): void {
    this.fired.push(this.name);
    this.then(now);
  }
}

describe('timers', () => {
  it('call each item once, at its time, earliest first, whatever was set, moved and removed before', async () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const clock = new TestClock();
      const timers = new Timers(clock);
      const fired: number[] = [];
      const items = Array.from({ length: 200 }, (_, name) => new Item(name, fired));
      let random = seed;
      const next = (): number => (random = (random * 16_807) % 2_147_483_647);
      for (let step = 0; step < 1_000; step += 1) {
        const item = items[next() % items.length] as Item;
        if (next() % 4 === 0) timers.remove(item);
        else timers.set(item, epoch + 1 + (next() % 100_000));
      }
      const expected = items.filter(({ slot }) => slot >= 0).map(({ at }) => at);
      expect(timers.size, `seed ${seed}`).toBe(expected.length);
      await clock.pass(100_001);
      expect(
        fired.map((name) => items[name]?.at),
        `seed ${seed}`,
      ).toEqual(expected.sort((a, b) => a - b));
      expect(timers.size).toBe(0);
    }
  });

  it('wait no longer for an item that was moved to an earlier time', async () => {
    const clock = new TestClock();
    const timers = new Timers(clock);
    const fired: number[] = [];
    const item = new Item(1, fired);
    timers.set(item, epoch + 50_000);
    timers.set(item, epoch + 100);
    await clock.pass(100);
    expect(fired).toEqual([1]);
  });

  it('ring at the latest after a minute, so that times of many days need no timer that long', async () => {
    const clock = new TestClock();
    const timers = new Timers(clock);
    const fired: number[] = [];
    timers.set(new Item(1, fired), epoch + 40 * 86_400_000);
    await clock.pass(40 * 86_400_000);
    expect(fired).toEqual([1]);
  });

  it('end a check even when an item sets itself to a time that is past', async () => {
    const clock = new TestClock();
    const timers = new Timers(clock);
    const fired: number[] = [];
    const item = new Item(1, fired);
    item.then = (now) => {
      if (fired.length < 3) timers.set(item, now - 1);
    };
    timers.set(item, epoch);
    timers.check();
    expect(fired).toEqual([1]);
    await clock.pass(1);
    expect(fired).toEqual([1, 1, 1]);
  });

  it('call nothing after they were stopped', async () => {
    const clock = new TestClock();
    const timers = new Timers(clock);
    const fired: number[] = [];
    timers.set(new Item(1, fired), epoch + 10);
    timers.stop();
    await clock.pass(20);
    timers.check();
    expect(fired).toEqual([]);
  });
});
