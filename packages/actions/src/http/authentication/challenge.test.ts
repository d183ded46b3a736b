import { describe, expect, test } from 'vitest';
import { parseChallenges } from './challenge.ts';

const read = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

describe('parseChallenges', () => {
  test('reads one challenge with quoted and plain values, whatever the blanks and cases', () => {
    expect(read('DIGEST Realm="a, b=\\"c\\"" ,nonce = "n", algorithm=SHA-256, stale=TRUE')).toEqual([
      ['digest', { realm: 'a, b="c"', nonce: 'n', algorithm: 'SHA-256', stale: 'TRUE' }],
    ]);
  });

  test('tells several challenges in one header apart', () => {
    expect(read('Basic realm="x", Negotiate, Bearer abc==, Digest realm="y", nonce="1", Digest nonce="2"')).toEqual([
      ['basic', { realm: 'x' }],
      ['negotiate', {}],
      ['bearer', {}],
      ['digest', { realm: 'y', nonce: '1' }],
      ['digest', { nonce: '2' }],
    ]);
  });

  test.each(['', ',,,', '"', 'Digest realm="never closed', 'Digest realm=', '=', 'Digest é="1"'])(
    'takes what it can of nonsense: %j',
    (header) => {
      for (const [, parameters] of read(header)) expect(parameters).toEqual({});
    },
  );

  test('reads a huge hostile header in linear time', () => {
    for (const piece of ['a ', 'a=', '"\\', 'Digest ', ',', 'a="', '=='])
      expect(parseChallenges(piece.repeat(30_000)).length).toBeLessThanOrEqual(30_001);
  });
});
