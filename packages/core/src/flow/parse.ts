import { Composer, Lexer, Parser } from 'yaml';
import type { Document } from 'yaml';
import { limits } from '../limits.ts';
import type { Problem, Result } from '../result.ts';
import type { FlowDocument } from './document.ts';
import { flowLimits } from './limits.ts';
import { positionsOf } from './positions.ts';
import type { Position, Positions } from './positions.ts';
import { syntaxProblem } from './syntax-words.ts';
import { toJson } from './yaml-json.ts';

/** A document that was read: whether it is a flow is not known yet. */
export interface ParsedFlow {
  /** Plain JSON: objects have no prototype. Its type holds once `checkFlow` found it valid. */
  readonly document: FlowDocument;
  readonly positions: Positions;
}

/**
 * Reads YAML 1.2 (core schema) or JSON. Refused: syntax errors, duplicate keys, several documents, what JSON cannot
 * say, and whatever goes beyond the limits, before it costs time or memory.
 */
export function parseFlow(text: string, options: { readonly format?: 'yaml' | 'json' } = {}): Result<ParsedFlow> {
  if (text.length > limits.flowCharacters) {
    const message = `The document has ${text.length} characters; Pawl reads at most ${limits.flowCharacters}.`;
    return refused({
      code: 'PAWL_FLOW_TOO_LARGE',
      severity: 'error',
      path: '',
      message,
      hint: 'keep data out of the flow: read it with an action, or split the flow',
      line: 1,
      column: 1,
    });
  }
  const lines = lineStarts(text);
  const nul = text.indexOf('\u0000');
  if (nul >= 0) return refused({ ...hasNul, ...positionAt(lines, nul) });
  const strict = options.format === 'json' ? jsonSyntaxProblem(text) : undefined;
  if (strict !== undefined) return refused(strict);
  const documents = compose(text, lines);
  if ('code' in documents) return refused(documents);
  const at = (offset: number) => positionAt(lines, offset);
  // Only the first error: those after it are mostly what the reader made of the rest.
  const error = documents.flatMap((document) => [...document.errors, ...document.warnings])[0];
  if (error !== undefined) return refused(syntaxProblem(error, at));
  const [document, second] = documents;
  if (document === undefined || document.contents === null) return refused(empty);
  if (second !== undefined) return refused({ ...several, ...at(second.range[0]) });
  const converted = toJson(document.contents);
  const problems = converted.problems.map(({ offset, ...problem }) => ({ ...problem, ...at(offset) }));
  if (problems.some((problem) => problem.severity === 'error')) return { ok: false, problems };
  const positions = positionsOf(document.contents, converted.aliases, text, at);
  return { ok: true, value: { document: converted.value as unknown as FlowDocument, positions }, problems };
}

const hasNul: Problem = {
  code: 'PAWL_FLOW_SYNTAX',
  severity: 'error',
  path: '',
  message: 'The document holds a NUL character (U+0000), which YAML and JSON do not have.',
  hint: 'save it as UTF-8 text; within a string NUL is written as \\0 in YAML and \\u0000 in JSON',
};

const empty: Problem = {
  code: 'PAWL_FLOW_EMPTY',
  severity: 'error',
  path: '',
  message: 'The document is empty.',
  hint: 'a flow begins with document: and do:',
  line: 1,
  column: 1,
};
const several: Problem = {
  code: 'PAWL_FLOW_SEVERAL',
  severity: 'error',
  path: '',
  message: 'The text holds several documents; a flow is one.',
  hint: 'put what follows the line --- into a file of its own',
};

function refused(problem: Problem): { readonly ok: false; readonly problems: readonly Problem[] } {
  return { ok: false, problems: [problem] };
}

/**
 * The documents of a text, or why it is not read. The library's composer recurses into nested values, so depth is
 * counted while the (iterative) parser runs, before anything is composed.
 */
function compose(text: string, lines: readonly number[]): readonly Document.Parsed[] | Problem {
  const parser = new Parser();
  const tokens = [];
  let lexemes = 0;
  let offset = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    offset = parser.offset;
    if (parser.stack.length > flowLimits.nesting) {
      const message = `The document is nested more than ${flowLimits.nesting} levels deep.`;
      return {
        code: 'PAWL_FLOW_TOO_DEEP',
        severity: 'error',
        path: '',
        message,
        hint: 'move inner tasks into use.functions and call them',
        ...positionAt(lines, offset),
      };
    }
    if (++lexemes > flowLimits.lexemes) {
      const message = `The document has more than ${flowLimits.lexemes} words and marks.`;
      return {
        code: 'PAWL_FLOW_TOO_LARGE',
        severity: 'error',
        path: '',
        message,
        hint: 'split the flow',
        ...positionAt(lines, offset),
      };
    }
  }
  for (const token of parser.end()) tokens.push(token);
  // Duplicate keys are found by `toJson`: the library's own search takes quadratic time. Tags beyond the core schema
  // stay unresolved, which it warns of, and warnings are refused.
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    uniqueKeys: false,
    resolveKnownTags: false,
    logLevel: 'silent',
  });
  return [...composer.compose(tokens, true, text.length)] as Document.Parsed[];
}

/** The first thing that makes a text no JSON; the reader of YAML would let it pass. */
function jsonSyntaxProblem(text: string): Problem | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const message = `The text is not JSON: ${(error as Error).message}.`;
    return {
      code: 'PAWL_FLOW_SYNTAX',
      severity: 'error',
      path: '',
      message,
      hint: 'a flow in YAML has the ending .yaml',
    };
  }
}

/** Offsets at which the lines of a text begin. */
function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** 1-based line and column of an offset. */
function positionAt(starts: readonly number[], offset: number): Position {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] as number) + 1 };
}
