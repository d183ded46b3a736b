import type { Json } from './json.ts';
import type { JqLimitName } from './limits.ts';

/** A place in a program's source: offset from 0 in UTF-16 units, line and column from 1. */
export interface Position {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** The line and column of an offset in a source. */
export function positionAt(source: string, offset: number): Position {
  const before = source.slice(0, offset);
  const line = before.split('\n').length;
  return { offset, line, column: offset - before.lastIndexOf('\n') };
}

/** A program that does not compile: where, why, and what to write instead when that is known. */
export class JqSyntaxError extends Error {
  /** Where the problem starts. */
  readonly position: Position;
  /** What to do about it, or undefined. */
  readonly hint: string | undefined;

  constructor(message: string, position: Position, hint?: string) {
    super(message);
    this.name = 'JqSyntaxError';
    this.position = position;
    this.hint = hint;
  }
}

/** Why an evaluation failed: the program raised an error, or gave several values where one is expected. */
export type JqErrorCode = 'raised' | 'multiple';

/** A program that failed on its input. `value` is what `catch` would have received. */
export class JqError extends Error {
  readonly value: Json;
  readonly code: JqErrorCode;
  /** What to do about it, or undefined. */
  readonly hint: string | undefined;

  constructor(message: string, value: Json, code: JqErrorCode = 'raised', hint?: string) {
    super(message);
    this.name = 'JqError';
    this.value = value;
    this.code = code;
    this.hint = hint;
  }
}

/** A program that used up its budget. It can not be caught by the program. */
export class JqLimitError extends Error {
  /** Which limit was reached. */
  readonly limit: JqLimitName;
  /** The value of that limit; NaN for `stack`, which has none. */
  readonly bound: number;

  constructor(limit: JqLimitName, bound: number) {
    super(
      limit === 'stack'
        ? 'The expression was stopped: it nests its calls too deep.'
        : `The expression was stopped: it reached the limit of ${String(bound)} on ${LIMIT_TEXTS[limit]}.`,
    );
    this.name = 'JqLimitError';
    this.limit = limit;
    this.bound = bound;
  }
}

const LIMIT_TEXTS: Readonly<Record<Exclude<JqLimitName, 'stack'>, string>> = {
  steps: 'steps of work',
  outputs: 'values emitted',
  stringLength: 'the length of a string',
  arrayLength: 'the length of an array',
  textLength: 'text built in one evaluation',
  depth: 'the nesting of a value',
  callDepth: 'nested function calls',
  sourceLength: 'the length of an expression',
  nesting: 'the nesting of an expression',
  patternLength: 'the length of a regular expression',
};

/**
 * An error on its way through a running program. It is not an `Error`: capturing a stack for each
 * one would let `try error` in a loop cost far more than the step it is charged.
 */
export class Raised {
  readonly value: Json;

  constructor(value: Json) {
    this.value = value;
  }
}

/** Raises a jq error with a text. */
export function raise(message: string): never {
  throw new Raised(message);
}
