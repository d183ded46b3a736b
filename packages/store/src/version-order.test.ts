import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { versionOrder } from './version-order.ts';

const bytewise = (a: string, b: string) => Buffer.compare(Buffer.from(versionOrder(a)), Buffer.from(versionOrder(b)));

describe('version order', () => {
  it('is that of semantic versions', () => {
    const ordered = [
      'draft',
      '0.0.1',
      '0.9.0',
      '0.10.0',
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '1.0.1',
      '1.9.0',
      '1.10.0',
      '2.0.0-0',
      '2.0.0',
      '10.0.0',
      '1000000000000.0.0',
    ]; // prettier-ignore
    expect([...ordered].reverse().sort(bytewise)).toEqual(ordered);
  });

  it('compares numbers as numbers, whatever their length', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        expect(Math.sign(bytewise(`1.${a}.0`, `1.${b}.0`))).toBe(Math.sign(a - b));
      }),
    );
  });

  it('leaves build metadata out', () => {
    expect(versionOrder('1.0.0+build.5')).toBe(versionOrder('1.0.0'));
  });
});
