import { faultPoints, noFaults, PawlError } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { armedFault } from './armed-fault.ts';

describe('a fault armed by PAWL_FAULT', () => {
  it('is none where the variable is unset or empty', () => {
    expect(armedFault(undefined)).toBe(noFaults);
    expect(armedFault('')).toBe(noFaults);
  });

  it('lets every point pass that is not its own', () => {
    const fault = armedFault('commit.before:2');
    expect(() => {
      for (const point of faultPoints) fault(point);
    }).not.toThrow();
  });

  it.each([
    'commit',
    'commit.never:1',
    'commit.before:0',
    'commit.before:x',
    'commit.before:1:nap',
    'commit.sent:1:kill:1',
    'toString:1',
    'commit.sent:1:toString',
  ])('refuses %s and names the points', (text) => {
    expect(() => armedFault(text)).toThrow(PawlError);
    expect(() => armedFault(text)).toThrow(/POINT:NTH/);
  });
});
