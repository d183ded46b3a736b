import { PoisonError } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import {
  boolArray,
  charArray,
  hexArray,
  int2Array,
  int4Array,
  int8Array,
  textArray,
  uuidArray,
} from './binary-arrays.ts';

/** Reads an array as the server does: [element type, elements as hex or null]. */
function read(array: Buffer): [number, (string | null)[]] {
  if (array.readInt32BE(0) === 0) return [array.readInt32BE(8), []];
  expect(array.readInt32BE(16), 'lower bound').toBe(1);
  const elements: (string | null)[] = [];
  let at = 20;
  for (let i = 0; i < array.readInt32BE(12); i += 1) {
    const length = array.readInt32BE(at);
    at += 4;
    elements.push(length < 0 ? null : array.toString('hex', at, at + length));
    at += Math.max(length, 0);
  }
  expect(at, 'nothing follows the last element').toBe(array.length);
  return [array.readInt32BE(8), elements];
}
const same = <T>(value: T) => value;

describe('binary arrays', () => {
  it('hold whole numbers of each size', () => {
    expect(read(int2Array([0, 255, -1], same))).toEqual([21, ['0000', '00ff', 'ffff']]);
    expect(read(int4Array([1, -1, 2_147_483_647], same))).toEqual([23, ['00000001', 'ffffffff', '7fffffff']]);
    expect(read(int8Array([1, null, -1, 1_790_000_000_000, -4_294_967_297], same))).toEqual([
      20,
      ['0000000000000001', null, 'ffffffffffffffff', '000001a0c4506c00', 'fffffffeffffffff'],
    ]);
  });

  it('hold flags, letters, ids and hashes', () => {
    expect(read(boolArray([true, false], same))).toEqual([16, ['01', '00']]);
    expect(read(charArray(['r', '-'], same))).toEqual([18, ['72', '2d']]);
    expect(read(uuidArray(['019A2b3c-4d5e-7f60-8123-456789abcdef'], same))).toEqual([
      2950,
      ['019a2b3c4d5e7f608123456789abcdef'],
    ]);
    expect(read(hexArray(['00ff', null, 'abCD'], 2, same))).toEqual([17, ['00ff', null, 'abcd']]);
  });

  it('hold texts of any width', () => {
    expect(read(textArray(['', null, 'aé漢🎉'], same))).toEqual([
      25,
      ['', null, Buffer.from('aé漢🎉').toString('hex')],
    ]);
  });

  it('are empty with their type', () => {
    expect(read(textArray([], same))).toEqual([25, []]);
    expect(read(uuidArray([], same))).toEqual([2950, []]);
  });

  it('refuse what has no stored form, as the server would', () => {
    expect(() => textArray(['a', '\ud800'], same)).toThrow(PoisonError);
    expect(() => int4Array([2_147_483_648], same)).toThrow(expect.objectContaining({ sqlState: '22003' }));
    expect(() => uuidArray(['019a'], same)).toThrow(expect.objectContaining({ sqlState: '22P02' }));
    expect(() => hexArray(['0'], 1, same)).toThrow(PoisonError);
  });
});
