import type { Context, Env } from '../compile/context.ts';
import { firstOf } from '../compile/update.ts';
import {
  type Emit,
  type EmitPath,
  type Filter,
  genFilter,
  NO_PATH,
  optFilter,
  type Path,
  type Paths,
} from '../compile/filter.ts';
import { compileIndexOf } from '../compile/access.ts';
import { JqLimitError, raise } from '../errors.ts';
import { isTruthy, type Json, type JsonObject } from '../json.ts';
import { compare } from '../values/compare.ts';
import { describe, describeKind } from '../values/describe.ts';
import { setOwn } from '../values/objects.ts';
import { descend, keysOf, rebuild } from '../values/walk.ts';
import type { Builtins } from './builtin.ts';

/** The builtins that give several outputs, or some of the outputs of others. */
export const generators: Builtins = {
  'recurse/0': () => recurseAll,
  'recurse/1': ([f]) => recurse(f as Filter),
  'repeat/1': ([f]) => repeat(f as Filter),
  'walk/1': ([f]) => walk(f as Filter),
  'tostream/0': () => toStream,
  'until/2': ([condition, next]) => until(condition as Filter, next as Filter),
  'first/1': ([f]) => first(f as Filter),
  'last/1': ([f]) => last(f as Filter),
  'limit/2': ([count, f]) => limit(count as Filter, f as Filter),
  'skip/2': ([count, f]) => skip(count as Filter, f as Filter),
  'first/0': () => compileIndexOf(0),
  'last/0': () => compileIndexOf(-1),
  'nth/1': ([index]) => compileIndexOf(index as Filter),
};

/** Sends a value and everything below it, each with its path. */
export function recurseDown(input: Json, path: Path, env: Env, emit: EmitPath): boolean {
  if (path === NO_PATH && typeof input === 'object' && input !== null) {
    if (emit(input, path)) return true;
    raise(`Invalid path expression near attempt to iterate through ${describe(input)}`);
  }
  return descend(input, path ?? undefined, env.ctx, path === NO_PATH ? (value) => emit(value, NO_PATH) : emit);
}

const recurseAll: Filter = genFilter(
  (input, env, emit) => recurseDown(input, undefined, env, (value) => emit(value)),
  (input, path, env, emit) => recurseDown(input, path, env, emit),
);

/** `tostream`: each leaf with its path, and for each container that ends the path of its last part alone. */
const toStream: Filter = genFilter((input, env, emit) => {
  const { ctx } = env;
  return descend(
    input,
    undefined,
    ctx,
    (value, place) => {
      if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) return false;
      const path = keysOf(place);
      ctx.spendElements(path.length);
      return emit([path, value]);
    },
    (last) => {
      const path = keysOf(last);
      ctx.spendElements(path.length);
      return emit([path]);
    },
  );
});

/** `recurse(f)`: the input, and what `f` gives for it and for each of its outputs. */
function recurse(f: Filter): Filter {
  const { opt } = f;
  const paths: Paths = (input, path, env, emit) => {
    const visit = (value: Json, at: Path): boolean =>
      nested(env, () => emit(value, at) || f.paths(value, at, env, visit));
    return visit(input, path);
  };
  if (opt !== undefined) {
    return genFilter((input, env, emit) => {
      for (let value: Json | undefined = input; value !== undefined; value = opt(value, env)) {
        env.ctx.spend(1);
        if (emit(value)) return true;
      }
      return false;
    }, paths);
  }
  return genFilter((input, env, emit) => {
    const visit = (value: Json): boolean => nested(env, () => emit(value) || f.gen(value, env, visit));
    return visit(input);
  }, paths);
}

/** Counts a level of recursion that the stack pays for. */
function nested(env: Env, run: () => boolean): boolean {
  const { ctx } = env;
  ctx.spend(1);
  ctx.calls += 1;
  if (ctx.calls > ctx.limits.callDepth) throw new JqLimitError('callDepth', ctx.limits.callDepth);
  const stopped = run();
  ctx.calls -= 1;
  return stopped;
}

/** `repeat(f)`: the outputs of `f` on the input, again and again. */
function repeat(f: Filter): Filter {
  return genFilter(
    (input, env, emit) => {
      for (;;) {
        env.ctx.spend(1);
        if (f.gen(input, env, emit)) return true;
      }
    },
    (input, path, env, emit) => {
      for (;;) {
        env.ctx.spend(1);
        if (f.paths(input, path, env, emit)) return true;
      }
    },
  );
}

