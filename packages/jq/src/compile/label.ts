import type { Json } from '../json.ts';
import type { Node } from '../syntax/ast.ts';
import type { Compiler } from './compiler.ts';
import { BreakToken, climb, Env } from './context.ts';
import { type Filter, genFilter, optFilter } from './filter.ts';
import type { Scope } from './scope.ts';

/** Steps for a break: unwinding costs the host far more than a plain step. */
const BREAK_COST = 4;

/** `label $name | body`: a `break $name` in the body ends it. */
export function compileLabel(body: Filter): Filter {
  const { opt } = body;
  const paths: Filter['paths'] = (input, path, env, emit) =>
    catching(env, false, (inner) => body.paths(input, path, inner, emit));
  if (opt !== undefined) {
    return optFilter(
      (input, env) => catching<Json | undefined>(env, undefined, (inner) => opt(input, inner)),
      body.weight + 2,
      paths,
    );
  }
  return genFilter((input, env, emit) => catching(env, false, (inner) => body.gen(input, inner, emit)), paths);
}

/** `break $name`. */
export function compileBreak(compiler: Compiler, node: Node & { type: 'break' }, scope: Scope): Filter {
  const distance = scope.distance('label', node.name);
  if (distance === undefined) {
    throw compiler.error(`$*label-${node.name} is not defined`, node.at, `Put label $${node.name} | before it.`);
  }
  return optFilter((_, env) => {
    env.ctx.spend(BREAK_COST);
    throw climb(env, distance).value;
  }, 1);
}

/** Runs a body with a fresh label; gives `broken` when the body breaks to it. */
function catching<T>(env: Env, broken: T, run: (inner: Env) => T): T {
  const { ctx } = env;
  const { calls } = ctx;
  const token = new BreakToken();
  try {
    return run(new Env(ctx, token, env));
  } catch (error) {
    if (error !== token) throw error;
    ctx.calls = calls;
    return broken;
  }
}
