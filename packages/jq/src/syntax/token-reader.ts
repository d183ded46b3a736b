import type { JqSyntaxError } from '../errors.ts';
import { JqLimitError } from '../errors.ts';
import type { JqLimits } from '../limits.ts';
import type { Node, Pattern } from './ast.ts';
import { Lexer, type StringPart, type Token } from './lexer.ts';

/** The rules that files of the grammar share: it is recursive, and files that import each other would be a knot. */
export interface Grammar {
  /** A whole pipe. */
  readonly pipe: (reader: TokenReader) => Node;
  /** A pipe's part up to a comma, as in an object or an argument. */
  readonly withoutComma: (reader: TokenReader) => Node;
  /** The patterns after `as`. */
  readonly patterns: (reader: TokenReader) => Pattern[];
}

/** One token of look-ahead over a source, and the depth guard of the parser. */
export class TokenReader {
  /** The token not yet taken. */
  current: Token;
  readonly grammar: Grammar;
  private readonly lexer: Lexer;
  private readonly limits: JqLimits;
  private depth = 0;

  constructor(source: string, limits: JqLimits, grammar: Grammar) {
    if (source.length > limits.sourceLength) throw new JqLimitError('sourceLength', limits.sourceLength);
    this.limits = limits;
    this.grammar = grammar;
    this.lexer = new Lexer(source);
    this.current = this.lexer.next();
  }

  /** Takes the current token. */
  take(): Token {
    const token = this.current;
    this.current = this.lexer.next();
    return token;
  }

  /** True when nothing is left. */
  isAtEnd(): boolean {
    return this.current.kind === 'end';
  }

  /** True when the current token is the given operator or keyword. */
  is(text: string): boolean {
    const { kind } = this.current;
    return (kind === 'operator' || kind === 'keyword') && this.current.text === text;
  }

  /** Takes the current token if it is the given operator or keyword. */
  accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.take();
    return true;
  }

  /** Takes the given operator or keyword, or fails. */
  expect(text: string, hint?: string): Token {
    if (!this.is(text)) throw this.unexpected(`expected ${text}`, hint);
    return this.take();
  }

  /** Splits `?//` where only `?` belongs, as in `.a?//"none"`. */
  splitOptional(): void {
    this.current = { kind: 'operator', text: '//', at: this.current.at + 1 };
  }

  /** Reads the next part of the string whose opening quote, or last interpolation, is the current token. */
  stringPart(): StringPart {
    return this.lexer.stringPart();
  }

  /** Reads on after a string's closing quote. */
  resume(): void {
    this.current = this.lexer.next();
  }

  /** Runs a parser one level deeper, within the limit on nesting. */
  nested<T>(parse: () => T): T {
    this.depth += 1;
    this.checkNesting(this.depth);
    const result = parse();
    this.depth -= 1;
    return result;
  }

  /** Refuses a program that nests too deep. */
  checkNesting(depth: number): void {
    if (depth > this.limits.nesting) throw new JqLimitError('nesting', this.limits.nesting);
  }

  /** An error at the current token. */
  unexpected(wanted: string, hint?: string): JqSyntaxError {
    const { kind, text, at } = this.current;
    const shown = kind === 'field' ? `.${text}` : kind === 'variable' ? `$${text}` : text;
    return this.lexer.error(`Unexpected ${shown}: ${wanted}`, at, hint);
  }

  /** An error at an offset. */
  error(message: string, at: number, hint?: string): JqSyntaxError {
    return this.lexer.error(message, at, hint);
  }
}
