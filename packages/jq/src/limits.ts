/** The budget of one program: what it may use before it is stopped with a `JqLimitError`. */
export interface JqLimits {
  /** Units of work: one per value emitted by a loop, per function call and per slice of a bulk operation. */
  readonly steps: number;
  /** Values one evaluation may emit. */
  readonly outputs: number;
  /** Length of one string, in UTF-16 units. */
  readonly stringLength: number;
  /** Elements of one array. */
  readonly arrayLength: number;
  /** Text newly built by one evaluation, in UTF-16 units; text passed through is not counted. */
  readonly textLength: number;
  /** Levels of nesting of a value that is compared, printed, walked or merged. */
  readonly depth: number;
  /** Function calls in progress at once; calls in tail position do not count. */
  readonly callDepth: number;
  /** Characters of a program's source. */
  readonly sourceLength: number;
  /** Levels of nesting of a program. */
  readonly nesting: number;
  /** Characters of a regular expression. */
  readonly patternLength: number;
}

/** The name of a limit; `stack` is the host's own call stack, which has no number. */
export type JqLimitName = keyof JqLimits | 'stack';

/** The limits a program has unless the caller says otherwise. */
export const DEFAULT_LIMITS: JqLimits = Object.freeze({
  steps: 1_000_000,
  outputs: 100_000,
  stringLength: 16_777_216,
  arrayLength: 1_000_000,
  textLength: 67_108_864,
  depth: 10_000,
  // Reached well before the host's stack is full, so that a program ends alike wherever it runs.
  callDepth: 500,
  sourceLength: 8192,
  nesting: 256,
  patternLength: 1024,
});

/** The defaults with the given limits in their place. */
export function withLimits(base: JqLimits, limits: Partial<JqLimits> | undefined): JqLimits {
  return limits === undefined ? base : { ...base, ...limits };
}
