import { describe, expect, it } from 'vitest';
import { FailedTokens } from './failed-tokens.ts';

const fail = (tokens: FailedTokens, address: string, times: number, now = 0): void => {
  for (let n = 0; n < times; n += 1) tokens.failed(address, `wrong-${n}`, now);
};

describe('wrong tokens', () => {
  it('make an address wait after the tenth in a minute, until that minute is over', () => {
    const tokens = new FailedTokens();
    fail(tokens, '192.0.2.1', 9);
    expect(tokens.wait('192.0.2.1', 'x', 0)).toBe(0);
    expect(tokens.failed('192.0.2.1', 'x', 10_000)).toBe(true);
    expect(tokens.wait('192.0.2.1', 'y', 20_000)).toBe(40_000);
    expect(tokens.wait('192.0.2.2', 'y', 20_000)).toBe(0);
    expect(tokens.wait('192.0.2.1', 'y', 60_000)).toBe(0);
    fail(tokens, '192.0.2.1', 9, 60_000);
    expect(tokens.wait('192.0.2.1', 'y', 60_000)).toBe(0);
  });

  it('do not keep out a token that was right, from the same proxy', () => {
    const tokens = new FailedTokens();
    tokens.worked('good');
    fail(tokens, '192.0.2.1', 20);
    expect(tokens.wait('192.0.2.1', 'good', 1)).toBe(0);
    // Once it is wrong, it was revoked.
    tokens.failed('192.0.2.1', 'good', 1);
    expect(tokens.wait('192.0.2.1', 'good', 1)).toBeGreaterThan(0);
  });

  it('count for a whole network of IPv6, and for an IPv4 address however it is written', () => {
    const tokens = new FailedTokens();
    fail(tokens, '2001:db8::1', 10);
    expect(tokens.wait('2001:db8:0:0:ffff::2', 'x', 1)).toBeGreaterThan(0);
    expect(tokens.wait('2001:db8:0:1::1', 'x', 1)).toBe(0);
    fail(tokens, '::ffff:192.0.2.1', 10);
    expect(tokens.wait('192.0.2.1', 'x', 1)).toBeGreaterThan(0);
    expect(tokens.wait('::1', 'x', 1)).toBe(0);
  });

  it('are forgotten first where there are too many addresses', () => {
    const tokens = new FailedTokens();
    fail(tokens, '10.0.0.1', 10);
    for (let n = 0; n < 10_000; n += 1) tokens.failed(`a${n}`, 'x', 1);
    expect(tokens.wait('10.0.0.1', 'x', 1)).toBe(0);
  });
});
