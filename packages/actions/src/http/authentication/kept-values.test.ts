import { describe, expect, test } from 'vitest';
import { TestCancellation } from '../../actions.fixture.ts';
import { KeptValues } from './kept-values.ts';
import type { Loaded } from './kept-values.ts';

const made = (options: { max?: number; loadTime?: number } = {}) => {
  const clock = { now: 0 };
  const kept = new KeptValues<string>({ max: 10, loadTime: 60_000, ...options, now: () => clock.now });
  let loads = 0;
  const loading =
    (freshFor = 100) =>
    () =>
      Promise.resolve({ value: `v${++loads}`, freshFor });
  const get = (key = 'k', freshFor?: number) => kept.get(key, new TestCancellation(), loading(freshFor));
  return { clock, kept, get };
};

describe('KeptValues', () => {
  test('gives a value until it is no longer fresh, by the time at which it was asked for', async () => {
    const { clock, kept, get } = made();
    const slow = Promise.withResolvers<Loaded<string>>();
    const first = kept.get('k', new TestCancellation(), () => slow.promise);
    clock.now = 60;
    slow.resolve({ value: 'slow', freshFor: 100 });
    expect(await first).toBe('slow');
    clock.now = 99;
    expect(await get()).toBe('slow');
    clock.now = 100;
    expect(await get()).toBe('v1');
  });

  test('a value that is not fresh for any time is given to those who wait for it, and to nobody later', async () => {
    const { get } = made();
    expect(await Promise.all([get('k', 0), get('k', 0)])).toEqual(['v1', 'v1']);
    expect(await get()).toBe('v2');
  });

  test('a hundred callers at once make one fetch, by key', async () => {
    const { get } = made();
    const keys = Array.from({ length: 100 }, (_, index) => `k${index % 2}`);
    expect(new Set(await Promise.all(keys.map((key) => get(key)))).size).toBe(2);
  });

  test('a failed fetch fails all who wait for it, and the next caller tries anew', async () => {
    const { kept, get } = made();
    const fail = () => kept.get('k', new TestCancellation(), () => Promise.reject(new Error('no')));
    expect((await Promise.allSettled([fail(), fail()])).map((each) => each.status)).toEqual(['rejected', 'rejected']);
    expect(await get()).toBe('v1');
  });

  test('one caller who gives up takes the value from nobody else', async () => {
    const { kept, get } = made();
    const slow = Promise.withResolvers<Loaded<string>>();
    const cancellation = new TestCancellation();
    const given = kept.get('k', cancellation, () => slow.promise);
    const waits = get();
    cancellation.cancel();
    await expect(given).rejects.toMatchObject({ reason: 'cancelled' });
    slow.resolve({ value: 'shared', freshFor: 100 });
    expect(await waits).toBe('shared');
    expect(await get()).toBe('shared');
  });

  test('a fetch that takes too long is given up', async () => {
    const { kept, get } = made({ loadTime: 20 });
    const hanging = kept.get(
      'k',
      new TestCancellation(),
      (cancellation) =>
        new Promise((_, reject) => {
          cancellation.onCancel(() => reject(new Error('cancelled')));
        }),
    );
    await expect(hanging).rejects.toMatchObject({
      reason: 'unreachable',
      message: 'No answer came within 0.02 seconds.',
    });
    expect(await get()).toBe('v1');
  });

  test('a dropped value is fetched again with what it was; one that replaced it stays', async () => {
    const { kept, get } = made();
    const old = await get();
    kept.drop('k', old);
    const previous: unknown[] = [];
    const next = await kept.get('k', new TestCancellation(), (_, before) => {
      previous.push(before);
      return Promise.resolve({ value: 'next', freshFor: 100 });
    });
    expect(previous).toEqual([old]);
    kept.drop('k', old);
    expect(await get()).toBe(next);
    kept.forget('k');
    expect(await get()).toBe('v2');
  });

  test('keeps a bounded number, the one fetched longest ago going first', async () => {
    const { get } = made({ max: 2 });
    await get('a');
    await get('b');
    await get('c');
    expect(await get('b')).toBe('v2');
    expect(await get('c')).toBe('v3');
    expect(await get('a')).toBe('v4');
  });
});
