import { isTruthy, type Json } from '../json.ts';
import type { UpdateOperator } from '../syntax/ast.ts';
import { ARITHMETIC, type Operation } from '../values/arithmetic.ts';
import { addOwned } from '../values/owned-sum.ts';
import { deletePaths } from '../values/delete-paths.ts';
import { getPath, Owned, setPath } from '../values/paths.ts';
import type { Env } from './context.ts';
import {
  computedPaths,
  type Filter,
  genFilter,
  type Grow,
  type One,
  oneFilter,
  pathKeys,
  requirePath,
  withTraits,
} from './filter.ts';

/** `target |= value`, `target = value` and their kin: change places of the input. */
export function compileUpdate(operator: UpdateOperator, target: Filter, value: Filter): Filter {
  const filter = operator === '|=' ? modifier(target, value) : withEachValue(target, value, replacer(operator));
  return withTraits(filter, {}, computedPaths(filter.gen));
}

/** `target |= update`: the first output replaces the old value; no output deletes it. */
function modifier(target: Filter, update: Filter): Filter {
  const first = firstOf(update);
  const { grow } = update;
  const weight = target.weight + update.weight + 4;
  const withOwned: Grow = (input, env, owned) =>
    modify(target, input, env, (old) => first(share(old, owned), env), owned);
  const one: One = (input, env) => withOwned(input, env, new Owned());
  if (!target.singlePath) return oneFilter(one, weight);
  return oneFilter(one, weight, undefined, {
    grow:
      grow === undefined
        ? withOwned
        : (input, env, owned) => modify(target, input, env, (old) => grow(old, env, owned), owned),
  });
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

type Replace = (old: Json, value: Json, env: Env, owned: Owned) => Json;

/** How an operator other than `|=` computes the new value of a place. */
function replacer(operator: UpdateOperator): Replace {
  if (operator === '=') return (_old, value) => value;
  if (operator === '//=') return (old, value) => (isTruthy(old) ? old : value);
  if (operator === '+=') return (old, value, env, owned) => addOwned(old, value, env.ctx, owned);
  const operation = ARITHMETIC[operator.slice(0, -1)] as Operation;
  return (old, value, env, owned) => operation(share(old, owned), value, env.ctx);
}

/** One output for each value, which is evaluated on the whole input. */
function withEachValue(target: Filter, value: Filter, replace: Replace): Filter {
  const update = (v: Json, input: Json, env: Env, owned: Owned): Json =>
    modify(target, input, env, (old) => replace(old, v, env, owned), owned);
  const { one } = value;
  const weight = target.weight + value.weight + 4;
  if (one !== undefined) {
    const isGrowing = target.singlePath && value.detached;
    return oneFilter((input, env) => update(one(input, env), input, env, new Owned()), weight, undefined, {
      grow: isGrowing ? (input, env, owned) => update(one(input, env), input, env, owned) : undefined,
    });
  }
  return genFilter((input, env, emit) =>
    value.gen(input, env, (v) => {
      env.ctx.spend(1);
      return emit(update(v, input, env, new Owned()));
    }),
  );
}

/** Gives a value to the program: what was owned in it no longer is. */
function share(value: Json, owned: Owned): Json {
  owned.share(value);
  return value;
}

/** Replaces the value at each path of a target; places without a new value are deleted at the end. */
function modify(target: Filter, input: Json, env: Env, update: (old: Json) => Json | undefined, owned: Owned): Json {
  const { ctx } = env;
  const deleted: Json[] = [];
  let result = input;
  target.paths(input, undefined, env, (value, path) => {
    const keys = pathKeys(requirePath(path, value));
    ctx.spend(1 + keys.length / 4);
    const replacement = update(getPath(result, keys, ctx));
    if (replacement === undefined) deleted.push(keys);
    else result = setPath(result, keys, replacement, ctx, owned);
    return false;
  });
  return deleted.length === 0 ? result : deletePaths(result, deleted, ctx);
}
