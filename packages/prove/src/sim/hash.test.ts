import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { simHash } from './hash.ts';
import { Prng } from './prng.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the simulated hash', () => {
  it('gives the published test vectors', () => {
    expect(simHash.sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(simHash.sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(simHash.crc32('123456789')).toBe(0xcbf43926);
  });

  it('agrees with node at every length around a block, and for every kind of character', () => {
    const prng = new Prng(7);
    const alphabet = ['a', 'é', '漢', '🎉', '\u0000', '\ud800', '\udc00', '\n'];
    const texts = Array.from({ length: 300 }, (_, length) =>
      Array.from({ length }, () => prng.pick(alphabet)).join(''),
    );
    for (const text of [...texts, 'x'.repeat(200_000)]) {
      expect(simHash.sha256(text)).toBe(sha256(text));
      expect(simHash.crc32(text)).toBe(crc32(text));
    }
  });
});
