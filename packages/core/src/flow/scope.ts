/** Where an expression stands in the life of a task or a run; it decides which variables there are. */
export type ExpressionPlace =
  /** The run's `input.from`. */
  | 'runInput'
  /** The run's `output.as`. */
  | 'runOutput'
  /** A task's `if` and `input.from`: before its input is there. */
  | 'before'
  /** A task's body and its `output.as`. */
  | 'body'
  /** A task's `export.as`. */
  | 'export'
  /** The key of a start, made from the raw input alone. */
  | 'start';

/** The language's own variables by place, without `$`. Names of `for` and `catch` come on top. */
export const placeVariables: Readonly<Record<ExpressionPlace, readonly string[]>> = {
  start: [],
  runInput: ['secrets', 'workflow', 'runtime'],
  runOutput: ['context', 'secrets', 'workflow', 'runtime'],
  before: ['context', 'task', 'secrets', 'workflow', 'runtime'],
  body: ['context', 'task', 'input', 'authorization', 'secrets', 'workflow', 'runtime'],
  export: ['context', 'task', 'input', 'output', 'authorization', 'secrets', 'workflow', 'runtime'],
};

/** All of the language's own variables: names that a `for` or a `catch` must not take. */
export const reservedVariables: readonly string[] = placeVariables.export;

/** Names that mean something as a `then`, and so can name no task. */
export const flowDirectives: readonly string[] = ['continue', 'exit', 'end'];

/** Default names of the variables that tasks bind. */
export const defaultNames = { each: 'item', at: 'index', as: 'error' } as const;
