import { DEFAULT_LIMITS, type JqLimits, withLimits } from '../limits.ts';
import type { BinaryOperator, Definition, Node, UpdateOperator } from './ast.ts';
import { parsePatterns } from './parse-patterns.ts';
import { parsePostfix } from './parse-term.ts';
import type { Grammar } from './token-reader.ts';
import { TokenReader } from './token-reader.ts';

/**
 * Parses a program.
 * @throws JqSyntaxError when it is not one, JqLimitError when it is too long or nests too deep.
 */
export function parse(source: string, limits?: Partial<JqLimits>): Node {
  const reader = new TokenReader(source, withLimits(DEFAULT_LIMITS, limits), grammar);
  if (reader.isAtEnd()) return { type: 'identity', at: 0 };
  const node = parsePipe(reader);
  if (!reader.isAtEnd()) throw reader.unexpected('expected an operator or the end', hintFor(reader));
  return node;
}

/** `a | b`, with definitions, labels and bindings, which reach to the end of the pipe. */
function parsePipe(reader: TokenReader): Node {
  return reader.nested(() => {
    const { at } = reader.current;
    if (reader.is('def')) return parseDefinitionIn(reader, at);
    const parts = [parseComma(reader)];
    while (reader.accept('|')) {
      if (reader.is('def')) {
        parts.push(parsePipe(reader));
        break;
      }
      parts.push(parseComma(reader));
    }
    return parts.length === 1 ? (parts[0] as Node) : { type: 'pipe', parts, at };
  });
}

/** An expression without `,` and `|`, as the value of an object's key. */
function parseWithoutComma(reader: TokenReader): Node {
  return parseBinary(reader, 0);
}

/** The operand of `try`: a term with its suffixes, or another prefix form. */
function parseOperand(reader: TokenReader): Node {
  const { at } = reader.current;
  if (reader.accept('-')) {
    return { type: 'negate', operand: reader.nested(() => parseOperand(reader)), at };
  }
  if (reader.accept('try')) return parseTry(reader, at);
  if (reader.accept('label')) return parseLabel(reader, at);
  return parsePostfix(reader);
}

interface Level {
  readonly operators: readonly string[];
  readonly type: 'left' | 'right' | 'none';
}

/** Binary operators, the loosest first. */
const LEVELS: readonly Level[] = [
  { operators: ['//'], type: 'right' },
  { operators: ['=', '|=', '+=', '-=', '*=', '/=', '%=', '//='], type: 'none' },
  { operators: ['or'], type: 'left' },
  { operators: ['and'], type: 'left' },
  { operators: ['==', '!=', '<', '<=', '>', '>='], type: 'none' },
  { operators: ['+', '-'], type: 'left' },
  { operators: ['*', '/', '%'], type: 'left' },
];
const UPDATE_LEVEL = 1;

function parseComma(reader: TokenReader): Node {
  const { at } = reader.current;
  const parts = [parseBindable(reader)];
  while (reader.accept(',')) parts.push(parseBindable(reader));
  return parts.length === 1 ? (parts[0] as Node) : { type: 'comma', parts, at };
}

/** An expression, or `expression as patterns | body`. */
function parseBindable(reader: TokenReader): Node {
  const { at } = reader.current;
  const node = parseBinary(reader, 0);
  return reader.is('as') ? parseBinding(reader, node, at) : node;
}

function parseBinary(reader: TokenReader, level: number): Node {
  const spec = LEVELS[level];
  if (spec === undefined) return parseOperand(reader);
  let left = parseBinary(reader, level + 1);
  for (let chained = 1; isOperator(reader, spec); chained++) {
    reader.checkNesting(chained);
    const { text: operator, at } = reader.take();
    const right =
      spec.type === 'right' ? reader.nested(() => parseBinary(reader, level)) : parseBinary(reader, level + 1);
    left =
      level === UPDATE_LEVEL
        ? { type: 'update', operator: operator as UpdateOperator, target: left, value: right, at }
        : { type: 'binary', operator: operator as BinaryOperator, left, right, at };
    if (spec.type === 'none' && isOperator(reader, spec)) {
      throw reader.unexpected(`${operator} can not be chained`, 'Use parentheses.');
    }
  }
  return left;
}

function isOperator(reader: TokenReader, level: Level): boolean {
  const { kind, text } = reader.current;
  return (kind === 'operator' || kind === 'keyword') && level.operators.includes(text);
}

function parseTry(reader: TokenReader, at: number): Node {
  const body = reader.nested(() => parseOperand(reader));
  const handler = reader.accept('catch') ? reader.nested(() => parseOperand(reader)) : undefined;
  return { type: 'try', body, handler, at };
}

function parseLabel(reader: TokenReader, at: number): Node {
  if (reader.current.kind !== 'variable') throw reader.unexpected('expected a label like $out');
  const name = reader.take().text;
  reader.expect('|');
  return { type: 'label', name, body: parsePipe(reader), at };
}

function parseBinding(reader: TokenReader, source: Node, at: number): Node {
  reader.expect('as');
  const patterns = parsePatterns(reader);
  reader.expect('|', 'A binding is written: expression as $name | body.');
  return { type: 'bind', source, patterns, body: parsePipe(reader), at };
}

function parseDefinitionIn(reader: TokenReader, at: number): Node {
  const definition = parseDefinition(reader);
  if (reader.isAtEnd()) {
    throw reader.unexpected('a definition needs an expression after it', 'Add the expression that uses the function.');
  }
  return { type: 'define', definition, body: parsePipe(reader), at };
}

function parseDefinition(reader: TokenReader): Definition {
  const { at } = reader.expect('def');
  const { kind, text: name } = reader.current;
  if (kind !== 'name' && kind !== 'keyword') throw reader.unexpected('expected the name of a function');
  reader.take();
  const params: string[] = [];
  if (reader.accept('(')) {
    do params.push(parseParameter(reader));
    while (reader.accept(';'));
    reader.expect(')');
  }
  reader.expect(':');
  const body = parsePipe(reader);
  reader.expect(';', 'A definition ends with a semicolon.');
  return { at, name, params, body };
}

function parseParameter(reader: TokenReader): string {
  const { kind, text } = reader.current;
  if (kind !== 'name' && kind !== 'keyword' && kind !== 'variable') throw reader.unexpected('expected a parameter');
  reader.take();
  return kind === 'variable' ? `$${text}` : text;
}

function hintFor(reader: TokenReader): string | undefined {
  const { kind, text } = reader.current;
  if (text === '&' || text === '|' || text === '!') return 'Logic is written with and, or, not.';
  return kind === 'name' && (text === 'in' || text === 'is') ? 'Use == or in(…).' : undefined;
}

const grammar: Grammar = { pipe: parsePipe, withoutComma: parseWithoutComma, patterns: parsePatterns };
