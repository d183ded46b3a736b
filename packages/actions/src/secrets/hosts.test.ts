import { describe, expect, it } from 'vitest';
import { allowsHost, parseHostRule } from './hosts.ts';

describe('hosts of a secret', () => {
  const allows = (rule: string, host: string, port = 443) => allowsHost([parseHostRule(rule)], host, port, 443);

  it.each([
    ['api.good.com', 'api.good.com', 443],
    ['API.good.com', 'api.GOOD.com', 443],
    ['api.good.com:8443', 'api.good.com', 8_443],
    ['*.good.com', 'a.b.good.com', 443],
    ['127.0.0.1:80', '127.0.0.1', 80],
    ['[::1]:443', '::1', 443],
  ])('%s takes %s at %d', (rule, host, port) => {
    expect(allows(rule, host, port)).toBe(true);
  });

  it.each([
    ['api.good.com', 'evil.com', 443],
    ['api.good.com', 'api.good.com.evil.com', 443],
    ['api.good.com', 'api.good.com', 444],
    ['api.good.com', 'xapi.good.com', 443],
    ['*.good.com', 'good.com', 443],
    ['*.good.com', 'evilgood.com', 443],
    ['api.good.com:8443', 'api.good.com', 443],
  ])('%s does not take %s at %d', (rule, host, port) => {
    expect(allows(rule, host, port)).toBe(false);
  });

  it.each(['', '*', '*.com', 'https://x.com', 'a b', 'x.com:0', 'x.com:99999', 'x.com/', 'a*.x.com', '*.x.com.*'])(
    '%j is no host',
    (text) => {
      expect(() => parseHostRule(text)).toThrow(expect.objectContaining({ code: 'PAWL_SECRET_INVALID' }) as Error);
    },
  );
});
