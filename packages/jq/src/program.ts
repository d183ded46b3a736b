import { Compiler } from './compile/compiler.ts';
import { Context, Env } from './compile/context.ts';
import type { Filter } from './compile/filter.ts';
import { Scope } from './compile/scope.ts';
import { JqError, JqLimitError, Raised } from './errors.ts';
import type { Json } from './json.ts';
import { DEFAULT_LIMITS, type JqLimits, withLimits } from './limits.ts';
import { parse } from './syntax/parser.ts';
import { checkOutput } from './values/check-output.ts';
import { describe } from './values/describe.ts';
import { toFinite } from './values/finite.ts';

/** What a program is compiled with. */
export interface CompileOptions {
  /** Names of the variables it may use, without the `$`. None by default. */
  readonly variables?: readonly string[];
  /** Limits other than the defaults. */
  readonly limits?: Partial<JqLimits>;
}

/** What a program is run with. */
export interface RunOptions {
  /** Values of the variables, by name without the `$`. */
  readonly variables?: Readonly<Record<string, Json>>;
  /** The clock of `now`, in seconds since the epoch. Without it `now` is an error. */
  readonly now?: () => number;
  /** Limits of this run other than the program's own. */
  readonly limits?: Partial<JqLimits>;
}

/**
 * Compiles a jq program.
 * @throws JqSyntaxError when it is not one or uses an unknown name, JqLimitError when it is too large.
 */
export function compile(source: string, options: CompileOptions = {}): Program {
  const limits = withLimits(DEFAULT_LIMITS, options.limits);
  return withoutOverflow(() => {
    const compiler = new Compiler(source, new Set(options.variables));
    const filter = compiler.compile(parse(source, limits), Scope.root);
    return new Program(source, filter, compiler.globals, limits);
  });
}

const NO_OPTIONS: RunOptions = {};

/** A compiled program. It keeps nothing between runs and can be used any number of times. */
export class Program {
  readonly source: string;
  /** Names of the variables the program uses, without the `$`. */
  readonly variables: readonly string[];
  /** True when the program gives the same value whatever its input and variables are. */
  readonly isConstant: boolean;
  private readonly filter: Filter;
  private readonly limits: JqLimits;

  constructor(source: string, filter: Filter, variables: readonly string[], limits: JqLimits) {
    this.source = source;
    this.filter = filter;
    this.variables = variables;
    this.limits = limits;
    this.isConstant = filter.constant !== undefined;
  }

  /**
   * All outputs of the program.
   * @throws JqError when the program fails, JqLimitError when it uses up its budget.
   */
  run(input: Json, options: RunOptions = NO_OPTIONS): Json[] {
    const outputs: Json[] = [];
    this.each(input, options, (value) => outputs.push(value));
    return outputs;
  }

  /**
   * Calls `emit` with each output as it comes, so that those before an error are not lost.
   * @throws as `run` does, and what `emit` throws.
   */
  each(input: Json, options: RunOptions, emit: (output: Json) => void): void {
    const context = this.contextOf(options);
    const bound = context.limits.outputs;
    let count = 0;
    evaluating(() =>
      this.filter.gen(input, new Env(context, null, undefined), (value) => {
        count += 1;
        if (count > bound) throw new JqLimitError('outputs', bound);
        emit(this.finish(value, context));
        return false;
      }),
    );
  }

  /**
   * The single output of the program, or undefined when it has none. It stops at a second output.
   * The output may share parts with the input and the variables, so none of them should be changed after.
   * @throws JqError when the program fails or, with the code `multiple`, has a second output; JqLimitError
   * when it uses up its budget.
   */
  evaluate(input: Json, options: RunOptions = NO_OPTIONS): Json | undefined {
    const { one, opt, contextFree, singlePath: isPlain } = this.filter;
    try {
      // What only reads a part of its input makes nothing that would have to be counted.
      if (one !== undefined && contextFree && isPlain) return one(input, NO_ENV);
      const context = this.contextOf(options);
      const env = new Env(context, null, undefined);
      const value = opt === undefined ? single(this.filter, input, env) : opt(input, env);
      return value === undefined ? undefined : this.finish(value, context);
    } catch (error) {
      throw translate(error);
    }
  }

  /** An output as it is handed out. */
  private finish(output: Json, context: Context): Json {
    if (context.nonFinite) return toFinite(output, context);
    if (!this.filter.singlePath) checkOutput(output, context);
    return output;
  }

  private contextOf(options: RunOptions): Context {
    const { variables } = this;
    const values = options.variables;
    const globals: (Json | undefined)[] = [];
    for (let i = 0; i < variables.length; i++) {
      const name = variables[i] as string;
      globals.push(values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined);
    }
    return new Context(withLimits(this.limits, options.limits), globals, options.now);
  }
}

/** The environment of programs that never look at it. */
const NO_ENV = new Env(new Context(DEFAULT_LIMITS, [], undefined), null, undefined);

function single(filter: Filter, input: Json, env: Env): Json | undefined {
  let first: Json | undefined;
  filter.gen(input, env, (value) => {
    if (first !== undefined) {
      const message = 'The expression gave more than one value.';
      throw new JqError(message, message, 'multiple', 'Take one with first(…), or all as a list with [ … ].');
    }
    first = value;
    return false;
  });
  return first;
}

function evaluating<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw translate(error);
  }
}

function withoutOverflow<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw isOverflow(error) ? new JqLimitError('stack', NaN) : error;
  }
}

/** Turns what the machine throws into what callers are promised. */
function translate(error: unknown): unknown {
  if (error instanceof Raised) return new JqError(messageOf(error.value), error.value);
  return isOverflow(error) ? new JqLimitError('stack', NaN) : error;
}

/** The host reports a full stack, and a string or an array beyond its own bounds, as a RangeError. */
function isOverflow(error: unknown): boolean {
  return error instanceof RangeError;
}

function messageOf(value: Json): string {
  return typeof value === 'string' ? value : `error (not a string): ${describe(value)}`;
}
