import type { Hash } from '@pawl/core';

/** sha-256 (FIPS 180-4) and crc-32 (as in zlib) of UTF-8 text, in plain TypeScript: the same on a server and in a browser. */
export const simHash: Hash = { sha256: remembering(sha256), crc32: remembering(crc32) };

/** A simulation hashes the few long texts that it has again and again: their hashes are remembered for a while. */
function remembering<T>(hash: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    if (text.length < longText) return hash(text);
    let value = known.get(text);
    if (value === undefined) {
      if (known.size >= mostLongTexts) known.clear();
      value = hash(text);
      known.set(text, value);
    }
    return value;
  };
}
const longText = 10_000;
const mostLongTexts = 16;

function sha256(text: string): string {
  const length = encode(text);
  const padded = pad(length);
  state.set(initial);
  for (let offset = 0; offset < padded; offset += 64) compress(offset);
  let hex = '';
  for (const word of state) hex += (word >>> 0).toString(16).padStart(8, '0');
  return hex;
}

function crc32(text: string): number {
  const length = encode(text);
  let crc = -1;
  for (let i = 0; i < length; i += 1) crc = (crc >>> 8) ^ (crcTable[(crc ^ (bytes[i] as number)) & 255] as number);
  return ~crc >>> 0;
}

/** Scratch space, reused by every call: a hash is computed in one go. */
let bytes = new Uint8Array(16_384);
const words = new Int32Array(64);
const state = new Int32Array(8);

/** Puts the text into `bytes` as UTF-8; half a surrogate pair becomes U+FFFD, as everywhere. */
function encode(text: string): number {
  // Three bytes a UTF-16 unit at most, and room for the padding.
  if (bytes.length < text.length * 3 + 72) bytes = new Uint8Array(text.length * 3 + 72);
  let end = 0;
  for (let i = 0; i < text.length; i += 1) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      bytes[end++] = code;
      continue;
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = code <= 0xdbff ? text.charCodeAt(i + 1) : Number.NaN;
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        i += 1;
      } else code = 0xfffd;
    }
    end = encodePoint(code, end);
  }
  return end;
}

function encodePoint(code: number, at: number): number {
  let end = at;
  if (code < 0x800) bytes[end++] = 0xc0 | (code >> 6);
  else {
    if (code < 0x10000) bytes[end++] = 0xe0 | (code >> 12);
    else {
      bytes[end++] = 0xf0 | (code >> 18);
      bytes[end++] = 0x80 | ((code >> 12) & 63);
    }
    bytes[end++] = 0x80 | ((code >> 6) & 63);
  }
  bytes[end++] = 0x80 | (code & 63);
  return end;
}

function pad(length: number): number {
  const padded = (length + 72) & ~63;
  bytes.fill(0, length, padded);
  bytes[length] = 0x80;
  const bits = length * 8;
  for (let i = 0; i < 6; i += 1) bytes[padded - 1 - i] = Math.floor(bits / 256 ** i) & 255;
  return padded;
}

function compress(offset: number): void {
  const w = words;
  for (let i = 0; i < 16; i += 1) {
    const at = offset + i * 4;
    w[i] =
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number);
  }
  for (let i = 16; i < 64; i += 1) {
    const x = w[i - 15] as number;
    const y = w[i - 2] as number;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (rounds[i] as number) + (w[i] as number)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  const sums = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i += 1) state[i] = ((state[i] as number) + (sums[i] as number)) | 0;
}

/** The first 32 bits of the fractional parts of a power of the first primes: the constants of FIPS 180-4 §4.2.2 and §5.3.3. */
function fractions(count: number, power: number): Int32Array {
  const found = new Int32Array(count);
  for (let candidate = 2, n = 0; n < count; candidate += 1) {
    if (!isPrime(candidate)) continue;
    const root = candidate ** power;
    found[n] = Math.floor((root - Math.floor(root)) * 4_294_967_296);
    n += 1;
  }
  return found;
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) if (candidate % divisor === 0) return false;
  return true;
}

const initial = fractions(8, 1 / 2);
const rounds = fractions(64, 1 / 3);

const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});
