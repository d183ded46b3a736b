import { raise } from '../errors.ts';
import { describeKind } from '../values/describe.ts';

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const REPLACEMENT = 0xfffd;

/** The bytes of a text in UTF-8; a lone surrogate becomes U+FFFD. */
export function toUtf8(text: string): number[] {
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    const code = point >= 0xd800 && point <= 0xdfff ? REPLACEMENT : point;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), tail(code));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), tail(code >> 6), tail(code));
    else bytes.push(0xf0 | (code >> 18), tail(code >> 12), tail(code >> 6), tail(code));
  }
  return bytes;
}

/** The text of UTF-8 bytes; each byte that does not belong to a character becomes U+FFFD. */
export function fromUtf8(bytes: readonly number[]): string {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i] as number;
    const size = sizeOf(lead);
    const code = size === 0 ? undefined : decode(bytes, i, size);
    text += String.fromCodePoint(code ?? REPLACEMENT);
    i += code === undefined ? brokenLength(bytes, i, size) : size;
  }
  return text;
}

/** Base64 with padding. */
export function encodeBase64(bytes: readonly number[]): string {
  return encode(bytes, BASE64, 6, 4);
}

/** Base32 with padding. */
export function encodeBase32(bytes: readonly number[]): string {
  return encode(bytes, BASE32, 5, 8);
}

/** The bytes of a base64 text, with or without padding. */
export function decodeBase64(text: string): number[] {
  return decodeBits(text, BASE64, 6, 'base64');
}

/** The bytes of a base32 text, with or without padding. */
export function decodeBase32(text: string): number[] {
  return decodeBits(text, BASE32, 5, 'base32');
}

function tail(code: number): number {
  return 0x80 | (code & 0x3f);
}

function sizeOf(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

const SMALLEST = [0, 0, 0x80, 0x800, 0x10000];
const LEAD_BITS = [0, 0x7f, 0x1f, 0x0f, 0x07];

function decode(bytes: readonly number[], at: number, size: number): number | undefined {
  let code = (bytes[at] as number) & (LEAD_BITS[size] as number);
  for (let i = 1; i < size; i++) {
    const byte = bytes[at + i];
    if (byte === undefined || (byte & 0xc0) !== 0x80) return undefined;
    code = (code << 6) | (byte & 0x3f);
  }
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return code < (SMALLEST[size] as number) || code > 0x10ffff || isSurrogate ? undefined : code;
}

/** How many bytes one replacement character stands for: the lead and the continuations that follow it. */
function brokenLength(bytes: readonly number[], at: number, size: number): number {
  // A character cut off by the end takes all that is left.
  if (at + size > bytes.length) return bytes.length - at;
  let length = 1;
  while (length < size && ((bytes[at + length] ?? 0) & 0xc0) === 0x80) length += 1;
  return length;
}

function encode(bytes: readonly number[], alphabet: string, bits: number, group: number): string {
  let text = '';
  let buffer = 0;
  let held = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xffff;
    held += 8;
    while (held >= bits) {
      held -= bits;
      text += alphabet[(buffer >> held) & ((1 << bits) - 1)] ?? '';
    }
  }
  if (held > 0) text += alphabet[(buffer << (bits - held)) & ((1 << bits) - 1)] ?? '';
  return text.padEnd(Math.ceil(text.length / group) * group, '=');
}

function decodeBits(text: string, alphabet: string, bits: number, name: string): number[] {
  const bytes: number[] = [];
  let buffer = 0;
  let held = 0;
  const [body = ''] = text.split('=', 1);
  for (const character of body) {
    const value = alphabet.indexOf(character);
    if (value < 0) raise(`${describeKind(text)} is not valid ${name} data`);
    buffer = ((buffer << bits) | value) & 0xffff;
    held += bits;
    if (held >= 8) {
      held -= 8;
      bytes.push((buffer >> held) & 0xff);
    }
  }
  if (held >= bits) raise(`${describeKind(text)} trailing ${name} byte found`);
  return bytes;
}
