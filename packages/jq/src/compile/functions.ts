import { JqLimitError } from '../errors.ts';
import type { Json } from '../json.ts';
import type { Definition, Node } from '../syntax/ast.ts';
import type { Compiler } from './compiler.ts';
import { Closure, climb, Env } from './context.ts';
import { type Emit, type Filter, genFilter, type One, oneFilter, optFilter, TAIL_CALL } from './filter.ts';
import type { Scope, UserFunction } from './scope.ts';

/** Steps for a call, which makes a scope and may grow the stack. */
const CALL_COST = 2;

/** `def …; body`. */
export function compileDefinition(compiler: Compiler, node: Node & { type: 'define' }, scope: Scope): Filter {
  const target = defineFunction(compiler, node.definition, scope);
  return compiler.compile(node.body, scope.define(target));
}

/** Compiles a function in the scope of its definition, where it can call itself. */
export function defineFunction(compiler: Compiler, definition: Definition, scope: Scope): UserFunction {
  const target: UserFunction = { definition, depth: scope.depth, body: undefined };
  let inner = scope.define(target);
  for (const param of definition.params) {
    const isValue = param.startsWith('$');
    const name = isValue ? param.slice(1) : param;
    inner = inner.push('closure', name);
    if (isValue) inner = inner.push('variable', name);
  }
  target.body = compiler.compile(definition.body, inner);
  return target;
}

/** Calls of a closure argument by its bare name: such an argument is passed on as it is, not wrapped again. */
const closureCalls = new WeakMap<Filter, number>();

/** A call of a closure argument, `distance` links up. */
export function compileClosureCall(distance: number): Filter {
  const filter = genFilter(
    (input, env, emit) => {
      env.ctx.spend(1);
      const { filter: body, env: home } = climb(env, distance).value as Closure;
      return body.gen(input, home, emit);
    },
    (input, path, env, emit) => {
      env.ctx.spend(1);
      const { filter: body, env: home } = climb(env, distance).value as Closure;
      return body.paths(input, path, home, emit);
    },
    (input, env, emit) => {
      env.ctx.spend(1);
      const { filter: body, env: home } = climb(env, distance).value as Closure;
      return body.tail(input, home, emit);
    },
  );
  closureCalls.set(filter, distance);
  return filter;
}

/** A call of a function of the program. */
export function compileCall(target: UserFunction, args: readonly Filter[], scope: Scope): Filter {
  const distance = scope.depth - target.depth;
  const enter = entry(target.definition.params, args, distance);
  const { body } = target;
  if (enter.one !== undefined && body !== undefined) {
    const single = singleCall(body, enter.one, (input, path, env, emit) =>
      enterPaths(target, enter.all, input, path, env, emit),
    );
    if (single !== undefined) return single;
  }
  const paths: Filter['paths'] = (input, path, env, emit) => enterPaths(target, enter.all, input, path, env, emit);
  const { one } = enter;
  if (one === undefined) {
    return genFilter(
      (input, env, emit) => enter.all(input, env, (inner) => trampoline(target.body as Filter, input, inner, emit)),
      paths,
    );
  }
  return genFilter(
    (input, env, emit) => trampoline(target.body as Filter, input, one(input, env), emit),
    paths,
    (input, env) => {
      const { ctx } = env;
      ctx.tailBody = target.body;
      ctx.tailEnv = one(input, env);
      ctx.tailInput = input;
      return TAIL_CALL;
    },
  );
}

type EnterAll = (input: Json, env: Env, run: (inner: Env) => boolean) => boolean;

interface Entry {
  /** Makes the callee's environment, when every value argument has one output. */
  readonly one: ((input: Json, env: Env) => Env) | undefined;
  /** Makes an environment for each combination of value arguments, the first in the outer loop. */
  readonly all: EnterAll;
}

function entry(params: readonly string[], args: readonly Filter[], distance: number): Entry {
  const passed = args.map((filter) => closureCalls.get(filter));
  const isValue = params.map((param) => param.startsWith('$'));
  const closure = (i: number, env: Env): Closure => {
    const known = passed[i];
    return known === undefined ? new Closure(args[i] as Filter, env) : (climb(env, known).value as Closure);
  };
  const isSingle = args.every((filter, i) => !isValue[i] || filter.one !== undefined);
  const one = (input: Json, env: Env): Env => {
    let inner = climb(env, distance);
    for (let i = 0; i < args.length; i++) {
      inner = new Env(env.ctx, closure(i, env), inner);
      if (isValue[i]) inner = new Env(env.ctx, ((args[i] as Filter).one as One)(input, env), inner);
    }
    return inner;
  };
  const from = (i: number, inner: Env, input: Json, env: Env, run: (inner: Env) => boolean): boolean => {
    if (i === args.length) return run(inner);
    const next = new Env(env.ctx, closure(i, env), inner);
    if (!isValue[i]) return from(i + 1, next, input, env, run);
    return (args[i] as Filter).gen(input, env, (value) => from(i + 1, new Env(env.ctx, value, next), input, env, run));
  };
  return {
    one: isSingle ? one : undefined,
    all: (input, env, run) => from(0, climb(env, distance), input, env, run),
  };
}

/** A call whose body has one output at most; such a body is complete, so the call can not be recursive. */
function singleCall(body: Filter, enter: (input: Json, env: Env) => Env, paths: Filter['paths']): Filter | undefined {
  const { one, opt } = body;
  if (one !== undefined) {
    return oneFilter(
      (input, env) => {
        env.ctx.spend(1);
        return one(input, enter(input, env));
      },
      1,
      paths,
    );
  }
  if (opt === undefined) return undefined;
  return optFilter(
    (input, env) => {
      env.ctx.spend(1);
      return opt(input, enter(input, env));
    },
    1,
    paths,
  );
}

/** Runs a body and the calls it asks for in tail position, without growing the stack for them. */
function trampoline(body: Filter, input: Json, env: Env, emit: Emit): boolean {
  const { ctx } = env;
  enterCall(env);
  let signal = body.tail(input, env, emit);
  while (signal === TAIL_CALL) {
    ctx.spend(CALL_COST);
    signal = (ctx.tailBody as Filter).tail(ctx.tailInput, ctx.tailEnv as Env, emit);
  }
  ctx.calls -= 1;
  return signal;
}

function enterPaths(target: UserFunction, all: EnterAll, ...rest: Parameters<Filter['paths']>): boolean {
  const [input, path, env, emit] = rest;
  return all(input, env, (inner) => {
    enterCall(env);
    const stopped = (target.body as Filter).paths(input, path, inner, emit);
    env.ctx.calls -= 1;
    return stopped;
  });
}

/** Counts a call in progress. A call that fails is not counted down: whoever catches the error restores the count. */
function enterCall(env: Env): void {
  const { ctx } = env;
  ctx.spend(CALL_COST);
  ctx.calls += 1;
  if (ctx.calls > ctx.limits.callDepth) throw new JqLimitError('callDepth', ctx.limits.callDepth);
}
