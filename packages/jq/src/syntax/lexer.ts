import { JqSyntaxError, positionAt } from '../errors.ts';

/** The kinds of token. A keyword or an operator is its own kind. */
export type TokenKind = 'number' | 'name' | 'field' | 'variable' | 'format' | 'quote' | 'operator' | 'keyword' | 'end';

/** A token: `text` is the name of a name, field, variable or format, and the spelling of all others. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
}

/** A part of a string literal and what ended it. */
export interface StringPart {
  readonly text: string;
  readonly end: 'quote' | 'interpolation';
}

/** The reserved words; they are still usable as field names and object keys. */
export const KEYWORDS: ReadonlySet<string> = new Set([
  'def',
  'module',
  'import',
  'include',
  'if',
  'then',
  'else',
  'elif',
  'end',
  'as',
  'reduce',
  'foreach',
  'try',
  'catch',
  'label',
  'break',
  'and',
  'or',
  '__loc__',
]);

const OPERATORS = [
  '?//',
  '//=',
  '|=',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '==',
  '!=',
  '<=',
  '>=',
  '//',
  '..',
  '|',
  ',',
  '=',
  '<',
  '>',
  '+',
  '-',
  '*',
  '/',
  '%',
  '?',
  ':',
  ';',
  '.',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
];

const BLANK = /(?:[ \t\r\n]|#(?:[^\\\r\n]|\\(?:\r\n|[^]?)|\r(?!\n))*)*/y;
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const NAME = /(?:[a-zA-Z_]\w*::)*[a-zA-Z_]\w*/y;
const FIELD = /\.[a-zA-Z_]\w*/y;
const VARIABLE = /\$(?:[a-zA-Z_]\w*::)*[a-zA-Z_]\w*/y;
const FORMAT = /@\w+/y;
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

/** Reads tokens on demand. After a `quote` token the parser reads the string with `stringPart`. */
export class Lexer {
  readonly source: string;
  private offset = 0;
  /** Where the innermost string read so far was opened. */
  private quoteAt = 0;

  constructor(source: string) {
    this.source = source;
  }

  /** The next token. */
  next(): Token {
    this.match(BLANK);
    const at = this.offset;
    if (at >= this.source.length) return { kind: 'end', text: 'the end of the expression', at };
    if (this.source[at] === '"') {
      this.offset += 1;
      this.quoteAt = at;
      return { kind: 'quote', text: '"', at };
    }
    const number = this.match(NUMBER);
    if (number !== undefined) return { kind: 'number', text: number, at };
    const field = this.match(FIELD);
    if (field !== undefined) return { kind: 'field', text: field.slice(1), at };
    const variable = this.match(VARIABLE);
    if (variable !== undefined) return { kind: 'variable', text: variable.slice(1), at };
    const format = this.match(FORMAT);
    if (format !== undefined) return { kind: 'format', text: format, at };
    const name = this.match(NAME);
    if (name !== undefined) return { kind: KEYWORDS.has(name) ? 'keyword' : 'name', text: name, at };
    return this.operator(at);
  }

  /** The text of a string literal up to its end or its next interpolation. */
  stringPart(): StringPart {
    let text = '';
    for (;;) {
      const at = this.offset;
      const character = this.source[at];
      if (character === undefined) throw this.error('This string is not closed', this.quoteAt, 'Add the missing ".');
      this.offset += 1;
      if (character === '"') return { text: text.toWellFormed(), end: 'quote' };
      if (character !== '\\') text += character;
      else if (this.source[this.offset] === '(') {
        this.offset += 1;
        return { text: text.toWellFormed(), end: 'interpolation' };
      } else text += this.escape(at);
    }
  }

  /** An error at an offset of the source. */
  error(message: string, at: number, hint?: string): JqSyntaxError {
    return new JqSyntaxError(message, positionAt(this.source, at), hint);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.offset;
    const found = pattern.exec(this.source)?.[0];
    if (found === undefined) return undefined;
    this.offset += found.length;
    return found;
  }

  private operator(at: number): Token {
    const operator = OPERATORS.find((candidate) => this.source.startsWith(candidate, at));
    if (operator === undefined) {
      const character = String.fromCodePoint(this.source.codePointAt(at) ?? 0);
      throw this.error(
        `Unexpected character ${character}`,
        at,
        character === "'" ? 'Strings are written in double quotes.' : undefined,
      );
    }
    this.offset += operator.length;
    return { kind: 'operator', text: operator, at };
  }

  private escape(at: number): string {
    const letter = this.source[this.offset] ?? '';
    this.offset += 1;
    const known = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    if (known !== undefined) return known;
    const hex = this.source.slice(this.offset, this.offset + 4);
    if (letter !== 'u' || !/^[0-9a-fA-F]{4}$/.test(hex)) {
      throw this.error(`Unknown escape \\${letter} in a string`, at, 'Write \\\\ for a backslash.');
    }
    this.offset += 4;
    return String.fromCharCode(parseInt(hex, 16));
  }
}
