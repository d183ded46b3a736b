import type { IfBranch, Node, ObjectEntry } from './ast.ts';
import { KEYWORDS } from './lexer.ts';
import type { TokenReader } from './token-reader.ts';

/** A term with its suffixes: `.a`, `["a"]`, `[1:2]`, `[]`, `?`. */
export function parsePostfix(reader: TokenReader): Node {
  let node = parseTerm(reader);
  for (let length = 1; ; length++) {
    reader.checkNesting(length);
    const next = parseSuffix(reader, node);
    if (next === undefined) return node;
    node = next;
  }
}

/** A string literal or interpolation whose quote is the current token. */
export function parseString(reader: TokenReader, format: string | undefined, at: number): Node {
  const parts: (string | Node)[] = [];
  for (;;) {
    const part = reader.stringPart();
    if (part.text !== '') parts.push(part.text);
    if (part.end === 'quote') break;
    reader.resume();
    parts.push(reader.grammar.pipe(reader));
    if (!reader.is(')')) throw reader.unexpected('expected ) at the end of the interpolation');
  }
  reader.resume();
  if (parts.every((part) => typeof part === 'string')) return { type: 'literal', value: parts.join(''), at };
  return { type: 'string', format, parts, at };
}

/** The word a token spells when it stands for an object's key: names and reserved words alike. */
export function wordOf(reader: TokenReader): string | undefined {
  const { kind, text } = reader.current;
  return kind === 'name' || (kind === 'keyword' && KEYWORDS.has(text)) ? text : undefined;
}

function parseSuffix(reader: TokenReader, target: Node): Node | undefined {
  const { kind, text, at } = reader.current;
  if (kind === 'field') {
    reader.take();
    return index(reader, target, { type: 'literal', value: text, at }, at);
  }
  if (reader.is('?//')) {
    reader.splitOptional();
    return { type: 'try', body: target, handler: undefined, at };
  }
  if (reader.accept('?')) return { type: 'try', body: target, handler: undefined, at };
  if (reader.is('[')) return parseBracket(reader, target);
  if (!reader.is('.')) return undefined;
  reader.take();
  if (reader.is('[')) return parseBracket(reader, target);
  return parseDotString(reader, target, at);
}

function parseDotString(reader: TokenReader, target: Node, at: number): Node {
  const { kind, text } = reader.current;
  if (kind === 'quote') return index(reader, target, parseString(reader, undefined, at), at);
  if (kind === 'format') {
    reader.take();
    if (reader.current.kind === 'quote') return index(reader, target, parseString(reader, text, at), at);
  }
  throw reader.unexpected('expected a field after the dot', 'Fields with other characters are written ."a-b".');
}

function index(reader: TokenReader, target: Node, key: Node, at: number): Node {
  return { type: 'index', target, key, optional: acceptOptional(reader), at };
}

function acceptOptional(reader: TokenReader): boolean {
  if (!reader.is('?//')) return reader.accept('?');
  reader.splitOptional();
  return true;
}

function parseBracket(reader: TokenReader, target: Node): Node {
  const { at } = reader.expect('[');
  if (reader.accept(']')) return { type: 'iterate', target, optional: acceptOptional(reader), at };
  if (reader.accept(':')) {
    const to = reader.grammar.pipe(reader);
    reader.expect(']');
    return { type: 'slice', target, from: undefined, to, optional: acceptOptional(reader), at };
  }
  const key = reader.grammar.pipe(reader);
  if (!reader.accept(':')) {
    reader.expect(']');
    return index(reader, target, key, at);
  }
  const to = reader.is(']') ? undefined : reader.grammar.pipe(reader);
  reader.expect(']');
  return { type: 'slice', target, from: key, to, optional: acceptOptional(reader), at };
}

function parseTerm(reader: TokenReader): Node {
  const { kind, text, at } = reader.current;
  switch (kind) {
    case 'number':
      reader.take();
      return { type: 'literal', value: clampNumber(Number(text)), at };
    case 'quote':
      return parseString(reader, undefined, at);
    case 'field':
      reader.take();
      return index(reader, { type: 'identity', at }, { type: 'literal', value: text, at }, at);
    case 'variable':
      return parseVariable(reader);
    case 'format':
      reader.take();
      return reader.current.kind === 'quote' ? parseString(reader, text, at) : { type: 'format', name: text, at };
    case 'name':
      return parseCall(reader);
    default:
      return parseSymbol(reader);
  }
}

/** Numbers beyond the largest double are that double, as in jq. */
function clampNumber(value: number): number {
  return value === Infinity ? Number.MAX_VALUE : value;
}

function parseVariable(reader: TokenReader): Node {
  const { text: name, at } = reader.take();
  if (name !== '__loc__') return { type: 'variable', name, at };
  const { line } = reader.error('', at).position;
  return { type: 'literal', value: { file: '<top-level>', line }, at };
}

const CONSTANTS: ReadonlyMap<string, null | boolean> = new Map([
  ['null', null],
  ['true', true],
  ['false', false],
]);

function parseCall(reader: TokenReader): Node {
  const { text: name, at } = reader.take();
  const args: Node[] = [];
  const constant = CONSTANTS.get(name);
  if (constant !== undefined && !reader.is('(')) return { type: 'literal', value: constant, at };
  if (reader.accept('(')) {
    do args.push(reader.grammar.pipe(reader));
    while (reader.accept(';'));
    reader.expect(')', 'Arguments are separated by semicolons.');
  }
  return { type: 'call', name, args, at };
}

