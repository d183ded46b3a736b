import type { Json, JsonObject } from '../json.ts';
import { isRefusal, readString, type Refusal } from './parse-string.ts';
import { setOwn } from './objects.ts';

/** The value of a text, or why it is none, in the words of jq. */
export type Parsed = { readonly value: Json } | Refusal;

/**
 * Reads a JSON text as jq does, in one pass with a stack of its own: numbers may be written `.5`, `1.` or `+1`, `nan`
 * and `Infinity` are numbers, and an error names the line and the column, counted in bytes.
 * @param deepest - levels of nesting that are read
 */
export function parseJson(text: string, deepest: number): Parsed {
  const parser = new Parser(text, deepest);
  return parser.parse();
}

type Container = Json[] | JsonObject;

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const NOT_A_NUMBER = /^[+-]?s?nan$/i;
const INFINITE = /^[+-]?inf(?:inity)?$/i;
const LITERALS: ReadonlyMap<string, null | boolean> = new Map([
  ['null', null],
  ['true', true],
  ['false', false],
]);
const LITERAL_START = /^[tfn]/;

/** The number that a text spells for jq, or undefined. Beyond the largest double it is that. */
export function parseNumber(text: string): number | undefined {
  if (NUMBER.test(text)) return Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, Number(text)));
  if (NOT_A_NUMBER.test(text)) return NaN;
  if (INFINITE.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return undefined;
}

class Parser {
  private readonly text: string;
  private readonly deepest: number;
  private at = 0;
  /** Containers begun, with the key that an object waits for a value of. */
  private readonly stack: { readonly container: Container; key: string | undefined }[] = [];
  /** The value read last, not yet part of anything. */
  private next: Json | undefined;
  private token = '';
  private found: Json | undefined;

  constructor(text: string, deepest: number) {
    this.text = text.startsWith('\ufeff') ? text.slice(1) : text;
    this.deepest = deepest;
  }

  parse(): Parsed {
    const { text } = this;
    for (; this.at < text.length; this.at++) {
      const character = text[this.at] as string;
      const refused = this.take(character);
      if (refused !== undefined) return this.refuse(refused, this.at + 1, '');
      if (this.isDone()) return EXTRA;
    }
    const refused = this.endToken();
    if (refused !== undefined) return this.refuse(refused, text.length, ' at EOF');
    if (this.stack.length > 0) return this.refuse('Unfinished JSON term', text.length, ' at EOF');
    if (this.isDone()) return EXTRA;
    return this.found === undefined ? { refused: 'Expected JSON value' } : { value: this.found };
  }

  /** Takes one character; what is wrong with it, if something is. */
  private take(character: string): string | undefined {
    switch (character) {
      case ' ':
      case '\t':
      case '\r':
      case '\n':
        return this.endToken();
      case '"':
        return this.endToken() ?? this.string();
      case '[':
      case '{':
      case ':':
      case ',':
      case ']':
      case '}': {
        const refused = this.endToken();
        if (refused !== undefined) return refused;
        // A value at the top ends here, before the sign is looked at.
        return this.isDone() ? undefined : this.structure(character);
      }
      default:
        this.token += character;
        return undefined;
    }
  }

  /** Keeps a value that is complete at the top; true when it is the second one. */
  private isDone(): boolean {
    if (this.stack.length > 0 || this.next === undefined) return false;
    if (this.found !== undefined) return true;
    this.found = this.next;
    this.next = undefined;
    return false;
  }

  private structure(sign: string): string | undefined {
    if (sign === '[' || sign === '{') {
      if (this.stack.length >= this.deepest) return 'Exceeds depth limit for parsing';
      if (this.next !== undefined) return SEPARATOR;
      this.stack.push({ container: sign === '[' ? [] : {}, key: undefined });
      return undefined;
    }
    if (sign === ':') return this.colon();
    return sign === ',' ? this.comma() : this.close(sign);
  }

  private colon(): string | undefined {
    const top = this.stack.at(-1);
    if (this.next === undefined) return "Expected string key before ':'";
    if (top === undefined || Array.isArray(top.container) || top.key !== undefined)
      return "':' not as part of an object";
    if (typeof this.next !== 'string') return 'Object keys must be strings';
    top.key = this.next;
    this.next = undefined;
    return undefined;
  }

  private comma(): string | undefined {
    const top = this.stack.at(-1);
    if (this.next === undefined) return "Expected value before ','";
    if (top === undefined) return "',' not as part of an object or array";
    return this.keep(top);
  }

  private close(sign: string): string | undefined {
    const top = this.stack.at(-1);
    const isArray = sign === ']';
    if (top === undefined || Array.isArray(top.container) !== isArray) return `Unmatched '${sign}'`;
    if (isArray && this.next === undefined && (top.container as Json[]).length > 0)
      return 'Expected another array element';
    if (!isArray && this.next === undefined) {
      if (top.key !== undefined) return `Unmatched '${sign}'`;
      if (Object.keys(top.container).length > 0) return 'Expected another key-value pair';
    }
    const refused = this.next === undefined ? undefined : this.keep(top);
    if (refused !== undefined) return refused;
    this.stack.pop();
    this.next = top.container;
    return undefined;
  }

  /** Puts the last value into its container. */
  private keep(top: { readonly container: Container; key: string | undefined }): string | undefined {
    const value = this.next as Json;
    if (Array.isArray(top.container)) top.container.push(value);
    else {
      if (top.key === undefined) return 'Objects must consist of key:value pairs';
      setOwn(top.container, top.key, value);
      top.key = undefined;
    }
    this.next = undefined;
    return undefined;
  }

  private string(): string | undefined {
    const read = readString(this.text, this.at + 1);
    if (isRefusal(read)) {
      this.at = read.at;
      return read.refused;
    }
    this.at = read.end;
    return this.value(read.value);
  }

  /** Reads the literal or number gathered so far. */
  private endToken(): string | undefined {
    const { token } = this;
    if (token === '') return undefined;
    this.token = '';
    if (token.startsWith("'")) return `Invalid string literal; expected ", but got '`;
    if (token === 'nan') return this.value(NaN);
    if (LITERAL_START.test(token)) {
      const literal = LITERALS.get(token);
      return literal === undefined ? 'Invalid literal' : this.value(literal);
    }
    const number = parseNumber(token);
    return number === undefined ? 'Invalid numeric literal' : this.value(number);
  }

  private value(value: Json): string | undefined {
    if (this.next !== undefined) return SEPARATOR;
    this.next = value;
    return undefined;
  }

  private refuse(what: string, end: number, where: string): Refusal {
    if (what === UNFINISHED) return { refused: `${what} at EOF${place(this.text, this.text.length)}` };
    return { refused: `${what}${where}${place(this.text, end)}` };
  }
}

const SEPARATOR = 'Expected separator between values';
const UNFINISHED = 'Unfinished string';
const EXTRA: Refusal = { refused: 'Unexpected extra JSON values' };

/** The line, and the column in bytes, of the last character before an offset. */
function place(text: string, end: number): string {
  const before = text.slice(0, end);
  const line = before.split('\n').length;
  let column = 0;
  for (const character of before.slice(before.lastIndexOf('\n') + 1)) {
    const code = character.codePointAt(0) as number;
    column += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return ` at line ${String(line)}, column ${String(column)}`;
}
