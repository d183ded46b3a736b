import { newRunId, partitionOf } from '@pawl/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMadeWith, isRunId } from './run-ids.ts';

const entropy = fc.stringMatching(/^[0-9a-f]{18}$/);
const time = fc.integer({ min: 0, max: 2 ** 47 });
const partition = fc.integer({ min: 0, max: 255 });

describe('a run id', () => {
  it('is a version 7 UUID that names its time and partition', () => {
    fc.assert(
      fc.property(time, partition, entropy, (at, of, random) => {
        const id = newRunId(at + 0.7, of, random);
        expect(isRunId(id)).toBe(true);
        expect(id[14]).toBe('7');
        expect('89ab').toContain(id[19]);
        expect(partitionOf(id)).toBe(of);
        expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(at);
      }),
    );
  });

  it('sorts by time', () => {
    fc.assert(
      fc.property(time, entropy, entropy, (at, one, two) => {
        expect(newRunId(at, 255, one) < newRunId(at + 1, 0, two)).toBe(true);
      }),
    );
  });

  it('tells whether it was made with an entropy, at whatever time and in whatever partition', () => {
    fc.assert(
      fc.property(time, partition, entropy, (at, of, random) => {
        expect(isMadeWith(newRunId(at, of, random), random)).toBe(true);
        const other = random.startsWith('0') ? `1${random.slice(1)}` : `0${random.slice(1)}`;
        if (Number.parseInt(other, 16) % 4 !== 0)
          expect(
            isMadeWith(
              newRunId(at, of, random),
              `${random.slice(0, 9)}${random[9] === '0' ? '1' : '0'}${random.slice(10)}`,
            ),
          ).toBe(false);
      }),
    );
  });

  it.each(['', 'x', '019a0000-0000-7000-8000-00000000000', '019A0000-0000-7000-8000-000000000000', "' or 1=1 --"])(
    'is not %j',
    (text) => {
      expect(isRunId(text)).toBe(false);
    },
  );
});
