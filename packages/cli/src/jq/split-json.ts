/**
 * The JSON values of a text, in order: they may follow each other with or without space between, as jq reads them.
 * What is no JSON comes as a part that does not parse; an empty text has no part.
 */
export function splitJson(text: string): string[] {
  const parts: string[] = [];
  for (let at = skipSpace(text, 0); at < text.length; ) {
    const end = endOfValue(text, at);
    parts.push(text.slice(at, end));
    at = skipSpace(text, end);
  }
  return parts;
}

const space = /[ \t\r\n]*/y;
/** A number, `true`, `false`, `null`, or whatever else stands there. */
const scalar = /[^\s"[\]{},:]+/y;

function skipSpace(text: string, at: number): number {
  space.lastIndex = at;
  space.test(text);
  return space.lastIndex;
}

function endOfValue(text: string, at: number): number {
  const first = text[at];
  if (first === '"') return endOfString(text, at);
  if (first !== '{' && first !== '[') return endOf(scalar, text, at);
  let depth = 0;
  for (let next = at; next < text.length; ) {
    const character = text[next];
    if (character === '"') {
      next = endOfString(text, next);
      continue;
    }
    if (character === '{' || character === '[') depth += 1;
    if (character === '}' || character === ']') depth -= 1;
    next += 1;
    if (depth === 0) return next;
  }
  return text.length;
}

function endOfString(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

/** Always goes on by at least one character, so that what is no JSON ends too. */
function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at + 1;
}
