import { describe, expect, it } from 'vitest';
import type { Waiter } from './limiter.ts';
import { Limiter } from './limiter.ts';

function waiter(name: string, granted: string[], target = 'a', concurrency = 1): Waiter {
  return { target, concurrency, gone: false, granted: () => granted.push(name) };
}

describe('a limiter', () => {
  it('gives at most so many permits of a target at once', () => {
    const limiter = new Limiter();
    expect([limiter.acquire('a', 2), limiter.acquire('a', 2), limiter.acquire('a', 2)]).toEqual([true, true, false]);
    expect(limiter.acquire('b', 2)).toBe(true);
    limiter.release('a');
    expect(limiter.acquire('a', 2)).toBe(true);
  });

  it('serves those who wait in the order in which they came, and nobody passes them', () => {
    const limiter = new Limiter();
    const granted: string[] = [];
    limiter.acquire('a', 1);
    for (const name of ['x', 'y', 'z']) limiter.wait(waiter(name, granted));
    expect(granted).toEqual([]);
    limiter.release('a');
    expect(limiter.acquire('a', 1)).toBe(false);
    limiter.release('a');
    limiter.release('a');
    expect(granted).toEqual(['x', 'y', 'z']);
  });

  it('passes over those who left the line', () => {
    const limiter = new Limiter();
    const granted: string[] = [];
    limiter.acquire('a', 1);
    const leaver = waiter('x', granted);
    limiter.wait(leaver);
    limiter.wait(waiter('y', granted));
    limiter.leave(leaver);
    limiter.release('a');
    expect(granted).toEqual(['y']);
  });

  it('lets the next take a permit at once when all who waited have left', () => {
    const limiter = new Limiter();
    limiter.acquire('a', 2);
    limiter.acquire('a', 2);
    const leaver = waiter('x', [], 'a', 2);
    limiter.wait(leaver);
    limiter.leave(leaver);
    limiter.release('a');
    expect(limiter.acquire('a', 2)).toBe(true);
  });

  it('grants at once where a permit is free', () => {
    const limiter = new Limiter();
    const granted: string[] = [];
    limiter.wait(waiter('x', granted));
    expect(granted).toEqual(['x']);
  });

  it('gives no permits once it is paused', () => {
    const limiter = new Limiter();
    const granted: string[] = [];
    limiter.acquire('a', 1);
    limiter.wait(waiter('x', granted));
    limiter.pause();
    limiter.release('a');
    expect(granted).toEqual([]);
    expect(limiter.acquire('b', 1)).toBe(false);
  });

  it('forgets targets that nobody uses', () => {
    const limiter = new Limiter();
    for (let n = 0; n < 100; n += 1) {
      limiter.acquire(`t${n}`, 1);
      limiter.release(`t${n}`);
    }
    expect([...limiter.usage()]).toEqual([]);
  });

  it('says who is out and who waits', () => {
    const limiter = new Limiter();
    limiter.acquire('a', 1);
    limiter.wait(waiter('x', []));
    expect([...limiter.usage()]).toEqual([{ target: 'a', out: 1, waiting: 1 }]);
  });
});
