import { Raised } from '../errors.ts';
import type { Json } from '../json.ts';
import type { Pattern } from '../syntax/ast.ts';
import { access } from '../values/access.ts';
import type { Compiler } from './compiler.ts';
import { Env } from './context.ts';
import type { Filter } from './filter.ts';
import type { Scope } from './scope.ts';

/** Binds the parts of a value and runs what follows, once for each way to bind them. */
export type Matcher = (value: Json, input: Json, env: Env, run: (bound: Env) => boolean) => boolean;

export interface CompiledPatterns {
  readonly match: Matcher;
  /** The scope with the variables of all alternatives. */
  readonly scope: Scope;
  /** True for a single variable. */
  readonly isSimple: boolean;
}

/** Compiles the patterns after `as`. Variables that an alternative does not bind are null in it. */
export function compilePatterns(compiler: Compiler, patterns: readonly Pattern[], scope: Scope): CompiledPatterns {
  const names: string[] = [];
  for (const pattern of patterns) collectNames(pattern, names);
  const inner = names.reduce((at, name) => at.push('variable', name), scope);
  const matchers = patterns.map((pattern) => {
    const step = compilePattern(compiler, pattern, scope, names);
    return (value: Json, input: Json, env: Env, run: (bound: Env) => boolean): boolean => {
      const values: Json[] = names.map(() => null);
      return step(value, { input, env, values }, () =>
        run(values.reduce<Env>((at, bound) => new Env(env.ctx, bound, at), env)),
      );
    };
  });
  return {
    match: matchAlternatives(matchers),
    scope: inner,
    isSimple: patterns.length === 1 && patterns[0]?.type === 'variable',
  };
}

interface Match {
  readonly input: Json;
  readonly env: Env;
  readonly values: Json[];
}

/** Binds what a pattern names, then goes on; true to stop. */
type Step = (value: Json, match: Match, next: () => boolean) => boolean;

function collectNames(pattern: Pattern, names: string[]): void {
  const note = (name: string | undefined): void => {
    if (name !== undefined && !names.includes(name)) names.push(name);
  };
  if (pattern.type === 'variable') note(pattern.name);
  else if (pattern.type === 'array') for (const item of pattern.items) collectNames(item, names);
  else {
    for (const { variable, pattern: inner } of pattern.entries) {
      note(variable);
      if (inner !== undefined) collectNames(inner, names);
    }
  }
}

function compilePattern(compiler: Compiler, pattern: Pattern, scope: Scope, names: readonly string[]): Step {
  if (pattern.type === 'variable') return bindName(names.indexOf(pattern.name));
  if (pattern.type === 'array') {
    return sequence(
      pattern.items.map((item, i) => {
        const step = compilePattern(compiler, item, scope, names);
        return (value, match, next) => step(access(value, i, match.env.ctx), match, next);
      }),
    );
  }
  return sequence(
    pattern.entries.map(({ key, variable, pattern: inner }) => {
      const steps: Step[] = [];
      if (variable !== undefined) steps.push(bindName(names.indexOf(variable)));
      if (inner !== undefined) steps.push(compilePattern(compiler, inner, scope, names));
      return byKey(compiler.compile(key, scope), sequence(steps));
    }),
  );
}

function bindName(index: number): Step {
  return (value, match, next) => {
    match.values[index] = value;
    return next();
  };
}

function byKey(key: Filter, step: Step): Step {
  return (value, match, next) =>
    key.gen(match.input, match.env, (k) => step(access(value, k, match.env.ctx), match, next));
}

/** All steps on one value, each going on to the next. */
function sequence(steps: readonly Step[]): Step {
  return steps.reduceRight<Step>(
    (rest, step) => (value, match, next) => step(value, match, () => rest(value, match, next)),
    (_value, _match, next) => next(),
  );
}

/** Tries the alternatives of `?//` in order: an error, of what follows too, goes on to the next one. */
function matchAlternatives(matchers: readonly Matcher[]): Matcher {
  const last = matchers.at(-1) as Matcher;
  if (matchers.length === 1) return last;
  return (value, input, env, run) => {
    const { calls } = env.ctx;
    for (const matcher of matchers.slice(0, -1)) {
      try {
        return matcher(value, input, env, run);
      } catch (error) {
        if (!(error instanceof Raised)) throw error;
        env.ctx.calls = calls;
        env.ctx.spendCatch();
      }
    }
    return last(value, input, env, run);
  };
}
