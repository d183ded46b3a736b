import { Raised } from '../errors.ts';
import { isTruthy, type Json } from '../json.ts';
import type { Node } from '../syntax/ast.ts';
import type { Compiler } from './compiler.ts';
import type { Env } from './context.ts';
import {
  type Filter,
  genFilter,
  type Grow,
  type One,
  oneFilter,
  type Opt,
  optFilter,
  type Paths,
  type Tail,
} from './filter.ts';
import type { Scope } from './scope.ts';
import { identityFilter } from './sequence.ts';

/** `if … then … elif … else … end`. */
export function compileIf(compiler: Compiler, node: Node & { type: 'if' }, scope: Scope): Filter {
  const otherwise = node.otherwise === undefined ? identityFilter : compiler.compile(node.otherwise, scope);
  return node.branches.reduceRight(
    (rest, { condition, then }) => conditional(compiler.compile(condition, scope), compiler.compile(then, scope), rest),
    otherwise,
  );
}

/** One condition and its two branches. */
export function conditional(condition: Filter, then: Filter, otherwise: Filter): Filter {
  const choose = (value: Json): Filter => (isTruthy(value) ? then : otherwise);
  const paths: Paths = (input, path, env, emit) =>
    condition.gen(input, env, (value) => choose(value).paths(input, path, env, emit));
  const { one: test } = condition;
  if (test === undefined) {
    return genFilter(
      (input, env, emit) => condition.gen(input, env, (value) => choose(value).gen(input, env, emit)),
      paths,
    );
  }
  const tail: Tail = (input, env, emit) => choose(test(input, env)).tail(input, env, emit);
  const weight = condition.weight + Math.max(then.weight, otherwise.weight) + 1;
  const { one: oneA, opt: optA } = then;
  const { one: oneB, opt: optB } = otherwise;
  if (oneA !== undefined && oneB !== undefined) {
    const one: One = (input, env) => (isTruthy(test(input, env)) ? oneA(input, env) : oneB(input, env));
    return oneFilter(one, weight, paths, {
      detached: then.detached && otherwise.detached,
      grow: growBranch(test, then.grow, otherwise.grow),
    });
  }
  if (optA !== undefined && optB !== undefined) {
    const opt: Opt = (input, env) => (isTruthy(test(input, env)) ? optA(input, env) : optB(input, env));
    return optFilter(opt, weight, paths, tail);
  }
  return genFilter((input, env, emit) => choose(test(input, env)).gen(input, env, emit), paths, tail);
}

function growBranch(test: One, then: Grow | undefined, otherwise: Grow | undefined): Grow | undefined {
  if (then === undefined || otherwise === undefined) return undefined;
  return (input, env, owned) => (isTruthy(test(input, env)) ? then(input, env, owned) : otherwise(input, env, owned));
}

/** `a and b`, `a or b`: the right side is only evaluated when the left side does not decide. */
export function compileLogic(operator: 'and' | 'or', left: Filter, right: Filter): Filter {
  const decided = operator === 'or';
  const { one: oneL } = left;
  const { one: oneR } = right;
  if (oneL !== undefined && oneR !== undefined) {
    return oneFilter(
      (input, env) => (isTruthy(oneL(input, env)) === decided ? decided : isTruthy(oneR(input, env))),
      left.weight + right.weight + 1,
      undefined,
      { detached: true },
    );
  }
  return genFilter((input, env, emit) =>
    left.gen(input, env, (a) => {
      env.ctx.spend(1);
      if (isTruthy(a) === decided) return emit(decided);
      return right.gen(input, env, (b) => emit(isTruthy(b)));
    }),
  );
}

/** `a // b`: the true outputs of `a`, or `b` when there are none. */
export function compileAlternative(left: Filter, right: Filter): Filter {
  const paths: Paths = (input, path, env, emit) => {
    let found = false;
    const stopped = left.paths(input, path, env, (value, at) => {
      if (!isTruthy(value)) return false;
      found = true;
      return emit(value, at);
    });
    return stopped || (!found && right.paths(input, path, env, emit));
  };
  if (left.opt !== undefined) return alternativeOfOne(left, left.opt, right, paths);
  return genFilter((input, env, emit) => {
    let found = false;
    const stopped = left.gen(input, env, (value) => {
      if (!isTruthy(value)) return false;
      found = true;
      return emit(value);
    });
    return stopped || (!found && right.gen(input, env, emit));
  }, paths);
}

