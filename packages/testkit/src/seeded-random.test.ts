import { describe, expect, it } from 'vitest';
import { seededRandom } from './seeded-random.ts';

describe('a seeded random', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    const numbers = (seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 20 }, () => random.between(0, 1_000_000));
    };
    expect(numbers(7)).toEqual(numbers(7));
    expect(numbers(7)).not.toEqual(numbers(8));
  });

  it('reaches both ends of a range and every item, and nothing else', () => {
    const random = seededRandom(1);
    const drawn = Array.from({ length: 500 }, () => random.between(3, 5));
    expect([...new Set(drawn)].sort((a, b) => a - b)).toEqual([3, 4, 5]);
    expect([...new Set(Array.from({ length: 500 }, () => random.pick(['a', 'b'])))].sort()).toEqual(['a', 'b']);
    expect(() => random.pick([])).toThrow('nothing to pick from');
  });
});