/** `until(condition; next)`: applies `next` until the condition holds. */
function until(condition: Filter, next: Filter): Filter {
  const paths: Paths = (input, path, env, emit) => {
    const visit = (value: Json, at: Path): boolean =>
      nested(env, () =>
        condition.gen(value, env, (done) => (isTruthy(done) ? emit(value, at) : next.paths(value, at, env, visit))),
      );
    return visit(input, path);
  };
  const test = condition.one;
  const step = next.opt;
  if (test !== undefined && step !== undefined) {
    return optFilter(
      (input, env) => {
        let value: Json | undefined = input;
        while (value !== undefined && !isTruthy(test(value, env))) {
          env.ctx.spend(1);
          value = step(value, env);
        }
        return value;
      },
      4,
      paths,
    );
  }
  return genFilter((input, env, emit) => {
    const visit = (value: Json): boolean =>
      nested(env, () =>
        condition.gen(value, env, (done) => (isTruthy(done) ? emit(value) : next.gen(value, env, visit))),
      );
    return visit(input);
  }, paths);
}

function first(f: Filter): Filter {
  const paths: Paths = (input, path, env, emit) => {
    let found: { value: Json; at: Path } | undefined;
    f.paths(input, path, env, (value, at) => {
      found = { value, at };
      return true;
    });
    return found !== undefined && emit(found.value, found.at);
  };
  return optFilter(firstOf(f), f.weight + 2, paths);
}

/** In jq `last(f)` is a fold, so a path only leads through it when it gives the input itself. */
function last(f: Filter): Filter {
  return optFilter((input, env) => {
    let found: Json | undefined;
    f.gen(input, env, (value) => {
      found = value;
      return false;
    });
    return found;
  }, f.weight + 2);
}

/** A count that is not below 0 in jq's order of values. One that is no number fails when it is counted down. */
function requireCount(count: Json, name: string, ctx: Context): Json {
  if (compare(count, 0, ctx) > 0 || count === 0) return count;
  return raise(`${name} doesn't support negative count`);
}

function countDown(count: Json): number {
  return typeof count === 'number' ? count - 1 : raise(`${describeKind(count)} and number (1) cannot be subtracted`);
}

/** `limit(count; f)`: the first outputs. It stops right after the last one, without asking for more. */
function limit(count: Filter, f: Filter): Filter {
  const run = (input: Json, env: Env, each: (left: () => 'more' | 'last') => boolean): boolean =>
    count.gen(input, env, (value) => {
      let left = requireCount(value, 'limit', env.ctx);
      if (left === 0) return false;
      return each(() => {
        left = countDown(left);
        return left > 0 ? 'more' : 'last';
      });
    });
  return genFilter(
    (input, env, emit) =>
      run(input, env, (next) => {
        let stopped = false;
        f.gen(input, env, (value) => {
          const isLast = next() === 'last';
          stopped = emit(value);
          return stopped || isLast;
        });
        return stopped;
      }),
    (input, path, env, emit) =>
      run(input, env, (next) => {
        let stopped = false;
        f.paths(input, path, env, (value, at) => {
          const isLast = next() === 'last';
          stopped = emit(value, at);
          return stopped || isLast;
        });
        return stopped;
      }),
  );
}

/** Tells for one output after the other whether it is to be skipped. */
function skipper(count: Json, ctx: Context): () => boolean {
  let left = requireCount(count, 'skip', ctx);
  if (left === 0) return () => false;
  return () => {
    if (typeof left === 'number' && left < 0) return false;
    left = countDown(left);
    return left >= 0;
  };
}

/** `skip(count; f)`: all outputs but the first ones. */
function skip(count: Filter, f: Filter): Filter {
  return genFilter(
    (input, env, emit) =>
      count.gen(input, env, (value) => {
        const skipped = skipper(value, env.ctx);
        return f.gen(input, env, (output) => !skipped() && emit(output));
      }),
    (input, path, env, emit) =>
      count.gen(input, env, (value) => {
        const skipped = skipper(value, env.ctx);
        return f.paths(input, path, env, (output, at) => !skipped() && emit(output, at));
      }),
  );
}

/** `walk(f)`: applies `f` to every part of the input, the inner ones first. */
function walk(f: Filter): Filter {
  const { opt } = f;
  if (opt === undefined) return genFilter((input, env, emit) => walkAll(f, input, env, emit));
  return optFilter((input, env) => rebuild(input, env.ctx, (value) => opt(value, env)), 4);
}

/** With a filter of several outputs, an array takes all of an element's and an object the first of a value's. */
function walkAll(f: Filter, input: Json, env: Env, emit: Emit): boolean {
  if (typeof input !== 'object' || input === null) return f.gen(input, env, emit);
  return nested(env, () => {
    if (Array.isArray(input)) {
      const items: Json[] = [];
      for (const item of input) walkAll(f, item, env, (value) => (items.push(value), false));
      return f.gen(items, env, emit);
    }
    const object: JsonObject = {};
    for (const key of Object.keys(input)) {
      walkAll(f, input[key] as Json, env, (value) => (setOwn(object, key, value), true));
    }
    return f.gen(object, env, emit);
  });
}
