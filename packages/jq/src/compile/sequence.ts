import { type Filter, genFilter, oneFilter, optFilter, type Tail } from './filter.ts';

/** `.`: the input itself. */
export const identityFilter: Filter = oneFilter(
  (input) => input,
  0,
  (input, path, _env, emit) => emit(input, path),
  { contextFree: true, singlePath: true, grow: (input) => input },
);

/** `a | b`. */
export function pipe(a: Filter, b: Filter): Filter {
  if (a === identityFilter) return b;
  if (b === identityFilter) return a;
  const paths: Filter['paths'] = (input, path, env, emit) =>
    a.paths(input, path, env, (value, inner) => b.paths(value, inner, env, emit));
  const { one: oneA, opt: optA } = a;
  const { one: oneB, opt: optB } = b;
  const weight = a.weight + b.weight + 1;
  if (oneA !== undefined && oneB !== undefined) {
    const { grow: growA } = a;
    const { grow: growB } = b;
    return oneFilter((input, env) => oneB(oneA(input, env), env), weight, paths, {
      contextFree: a.contextFree && b.contextFree,
      detached: a.detached || b.detached,
      singlePath: a.singlePath && b.singlePath,
      grow: growA && growB && ((input, env, owned) => growB(growA(input, env, owned), env, owned)),
    });
  }
  if (optA === undefined) {
    return genFilter((input, env, emit) => a.gen(input, env, (value) => b.gen(value, env, emit)), paths);
  }
  const tail: Tail = (input, env, emit) => {
    const value = optA(input, env);
    return value !== undefined && b.tail(value, env, emit);
  };
  if (optB !== undefined) {
    return optFilter(
      (input, env) => {
        const value = optA(input, env);
        return value === undefined ? undefined : optB(value, env);
      },
      weight,
      paths,
      tail,
    );
  }
  return genFilter(
    (input, env, emit) => {
      const value = optA(input, env);
      return value !== undefined && b.gen(value, env, emit);
    },
    paths,
    tail,
  );
}

/** `a, b`. */
export function comma(a: Filter, b: Filter): Filter {
  return genFilter(
    (input, env, emit) => {
      env.ctx.spend(1);
      return a.gen(input, env, emit) || b.gen(input, env, emit);
    },
    (input, path, env, emit) => {
      env.ctx.spend(1);
      return a.paths(input, path, env, emit) || b.paths(input, path, env, emit);
    },
    (input, env, emit) => {
      env.ctx.spend(1);
      return a.gen(input, env, emit) || b.tail(input, env, emit);
    },
  );
}
