import { type Json, kindOf } from '../json.ts';
import { toJsonStart } from './to-json.ts';

/** Bytes of a value that an error message shows, as jq does. */
const SHOWN_BYTES = 29;

/** A value as error messages show it: its JSON, cut short. */
export function describe(value: Json): string {
  const text = toJsonStart(value, SHOWN_BYTES + 1);
  const bytes = byteLength(text);
  if (bytes <= SHOWN_BYTES) return text;
  const closing = closingOf(value);
  return `${cutBytes(text, SHOWN_BYTES - 3 - closing.length)}...${closing}`;
}

/** `kind (value)`, the way jq's messages name an operand. */
export function describeKind(value: Json): string {
  return `${kindOf(value)} (${describe(value)})`;
}

/** Bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit >= 0xd800 && unit <= 0xdbff && isLow(text.charCodeAt(i + 1))) {
      bytes += 4;
      i += 1;
    } else bytes += 3;
  }
  return bytes;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function closingOf(value: Json): string {
  if (typeof value === 'string') return '"';
  if (Array.isArray(value)) return ']';
  return typeof value === 'object' && value !== null ? '}' : '';
}

/** The longest beginning of whole characters that fits in a number of bytes. */
function cutBytes(text: string, bytes: number): string {
  let used = 0;
  let end = 0;
  for (const character of text) {
    used += byteLength(character);
    if (used > bytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}
