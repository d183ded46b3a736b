import { isTruthy, type Json } from '../json.ts';
import type { UpdateOperator } from '../syntax/ast.ts';
import { ARITHMETIC, type Operation } from '../values/arithmetic.ts';
import { deletePaths, getPath, Owned, setPath } from '../values/paths.ts';
import type { Env } from './context.ts';
import { type Filter, genFilter, oneFilter, pathKeys, requirePath } from './filter.ts';

/** `target |= value`, `target = value` and their kin: change places of the input. */
export function compileUpdate(operator: UpdateOperator, target: Filter, value: Filter): Filter {
  if (operator === '|=') return compileModify(target, value);
  return withEachValue(target, value, replacer(operator));
}

/** `target |= update`: the first output replaces the old value; no output deletes it. */
export function compileModify(target: Filter, update: Filter): Filter {
  const first = firstOf(update);
  return oneFilter((input, env) => modify(target, input, env, (old) => first(old, env)), target.weight + update.weight + 4);
}

/** The first output of a filter, undefined for none. */
export function firstOf(filter: Filter): (input: Json, env: Env) => Json | undefined {
  const { opt } = filter;
  if (opt !== undefined) return opt;
  return (input, env) => {
    let first: Json | undefined;
    filter.gen(input, env, (value) => {
      first = value;
      return true;
    });
    return first;
  };
}

type Replace = (old: Json, value: Json, env: Env) => Json;

/** How an operator other than `|=` computes the new value of a place. */
function replacer(operator: UpdateOperator): Replace {
  if (operator === '=') return (_old, value) => value;
  if (operator === '//=') return (old, value) => (isTruthy(old) ? old : value);
  const operation = ARITHMETIC[operator.slice(0, -1)] as Operation;
  return (old, value, env) => operation(old, value, env.ctx);
}

/** One output for each value, which is evaluated on the whole input. */
function withEachValue(target: Filter, value: Filter, replace: Replace): Filter {
  const update = (v: Json, input: Json, env: Env): Json => modify(target, input, env, (old) => replace(old, v, env));
  const { one } = value;
  const weight = target.weight + value.weight + 4;
  if (one !== undefined) return oneFilter((input, env) => update(one(input, env), input, env), weight);
  return genFilter((input, env, emit) =>
    value.gen(input, env, (v) => {
      env.ctx.spend(1);
      return emit(update(v, input, env));
    }),
  );
}

/** Replaces the value at each path of a target; places without a new value are deleted at the end. */
function modify(target: Filter, input: Json, env: Env, update: (old: Json) => Json | undefined): Json {
  const { ctx } = env;
  const owned = new Owned();
  const deleted: Json[] = [];
  let result = input;
  target.paths(input, undefined, env, (value, path) => {
    const keys = pathKeys(requirePath(path, value));
    ctx.spend(1 + keys.length / 4);
    const old = getPath(result, keys, ctx);
    owned.share(old);
    const replacement = update(old);
    if (replacement === undefined) deleted.push(keys);
    else result = setPath(result, keys, replacement, ctx, owned);
    return false;
  });
  return deleted.length === 0 ? result : deletePaths(result, deleted, ctx);
}
