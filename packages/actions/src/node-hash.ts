import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Hash } from '@pawl/core';

/** The Hash port on Node: hashes of UTF-8 text. */
export const nodeHash: Hash = {
  sha256: (text) => hash('sha256', text),
  crc32: (text) => crc32(text),
};
