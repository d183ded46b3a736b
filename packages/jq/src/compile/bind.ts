import type { Json } from '../json.ts';
import type { Node } from '../syntax/ast.ts';
import type { Compiler } from './compiler.ts';
import { Owned } from '../values/paths.ts';
import { Env } from './context.ts';
import { type Emit, type Filter, genFilter, isSame, NO_PATH, oneFilter, optFilter, type Paths } from './filter.ts';
import { compilePatterns, type Matcher } from './patterns.ts';
import type { Scope } from './scope.ts';

/** `source as patterns | body`. */
export function compileBind(compiler: Compiler, node: Node & { type: 'bind' }, scope: Scope): Filter {
  const source = compiler.compile(node.source, scope);
  const { match, scope: inner, isSimple } = compilePatterns(compiler, node.patterns, scope);
  const body = compiler.compile(node.body, inner);
  const paths: Paths = (input, path, env, emit) =>
    source.gen(input, env, (value) => match(value, input, env, (bound) => body.paths(input, path, bound, emit)));
  if (isSimple && source.one !== undefined) return bindOne(source, body, paths);
  return genFilter(
    (input, env, emit) =>
      source.gen(input, env, (value) => match(value, input, env, (bound) => body.gen(input, bound, emit))),
    paths,
  );
}

/** `source as $name | body` with one value to bind. */
function bindOne(source: Filter, body: Filter, paths: Paths): Filter {
  const read = source.one as NonNullable<Filter['one']>;
  const weight = source.weight + body.weight + 1;
  const { one, opt } = body;
  if (one !== undefined) {
    return oneFilter((input, env) => one(input, new Env(env.ctx, read(input, env), env)), weight, paths);
  }
  const tail: Filter['tail'] = (input, env, emit) => body.tail(input, new Env(env.ctx, read(input, env), env), emit);
  if (opt !== undefined) {
    return optFilter((input, env) => opt(input, new Env(env.ctx, read(input, env), env)), weight, paths, tail);
  }
  return genFilter((input, env, emit) => body.gen(input, new Env(env.ctx, read(input, env), env), emit), paths, tail);
}

/** `reduce source as patterns (init; update)`: the state is the last output of the update, null for none. */
export function compileReduce(compiler: Compiler, node: Node & { type: 'reduce' }, scope: Scope): Filter {
  const source = compiler.compile(node.source, scope);
  const init = compiler.compile(node.init, scope);
  const { match, scope: inner, isSimple } = compilePatterns(compiler, node.patterns, scope);
  const update = compiler.compile(node.update, inner);
  const each = eachBinding(source, match, isSimple);
  const { grow } = update;
  const fold = (state: Json, input: Json, env: Env): Json => {
    let current = state;
    if (grow !== undefined) {
      // The state is seen by the update alone, so what one round makes the next one may change in place.
      const owned = new Owned();
      each(input, env, (bound) => {
        current = grow(current, bound, owned);
        return false;
      });
      return current;
    }
    each(input, env, (bound) => {
      current = lastOf(update, current, bound);
      return false;
    });
    return current;
  };
  const { one } = init;
  if (one !== undefined) return oneFilter((input, env) => fold(one(input, env), input, env), init.weight + 2);
  return genFilter((input, env, emit) => init.gen(input, env, (state) => emit(fold(state, input, env))));
}

/** `foreach source as patterns (init; update; extract)`: every output of the update is the next state, null when it has none. */
export function compileForeach(compiler: Compiler, node: Node & { type: 'foreach' }, scope: Scope): Filter {
  const source = compiler.compile(node.source, scope);
  const init = compiler.compile(node.init, scope);
  const { match, scope: inner, isSimple } = compilePatterns(compiler, node.patterns, scope);
  const update = compiler.compile(node.update, inner);
  const extract = node.extract === undefined ? undefined : compiler.compile(node.extract, inner);
  const each = eachBinding(source, match, isSimple);
  return genFilter(
    (input, env, emit) =>
      init.gen(input, env, (start) => {
        let state = start;
        return each(input, env, (bound) => {
          const before = state;
          state = null;
          return update.gen(before, bound, (value) => {
            state = value;
            return extract === undefined ? emit(value) : extract.gen(value, bound, emit);
          });
        });
      }),
    (input, path, env, emit) =>
      init.gen(input, env, (start) => {
        let state = start;
        return each(input, env, (bound) => {
          const before = state;
          state = null;
          // The state is kept as a value: a path leads to it only while it is the input itself.
          return update.paths(before, isSame(before, input) ? path : NO_PATH, bound, (value, p) => {
            state = value;
            return extract === undefined ? emit(value, p) : extract.paths(value, p, bound, emit);
          });
        });
      }),
  );
}

type EachBinding = (input: Json, env: Env, run: (bound: Env) => boolean) => boolean;

/** Runs something for every value of a source, with the value bound. */
function eachBinding(source: Filter, match: Matcher, isSimple: boolean): EachBinding {
  if (isSimple) {
    return (input, env, run) =>
      source.gen(input, env, (value) => {
        env.ctx.spend(1);
        return run(new Env(env.ctx, value, env));
      });
  }
  return (input, env, run) =>
    source.gen(input, env, (value) => {
      env.ctx.spend(1);
      return match(value, input, env, run);
    });
}

/** The last output of a filter, null when it has none. */
function lastOf(filter: Filter, input: Json, env: Env): Json {
  if (filter.one !== undefined) return filter.one(input, env);
  let last: Json = null;
  const keep: Emit = (value) => {
    last = value;
    return false;
  };
  filter.gen(input, env, keep);
  return last;
}
