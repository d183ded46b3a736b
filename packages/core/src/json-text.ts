/** What a JSON text would make a reader build, found without building it. */
export interface JsonShape {
  /** Deepest nesting of arrays and objects. */
  readonly depth: number;
  /** Values in arrays and objects: one for each comma and each container. */
  readonly values: number;
}

/**
 * Whether a text stays within a shape; text that is no JSON may do so too. Readers of JSON recurse or build a member for
 * every few characters: what is far too deep or has far too many members is refused before one sees it.
 */
export function fitsShape(text: string, bound: JsonShape): boolean {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at + 1);
    else if (code === openBracket || code === openBrace) {
      depth += 1;
      values += 1;
      if (depth > bound.depth || values > bound.values) return false;
    } else if (code === closeBracket || code === closeBrace) depth -= 1;
    else if (code === comma) {
      values += 1;
      if (values > bound.values) return false;
    }
  }
  return true;
}

/** Index of the quote that ends a string, or of the text's end. */
function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) return at;
    if (code === backslash) at += 1;
  }
  return text.length;
}

const quote = 0x22;
const comma = 0x2c;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
