/** Strings as jq sees them: sequences of code points. */

const SURROGATE = /[\ud800-\udfff]/;

/** True when every character of the text is one UTF-16 unit, so that positions need no translation. */
export function isPlain(text: string): boolean {
  return !SURROGATE.test(text);
}

/** Characters of a text. */
export function codePointLength(text: string): number {
  if (isPlain(text)) return text.length;
  let length = 0;
  for (let i = 0; i < text.length; i++, length++) {
    if (isPairAt(text, i)) i += 1;
  }
  return length;
}

/** The part of a text between two character positions, both within the text. */
export function sliceCodePoints(text: string, from: number, to: number): string {
  if (isPlain(text)) return text.slice(from, to);
  const start = unitOffset(text, 0, from);
  return text.slice(start, unitOffset(text, start, to - from));
}

/** The unit offset of the character that is `count` characters after the unit offset `from`. */
function unitOffset(text: string, from: number, count: number): number {
  let offset = from;
  for (let left = count; left > 0 && offset < text.length; left--) offset += isPairAt(text, offset) ? 2 : 1;
  return offset;
}

function isPairAt(text: string, offset: number): boolean {
  const unit = text.charCodeAt(offset);
  if (unit < 0xd800 || unit > 0xdbff) return false;
  const next = text.charCodeAt(offset + 1);
  return next >= 0xdc00 && next <= 0xdfff;
}
