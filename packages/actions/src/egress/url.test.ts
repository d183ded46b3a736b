import { describe, expect, test } from 'vitest';
import { EgressFailure } from './failure.ts';
import { hostOf, parseRedirect, parseUrl, portOf, showUrl } from './url.ts';

const refusals = [
  'file:///etc/passwd',
  'gopher://example.com/',
  'data:text/plain,hi',
  'ftp://example.com/',
  'javascript:alert(1)',
  'http://user@evil.example/',
  'http://user:pass@evil.example/',
  'http://good.example@evil.example/',
  'http://@evil.example/',
  'http://good.example#@evil.example/',
  'http://good.example\\@evil.example/',
  'http://good.example/\\..\\x',
  'http:\\\\good.example/',
  'http://good.example/a\tb',
  'http://good.example/a\nb',
  ' http://good.example/',
  'http://good.example/ x',
  'http://good.example/\u0000',
  'http:good.example',
  'http:/good.example/',
  'http:///good.example/',
  'http://',
  'http://?x',
  '//good.example/',
  '/path',
  'good.example',
  '',
  'http://g\u043e\u043egle.example/',
  'http://\uff11\uff12\uff17.0.0.1/',
  'http://ex%61mple.com/',
  'http://127.1/',
  'http://0/',
  'http://2130706433/',
  'http://0x7f.1/',
  'http://0x7f000001/',
  'http://017700000001/',
  'http://0177.0.0.1/',
  'http://a..b/',
  'http://.example.com/',
  'http://example.com:99999/',
  'http://[::1/',
  `http://example.com/${'a'.repeat(9_000)}`,
];

describe('parseUrl', () => {
  test.each(refusals)('refuses %j, which programs read differently or which is no web address', (text) => {
    expect(() => parseUrl(text)).toThrow(EgressFailure);
  });

  test.each([
    'https://example.com',
    'http://example.com:8080/a?b=c&d=%20',
    'https://EXAMPLE.com/',
    'http://8.8.8.8/',
    'http://[2606:4700::1111]:8080/',
    'https://xn--mller-kva.example/',
    'http://localhost./',
    'http://foo_bar.example/',
  ])('takes %s', (text) => {
    expect(parseUrl(text).href).toContain('://');
  });

  test('does not repeat a password or a query in the error', () => {
    for (const text of [
      'http://user:hunter2@evil.example/',
      'ht tp://x/?token=hunter2',
      'http://u:hunter2@e vil.example/?a',
    ]) {
      expect(() => parseUrl(text)).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('hunter2') }) as Error,
      );
    }
  });
});

test('portOf, hostOf and showUrl read a URL the way it is reached and shown', () => {
  expect(portOf(parseUrl('https://example.com/'))).toBe(443);
  expect(portOf(parseUrl('http://example.com/'))).toBe(80);
  expect(portOf(parseUrl('http://example.com:81/'))).toBe(81);
  expect(hostOf(parseUrl('http://[2606:4700::1111]/'))).toBe('2606:4700::1111');
  expect(showUrl(parseUrl('https://example.com/a?secret=1'))).toBe('https://example.com/a');
});

describe('parseRedirect', () => {
  const base = new URL('https://example.com/a/b');

  test('resolves a relative location and drops its fragment', () => {
    expect(parseRedirect('../c?d#e', base).href).toBe('https://example.com/c?d');
  });

  test.each(['http://user@evil.example/', 'file:///etc/passwd', 'gopher://x/', 'http://[bad'])(
    'refuses %s',
    (location) => {
      expect(() => parseRedirect(location, base)).toThrow(EgressFailure);
    },
  );
});
