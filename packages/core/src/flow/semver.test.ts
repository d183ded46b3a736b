import { describe, expect, it } from 'vitest';
import { compareVersions, parseVersion } from './semver.ts';

describe('semantic versions', () => {
  it('are ordered as semver.org says', () => {
    const ordered = [
      ...[
        'nonsense',
        '1.0.0-0',
        '1.0.0-alpha',
        '1.0.0-alpha.1',
        '1.0.0-alpha.beta',
        '1.0.0-beta',
        '1.0.0-beta.2',
        '1.0.0-beta.11',
        '1.0.0-rc.1',
      ],
      ...['1.0.0', '1.0.1', '1.2.0', '1.10.0', '2.0.0', '10.0.0'],
    ];
    for (const [i, a] of ordered.entries()) {
      for (const [j, b] of ordered.entries()) expect(Math.sign(compareVersions(a, b))).toBe(Math.sign(i - j));
    }
  });

  it('that differ in build metadata alone still have an order', () => {
    expect(compareVersions('1.0.0+a', '1.0.0+b')).toBeLessThan(0);
    expect(compareVersions('1.0.0+a', '1.0.0+a')).toBe(0);
  });

  it('are taken apart, and nothing else is', () => {
    expect(parseVersion('1.2.3-rc.1+x')).toEqual({ major: 1, minor: 2, patch: 3, pre: ['rc', '1'] });
    for (const text of ['1.0', '01.0.0', 'v1.0.0', '']) expect(parseVersion(text)).toBeUndefined();
  });
});
