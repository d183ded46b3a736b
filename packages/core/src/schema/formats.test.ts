import { describe, expect, it } from 'vitest';
import { findFormat } from './formats.ts';

const cases: readonly (readonly [name: string, accepted: readonly string[], refused: readonly string[]])[] = [
  [
    'date-time',
    ['2026-11-24T17:20:00Z', '2026-11-24t17:20:00.123+05:30', '1998-12-31T23:59:60Z', '1998-12-31T15:59:60.1-08:00'],
    [
      '2026-11-24',
      '2026-11-24 17:20:00Z',
      '2026-11-24T17:20:00',
      '2026-02-30T00:00:00Z',
      '2026-11-24T24:00:00Z',
      '1998-12-31T22:59:60Z',
      '2026-11-24T17:20:00+24:00',
    ],
  ],
  [
    'date',
    ['2026-11-24', '2024-02-29', '2000-02-29'],
    ['2026-2-1', '2023-02-29', '1900-02-29', '2026-13-01', '2026-00-01', '2026-01-00', '24.11.2026', ''],
  ],
  [
    'time',
    ['17:20:00Z', '00:00:00.5z', '23:59:60Z', '01:29:60+01:30'],
    ['17:20Z', '17:20:00', '24:00:00Z', '17:60:00Z', '17:20:61Z', '22:59:60Z'],
  ],
  [
    'duration',
    ['P1D', 'PT15M', 'P1Y2M3DT4H5M6S', 'P2W', 'PT0S'],
    ['P', 'PT', 'P1', '1D', 'P1D2W', 'PT1D', 'P1.5D', ''],
  ],
  [
    'email',
    ['ada@example.com', 'a.b+c@x-y.example.org'],
    ['ada', 'ada@', '@example.com', 'a..b@example.com', 'ada@localhost', 'ada@-x.com', 'a@b@c.de', 'ada@example.com.'],
  ],
  [
    'hostname',
    ['localhost', 'db-1.example.com', 'example.com.', 'x'.repeat(63)],
    ['', '-a.com', 'a-.com', 'a..b', 'a_b', 'x'.repeat(64), Array.from({ length: 50 }, () => 'abcde').join('.')],
  ],
  ['ipv4', ['0.0.0.0', '192.0.2.255'], ['256.0.0.1', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.4 ', '']],
  [
    'ipv6',
    ['::', '::1', '2001:db8::1', '1:2:3:4:5:6:7:8', '::ffff:192.0.2.1', '1:2:3:4:5:6:1.2.3.4', 'fe80::'],
    [
      '',
      ':',
      ':::',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '12345::',
      '::1.2.3.256',
      '1.2.3.4::',
      ':1:2:3:4:5:6:7:8',
      'g::',
    ],
  ],
  [
    'uri',
    [
      'https://example.com/a?b=c#d',
      'urn:isbn:123',
      'mailto:a@b.c',
      'http://[::1]:80/',
      'file:///etc/hosts',
      'http://u:p@h:1/%20',
    ],
    [
      '/a',
      'example.com',
      '//x/y',
      'http://a b',
      'http://x/%2',
      'http://[::1',
      '1http://x',
      'http://x:80a/',
      'http://x/\\',
      '',
    ],
  ],
  [
    'uri-reference',
    ['', '/a', 'a/b', '#x', '?q', '//host/x', 'https://x.test', './a:b'],
    ['a b', '%', '\\\\x', '1a:b', '#<>', ':a'],
  ],
  [
    'uri-template',
    ['', 'https://x.test/{id}', '{?a,b*}', '{+path:3}', '/{user.name}', '{%20}'],
    ['{', '}', '{}', '{a', 'a}', '{a,}', '{a:0}', '{a b}', '%', '<'],
  ],
  [
    'uuid',
    ['123e4567-e89b-12d3-a456-426614174000', '123E4567-E89B-12D3-A456-426614174000'],
    [
      '123e4567e89b12d3a456426614174000',
      '123e4567-e89b-12d3-a456-42661417400',
      'g23e4567-e89b-12d3-a456-426614174000',
      '',
    ],
  ],
  ['json-pointer', ['', '/', '/a/b', '/a~0b~1c', '/0'], ['a', '/~', '/~2', '#/a']],
  ['relative-json-pointer', ['0', '1/a', '2#'], ['01', '/a', '-1', '1a', '']],
  ['regex', ['', '^a+$', '(?=a)', '\\p{L}'], ['(', '[', 'a**', '\\', '+']],
];

describe('every format accepts and refuses', () => {
  it.each(cases)('%s', (name, accepted, refused) => {
    const format = findFormat(name);
    for (const text of accepted) expect(format?.holds(text), text).toBe(true);
    for (const text of refused) expect(format?.holds(text), text).toBe(false);
  });

  it.each(cases)('%s has an example of itself', (name) => {
    const format = findFormat(name);
    expect(format?.holds(format.example)).toBe(true);
  });

  it.each(cases)('%s is decided in time linear in the text', (name) => {
    const size = 60_000;
    const started = performance.now();
    for (const unit of ['a', '1', 'a.', 'a/', ':', '1:', '%20', '{a}', '{a', '/~0', '@', '-'])
      findFormat(name)?.holds(`${unit.repeat(size / unit.length)}\n`);
    expect(performance.now() - started).toBeLessThan(1_500);
  });
});
