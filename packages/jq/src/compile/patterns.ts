import { Raised } from '../errors.ts';
import type { Json } from '../json.ts';
import type { Node, Pattern } from '../syntax/ast.ts';
import { access } from '../values/access.ts';
import { describeKind } from '../values/describe.ts';
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
  for (const pattern of patterns) {
    eachName(pattern, (name) => {
      if (!names.includes(name)) names.push(name);
    });
  }
  const inner = names.reduce((at, name) => at.push('variable', name), scope);
  const matchers = patterns.map((pattern) => {
    const step = new PatternCompiler(compiler, scope, names).compile(pattern);
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

/** Calls `note` with each name of a pattern, in the order in which they are written. */
function eachName(pattern: Pattern, note: (name: string) => void): void {
  if (pattern.type === 'variable') note(pattern.name);
  else if (pattern.type === 'array') for (const item of pattern.items) eachName(item, note);
  else {
    for (const { variable, pattern: inner } of pattern.entries) {
      if (variable !== undefined) note(variable);
      if (inner !== undefined) eachName(inner, note);
    }
  }
}

/** Compiles one pattern, in the order in which jq takes a value apart. Of a name that comes twice, the first one counts. */
class PatternCompiler {
  private readonly compiler: Compiler;
  private readonly scope: Scope;
  private readonly names: readonly string[];
  private readonly bound = new Set<string>();

  constructor(compiler: Compiler, scope: Scope, names: readonly string[]) {
    this.compiler = compiler;
    this.scope = scope;
    this.names = names;
  }

  compile(pattern: Pattern): Step {
    if (pattern.type === 'variable') return this.bind(pattern.name);
    if (pattern.type === 'array') {
      // An array is taken apart from its end.
      const items = [...pattern.items.entries()].reverse();
      return sequence(
        items.map(([i, item]): Step => {
          const step = this.compile(item);
          return (value, match, next) => step(access(value, i, match.env.ctx), match, next);
        }),
      );
    }
    return sequence(
      pattern.entries.map(({ key, variable, pattern: inner }) => {
        const steps: Step[] = [];
        if (variable !== undefined) steps.push(this.bind(variable));
        if (inner !== undefined) steps.push(this.compile(inner));
        return byKey(this.key(key), sequence(steps));
      }),
    );
  }

  private key(node: Node): Filter {
    const key = this.compiler.compile(node, this.scope);
    if (key.constant === undefined || typeof key.constant === 'string') return key;
    throw this.compiler.error(`Cannot use ${describeKind(key.constant)} as object key`, node.at);
  }

  private bind(name: string): Step {
    if (this.bound.has(name)) return (_value, _match, next) => next();
    this.bound.add(name);
    const index = this.names.indexOf(name);
    return (value, match, next) => {
      match.values[index] = value;
      return next();
    };
  }
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
