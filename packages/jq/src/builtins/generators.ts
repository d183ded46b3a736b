import type { Env } from '../compile/context.ts';
import { firstOf } from '../compile/update.ts';
import {
  type Emit,
  type EmitPath,
  type Filter,
  genFilter,
  NO_PATH,
  type Opt,
  optFilter,
  type Path,
  type Paths,
} from '../compile/filter.ts';
import { compileIndexOf } from '../compile/access.ts';
import { JqLimitError, raise } from '../errors.ts';
import { isTruthy, type Json, type JsonObject } from '../json.ts';
import { describe } from '../values/describe.ts';
import { setOwn } from '../values/objects.ts';
import type { Builtins } from './builtin.ts';

/** The builtins that give several outputs, or some of the outputs of others. */
export const generators: Builtins = {
  'recurse/0': () => recurseAll,
  'recurse/1': ([f]) => recurse(f as Filter),
  'repeat/1': ([f]) => repeat(f as Filter),
  'walk/1': ([f]) => walk(f as Filter),
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
export function recurseDown(input: Json, path: Path, env: Env, emit: EmitPath, depth = 0): boolean {
  const { ctx } = env;
  ctx.spend(1);
  ctx.checkDepth(depth);
  if (emit(input, path)) return true;
  if (typeof input !== 'object' || input === null) return false;
  if (path === NO_PATH) raise(`Invalid path expression near attempt to iterate through ${describe(input)}`);
  if (Array.isArray(input)) {
    for (let i = 0; i < input.length; i++) {
      if (recurseDown(input[i] as Json, { key: i, up: path }, env, emit, depth + 1)) return true;
    }
    return false;
  }
  for (const key of Object.keys(input)) {
    if (recurseDown(input[key] as Json, { key, up: path }, env, emit, depth + 1)) return true;
  }
  return false;
}

const recurseAll: Filter = genFilter(
  (input, env, emit) => recurseDown(input, undefined, env, (value) => emit(value)),
  (input, path, env, emit) => recurseDown(input, path, env, emit),
);

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
  const test = condition.one;
  const step = next.opt;
  if (test !== undefined && step !== undefined) {
    return optFilter((input, env) => {
      let value: Json | undefined = input;
      while (value !== undefined && !isTruthy(test(value, env))) {
        env.ctx.spend(1);
        value = step(value, env);
      }
      return value;
    }, 4);
  }
  return genFilter((input, env, emit) => {
    const visit = (value: Json): boolean =>
      nested(env, () =>
        condition.gen(value, env, (done) => (isTruthy(done) ? emit(value) : next.gen(value, env, visit))),
      );
    return visit(input);
  });
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

function last(f: Filter): Filter {
  const paths: Paths = (input, path, env, emit) => {
    let found: { value: Json; at: Path } | undefined;
    f.paths(input, path, env, (value, at) => {
      found = { value, at };
      return false;
    });
    return found !== undefined && emit(found.value, found.at);
  };
  return optFilter(
    (input, env) => {
      let found: Json | undefined;
      f.gen(input, env, (value) => {
        found = value;
        return false;
      });
      return found;
    },
    f.weight + 2,
    paths,
  );
}

function requireCount(count: Json, name: string): number {
  if (typeof count !== 'number') return raise(`${name} needs a number`);
  return count < 0 ? raise(`${name} doesn't support negative count`) : count;
}

/** `limit(count; f)`: the first outputs. It stops right after the last one, without asking for more. */
function limit(count: Filter, f: Filter): Filter {
  const run = (input: Json, env: Env, each: (left: () => 'more' | 'last') => boolean): boolean =>
    count.gen(input, env, (value) => {
      let left = requireCount(value, 'limit');
      if (left === 0) return false;
      return each(() => (--left > 0 ? 'more' : 'last'));
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

/** `skip(count; f)`: all outputs but the first ones. */
function skip(count: Filter, f: Filter): Filter {
  return genFilter(
    (input, env, emit) =>
      count.gen(input, env, (value) => {
        let left = requireCount(value, 'skip');
        return f.gen(input, env, (output) => (left > 0 ? (left--, false) : emit(output)));
      }),
    (input, path, env, emit) =>
      count.gen(input, env, (value) => {
        let left = requireCount(value, 'skip');
        return f.paths(input, path, env, (output, at) => (left > 0 ? (left--, false) : emit(output, at)));
      }),
  );
}

/** `walk(f)`: applies `f` to every part of the input, the inner ones first. */
function walk(f: Filter): Filter {
  const { opt } = f;
  if (opt === undefined) return genFilter((input, env, emit) => walkAll(f, input, env, emit));
  return optFilter((input, env) => walkOne(opt, input, env, 0), 4);
}

function walkOne(f: Opt, input: Json, env: Env, depth: number): Json | undefined {
  const { ctx } = env;
  ctx.spend(1);
  if (typeof input !== 'object' || input === null) return f(input, env);
  ctx.checkDepth(depth);
  if (Array.isArray(input)) {
    const items: Json[] = [];
    for (const item of input) {
      const value = walkOne(f, item, env, depth + 1);
      if (value !== undefined) items.push(value);
    }
    return f(items, env);
  }
  const object: JsonObject = {};
  for (const key of Object.keys(input)) {
    const value = walkOne(f, input[key] as Json, env, depth + 1);
    if (value !== undefined) setOwn(object, key, value);
  }
  return f(object, env);
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