function parseSymbol(reader: TokenReader): Node {
  const { text, at } = reader.current;
  if (reader.accept('(')) {
    const inner = reader.grammar.pipe(reader);
    reader.expect(')');
    return inner;
  }
  if (reader.accept('[')) return parseArray(reader, at);
  if (reader.accept('{')) return reader.nested(() => parseObject(reader, at));
  if (reader.accept('..')) return { type: 'recurse', at };
  if (reader.accept('.')) return parseDot(reader, at);
  if (reader.accept('if')) return reader.nested(() => parseIf(reader, at));
  if (reader.accept('reduce')) return parseFold(reader, 'reduce', at);
  if (reader.accept('foreach')) return parseFold(reader, 'foreach', at);
  if (reader.accept('break')) {
    if (reader.current.kind !== 'variable') throw reader.unexpected('break needs a label like $out');
    return { type: 'break', name: reader.take().text, at };
  }
  if (text === 'import' || text === 'include' || text === 'module') {
    throw reader.error(
      `${text} is not available: expressions can not load modules`,
      at,
      'Write the definitions in the expression itself.',
    );
  }
  throw reader.unexpected('expected a value', symbolHint(text));
}

function symbolHint(text: string): string | undefined {
  return text === '=' ? 'Comparison is written ==.' : undefined;
}

function parseDot(reader: TokenReader, at: number): Node {
  const identity: Node = { type: 'identity', at };
  const { kind } = reader.current;
  if (reader.is('[')) return parseBracket(reader, identity);
  if (kind === 'quote') return parseDotString(reader, identity, at);
  return identity;
}

function parseArray(reader: TokenReader, at: number): Node {
  if (reader.accept(']')) return { type: 'array', body: undefined, at };
  const body = reader.grammar.pipe(reader);
  reader.expect(']');
  return { type: 'array', body, at };
}

function parseIf(reader: TokenReader, at: number): Node {
  const branches: IfBranch[] = [];
  do {
    const condition = reader.grammar.pipe(reader);
    reader.expect('then');
    branches.push({ condition, then: reader.grammar.pipe(reader) });
  } while (reader.accept('elif'));
  const otherwise = reader.accept('else') ? reader.grammar.pipe(reader) : undefined;
  reader.expect('end', 'An if ends with end.');
  return { type: 'if', branches, otherwise, at };
}

function parseFold(reader: TokenReader, type: 'reduce' | 'foreach', at: number): Node {
  const source = reader.grammar.withoutComma(reader);
  reader.expect('as');
  const patterns = reader.grammar.patterns(reader);
  reader.expect('(');
  const init = reader.grammar.pipe(reader);
  reader.expect(';');
  const update = reader.grammar.pipe(reader);
  const extract = type === 'foreach' && reader.accept(';') ? reader.grammar.pipe(reader) : undefined;
  reader.expect(')');
  if (type === 'reduce') return { type, source, patterns, init, update, at };
  return { type, source, patterns, init, update, extract, at };
}

function parseObject(reader: TokenReader, at: number): Node {
  const entries: ObjectEntry[] = [];
  while (!reader.is('}')) {
    entries.push(parseEntry(reader));
    if (!reader.accept(',')) break;
  }
  reader.expect('}', 'Values with a pipe or a comma need parentheses.');
  return { type: 'object', entries, at };
}

function parseEntry(reader: TokenReader): ObjectEntry {
  const { kind, text, at } = reader.current;
  if (kind === 'variable') return parseVariableEntry(reader);
  const word = wordOf(reader);
  if (word !== undefined) {
    reader.take();
    const key: Node = { type: 'literal', value: word, at };
    return { key, value: parseEntryValue(reader) ?? fieldOf(key) };
  }
  if (kind === 'quote') return parseStringEntry(reader, undefined, at);
  if (kind === 'format') {
    reader.take();
    if (reader.current.kind === 'quote') return parseStringEntry(reader, text, at);
    throw reader.unexpected('expected a string after the format');
  }
  if (!reader.accept('('))
    throw reader.unexpected('expected a key', 'Put a computed key in parentheses: {(.name): 1}.');
  const key = reader.grammar.pipe(reader);
  reader.expect(')');
  const value = parseEntryValue(reader);
  if (value === undefined) throw reader.unexpected('expected : and a value after the key');
  return { key, value };
}

function parseVariableEntry(reader: TokenReader): ObjectEntry {
  const { text, at } = reader.current;
  const variable = parseVariable(reader);
  const value = parseEntryValue(reader);
  if (value !== undefined) return { key: variable, value };
  return { key: { type: 'literal', value: text, at }, value: variable };
}

function parseStringEntry(reader: TokenReader, format: string | undefined, at: number): ObjectEntry {
  const key = parseString(reader, format, at);
  return { key, value: parseEntryValue(reader) ?? fieldOf(key) };
}

/** `{name}` is short for `{name: .name}`. */
function fieldOf(key: Node): Node {
  return { type: 'index', target: { type: 'identity', at: key.at }, key, optional: false, at: key.at };
}

/** The value after `:`; a pipe is allowed, a comma is not. */
function parseEntryValue(reader: TokenReader): Node | undefined {
  if (!reader.accept(':')) return undefined;
  return reader.nested(() => {
    const { at } = reader.current;
    const parts = [reader.grammar.withoutComma(reader)];
    while (reader.accept('|')) parts.push(reader.grammar.withoutComma(reader));
    return parts.length === 1 ? (parts[0] as Node) : { type: 'pipe', parts, at };
  });
}
