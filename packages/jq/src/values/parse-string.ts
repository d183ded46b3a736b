/** Why a text could not be read, in the words of jq. */
export interface Refusal {
  readonly refused: string;
}

/** True for a text that could not be read. */
export function isRefusal(read: object): read is Refusal & { readonly at: number } {
  return 'refused' in read;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** A string literal read from after its opening quote: its value and the offset of its closing quote. */
export function readString(
  text: string,
  from: number,
): { readonly value: string; readonly end: number } | (Refusal & { readonly at: number }) {
  let end = from;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  if (end >= text.length) return { refused: 'Unfinished string', at: text.length };
  let value = '';
  for (let at = from; at < end; ) {
    const character = text[at] as string;
    if (character === '\\') {
      const escape = readEscape(text, at + 1, end);
      if (typeof escape === 'string') return { refused: escape, at: end };
      value += escape.value;
      at = escape.end;
      continue;
    }
    if (character > '\u0000' && character < '\u001f') return { refused: CONTROL, at: end };
    value += character;
    at += 1;
  }
  return { value, end };
}

const CONTROL = 'Invalid string: control characters from U+0000 through U+001F must be escaped';
const PAIR = 'Invalid \\uXXXX\\uXXXX surrogate pair escape';

/** What stands after a backslash, or what is wrong with it. */
function readEscape(text: string, at: number, end: number): { readonly value: string; readonly end: number } | string {
  const letter = text[at] ?? '';
  const known = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
  if (known !== undefined) return { value: known, end: at + 1 };
  if (letter !== 'u') return 'Invalid escape';
  if (at + 5 > end) return 'Invalid \\uXXXX escape';
  const first = hex(text, at + 1);
  if (first === undefined) return 'Invalid characters in \\uXXXX escape';
  if (first < 0xd800 || first > 0xdfff) return { value: String.fromCharCode(first), end: at + 5 };
  if (first > 0xdbff) return { value: '\ufffd', end: at + 5 };
  if (at + 11 > end || text.slice(at + 5, at + 7) !== '\\u') return PAIR;
  const second = hex(text, at + 7);
  if (second === undefined || second < 0xdc00 || second > 0xdfff) return PAIR;
  return { value: String.fromCharCode(first, second), end: at + 11 };
}

function hex(text: string, at: number): number | undefined {
  const digits = text.slice(at, at + 4);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? parseInt(digits, 16) : undefined;
}
