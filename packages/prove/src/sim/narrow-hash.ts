import type { Hash } from '@pawl/core';
import { simHash } from './hash.ts';

/** Where the ids of events, child runs and schedules take their partition from a hash. */
const partitionDigits = [0, 16, 30, 62];
/** Longer texts are payloads, which are known by their whole hash. */
const idCharacters = 10_000;

/** A hash whose digits that name partitions name one of so few, as a simulated store has. */
export function narrowHash(partitions: number): Hash {
  return {
    crc32: (text) => simHash.crc32(text),
    sha256: (text) => {
      const hex = simHash.sha256(text);
      if (text.length > idCharacters) return hex;
      let narrow = '';
      for (const [i, at] of partitionDigits.entries()) {
        const byte = Number.parseInt(hex.slice(at, at + 2), 16) % partitions;
        narrow += byte.toString(16).padStart(2, '0') + hex.slice(at + 2, partitionDigits[i + 1] ?? hex.length);
      }
      return narrow;
    },
  };
}
