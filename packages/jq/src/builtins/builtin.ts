import type { Context, Env } from '../compile/context.ts';
import { type Filter, genFilter, NO_PATH, type One, oneFilter, withTraits } from '../compile/filter.ts';
import { raise } from '../errors.ts';
import type { Json } from '../json.ts';
import { describe } from '../values/describe.ts';

/** Makes the filter of a call from the filters of its arguments. */
export type Builtin = (args: readonly Filter[]) => Filter;

/** A table of builtins, by `name/arity`. */
export type Builtins = Readonly<Record<string, Builtin>>;

/** A function of the input alone. */
export function fromInput(compute: (input: Json, ctx: Context) => Json): Builtin {
  const filter = oneFilter((input, env) => compute(input, env.ctx), 2);
  return () => filter;
}

/** A function of the input alone whose result is a scalar. */
export function scalarFromInput(compute: (input: Json, ctx: Context) => null | boolean | number | string): Builtin {
  const filter = oneFilter((input, env) => compute(input, env.ctx), 2, undefined, { detached: true });
  return () => filter;
}

/** A function of the input and its arguments' values: every combination, the last argument in the outer loop. */
export function fromValues(compute: (input: Json, args: readonly Json[], ctx: Context) => Json): Builtin {
  return (args) => {
    const [first] = args;
    if (args.length === 1 && first?.one !== undefined) {
      const { one } = first;
      return oneFilter((input, env) => compute(input, [one(input, env)], env.ctx), first.weight + 2);
    }
    const ones = args.map((arg) => arg.one);
    if (ones.every((one) => one !== undefined)) {
      const weight = args.reduce((sum, arg) => sum + arg.weight, 2);
      return oneFilter((input, env) => {
        const values: Json[] = [];
        // From the last one to the first: the order in which jq evaluates them, and fails.
        for (let i = ones.length - 1; i >= 0; i--) values[i] = (ones[i] as One)(input, env);
        return compute(input, values, env.ctx);
      }, weight);
    }
    return genFilter((input, env, emit) =>
      combine(args, input, env, (values) => emit(compute(input, values, env.ctx))),
    );
  };
}

/** A builtin that in jq is a loop over its input, and so is refused in a path when its input is a computed value. */
export function iterating(builtin: Builtin): Builtin {
  return (args) => {
    const filter = builtin(args);
    return withTraits(filter, {}, (input, path, env, emit) => {
      if (path === NO_PATH) raise(`Invalid path expression near attempt to iterate through ${describe(input)}`);
      return filter.paths(input, path, env, emit);
    });
  };
}

/** Runs something for every combination of values, the last one in the outer loop. */
export function combine(
  args: readonly Filter[],
  input: Json,
  env: Env,
  run: (values: readonly Json[]) => boolean,
): boolean {
  const from = (at: number, values: readonly Json[]): boolean => {
    const arg = args[at];
    if (arg === undefined) return run(values);
    return arg.gen(input, env, (value) => {
      env.ctx.spend(1);
      return from(at - 1, [value, ...values]);
    });
  };
  return from(args.length - 1, []);
}
