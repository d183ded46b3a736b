import type { Node, Pattern, PatternEntry } from './ast.ts';
import { parseString, wordOf } from './parse-term.ts';
import type { TokenReader } from './token-reader.ts';

/** `pattern ?// pattern …`: the alternatives are tried in order. */
export function parsePatterns(reader: TokenReader): Pattern[] {
  const patterns = [parsePattern(reader)];
  while (reader.accept('?//')) patterns.push(parsePattern(reader));
  return patterns;
}

function parsePattern(reader: TokenReader): Pattern {
  return reader.nested(() => {
    const { kind, text, at } = reader.current;
    if (kind === 'variable') {
      reader.take();
      return { type: 'variable', name: text, at };
    }
    if (reader.accept('[')) return { type: 'array', items: parseItems(reader, ']', parsePattern), at };
    if (reader.accept('{')) return { type: 'object', entries: parseItems(reader, '}', parsePatternEntry), at };
    throw reader.unexpected('expected a variable or a pattern', 'Patterns look like $x, [$x, $y] or {key: $x}.');
  });
}

function parseItems<T>(reader: TokenReader, closing: string, parseItem: (reader: TokenReader) => T): T[] {
  const items = [parseItem(reader)];
  while (reader.accept(',')) items.push(parseItem(reader));
  reader.expect(closing);
  return items;
}

function parsePatternEntry(reader: TokenReader): PatternEntry {
  const { kind, text, at } = reader.current;
  if (kind === 'variable') {
    reader.take();
    const key: Node = { type: 'literal', value: text, at };
    return { key, variable: text, pattern: reader.accept(':') ? parsePattern(reader) : undefined };
  }
  const key = parseKey(reader);
  reader.expect(':');
  return { key, variable: undefined, pattern: parsePattern(reader) };
}

function parseKey(reader: TokenReader): Node {
  const { kind, at } = reader.current;
  const word = wordOf(reader);
  if (word !== undefined) {
    reader.take();
    return { type: 'literal', value: word, at };
  }
  if (kind === 'quote') return parseString(reader, undefined, at);
  reader.expect('(', 'A key is a name, a string, a variable, or an expression in parentheses.');
  const key = reader.grammar.pipe(reader);
  reader.expect(')');
  return key;
}