function alternativeOfOne(left: Filter, first: Opt, right: Filter, paths: Paths): Filter {
  const weight = left.weight + right.weight + 1;
  const { one: oneR, opt: optR } = right;
  if (oneR !== undefined) {
    const one: One = (input, env) => {
      const value = first(input, env);
      return value === undefined || !isTruthy(value) ? oneR(input, env) : value;
    };
    return oneFilter(one, weight, paths, {
      detached: left.detached && right.detached,
      grow: right.detached ? growAlternative(left.grow, oneR) : undefined,
    });
  }
  const tail: Tail = (input, env, emit) => {
    const value = first(input, env);
    return value === undefined || !isTruthy(value) ? right.tail(input, env, emit) : emit(value);
  };
  if (optR !== undefined) {
    return optFilter(
      (input, env) => {
        const value = first(input, env);
        return value === undefined || !isTruthy(value) ? optR(input, env) : value;
      },
      weight,
      paths,
      tail,
    );
  }
  return genFilter(
    (input, env, emit) => {
      const value = first(input, env);
      return value === undefined || !isTruthy(value) ? right.gen(input, env, emit) : emit(value);
    },
    paths,
    tail,
  );
}

function growAlternative(left: Grow | undefined, right: One): Grow | undefined {
  if (left === undefined) return undefined;
  return (input, env, owned) => {
    const value = left(input, env, owned);
    return isTruthy(value) ? value : right(input, env);
  };
}

/** `try body catch handler`. Errors of what comes after the whole form are not its own and pass. */
export function compileTry(body: Filter, handler: Filter | undefined): Filter {
  const paths: Paths = (input, path, env, emit) => {
    const outcome = guarded(env, (guard) =>
      body.paths(input, path, env, (value, at) => guard.pass(() => emit(value, at))),
    );
    if (typeof outcome === 'boolean') return outcome;
    return handler !== undefined && handler.paths(outcome.value, null, env, emit);
  };
  const { one, opt } = body;
  if (opt === undefined) {
    return genFilter((input, env, emit) => {
      const outcome = guarded(env, (guard) => body.gen(input, env, (value) => guard.pass(() => emit(value))));
      if (typeof outcome === 'boolean') return outcome;
      return handler !== undefined && handler.gen(outcome.value, env, emit);
    }, paths);
  }
  return tryOne(body, one !== undefined, opt, handler, paths);
}

function tryOne(body: Filter, isOne: boolean, opt: Opt, handler: Filter | undefined, paths: Paths): Filter {
  const attempt = (input: Json, env: Env): Json | undefined | Raised => {
    const { calls } = env.ctx;
    try {
      return opt(input, env);
    } catch (error) {
      if (!(error instanceof Raised)) throw error;
      env.ctx.calls = calls;
      env.ctx.spendCatch();
      return error;
    }
  };
  const recover = handler?.opt;
  if (handler !== undefined && recover === undefined) {
    return genFilter((input, env, emit) => {
      const value = attempt(input, env);
      if (value instanceof Raised) return handler.gen(value.value, env, emit);
      return value !== undefined && emit(value);
    }, paths);
  }
  const weight = body.weight + (handler?.weight ?? 0) + 1;
  const evaluate: Opt = (input, env) => {
    const value = attempt(input, env);
    return value instanceof Raised ? recover?.(value.value, env) : value;
  };
  if (isOne && handler?.one !== undefined) return oneFilter(evaluate as (input: Json, env: Env) => Json, weight, paths);
  return optFilter(evaluate, weight, paths);
}

/** Tells the errors of a guarded form from those of whatever receives its outputs. */
class Guard {
  private passing = false;

  pass(send: () => boolean): boolean {
    this.passing = true;
    const stopped = send();
    this.passing = false;
    return stopped;
  }

  owns(error: unknown): error is Raised {
    return error instanceof Raised && !this.passing;
  }
}

/** Runs a form and gives back its own error instead of throwing it. */
function guarded(env: Env, run: (guard: Guard) => boolean): boolean | Raised {
  const guard = new Guard();
  const { calls } = env.ctx;
  try {
    return run(guard);
  } catch (error) {
    if (!guard.owns(error)) throw error;
    env.ctx.calls = calls;
    env.ctx.spendCatch();
    return error;
  }
}
