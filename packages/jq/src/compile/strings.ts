import { findFormat, type Format } from '../builtins/formats.ts';
import type { Json } from '../json.ts';
import type { Node } from '../syntax/ast.ts';
import { concat } from '../values/arithmetic.ts';
import type { Compiler } from './compiler.ts';
import type { Env } from './context.ts';
import { type Emit, type Filter, genFilter, type One, oneFilter } from './filter.ts';
import type { Scope } from './scope.ts';

/** `@name`: formats the input. */
export function compileFormat(compiler: Compiler, node: Node & { type: 'format' }): Filter {
  const format = requireFormat(compiler, node.name, node.at);
  return oneFilter((input, env) => format(input, env.ctx), 2, undefined, { detached: true });
}

/** `"text \(expression)"`, or `@name "…"`, which formats what is interpolated but not the text around it. */
export function compileString(compiler: Compiler, node: Node & { type: 'string' }, scope: Scope): Filter {
  const format = requireFormat(compiler, node.format ?? '@text', node.at);
  const parts = node.parts.map((part) => (typeof part === 'string' ? part : compiler.compile(part, scope)));
  const weight = parts.reduce((sum, part) => sum + (typeof part === 'string' ? 1 : part.weight + 2), 1);
  const ones: (string | One)[] = [];
  for (const part of parts) {
    if (typeof part === 'string') ones.push(part);
    else if (part.one !== undefined) ones.push(part.one);
    else return genFilter((input, env, emit) => interpolate(parts, parts.length - 1, '', format, input, env, emit));
  }
  return oneFilter(
    (input, env) => {
      let text = '';
      // From the last part to the first: the order in which jq evaluates them, and fails.
      for (let i = ones.length - 1; i >= 0; i--) {
        const part = ones[i] as string | One;
        text = (typeof part === 'string' ? part : format(part(input, env), env.ctx)) + text;
        env.ctx.checkString(text.length);
      }
      return env.ctx.newText(text);
    },
    weight,
    undefined,
    { detached: true },
  );
}

/** Every combination of the interpolated values, the last one in the outer loop. */
function interpolate(
  parts: readonly (string | Filter)[],
  at: number,
  rest: string,
  format: Format,
  input: Json,
  env: Env,
  emit: Emit,
): boolean {
  const part = parts[at];
  if (part === undefined) return emit(rest);
  if (typeof part === 'string')
    return interpolate(parts, at - 1, concat(part, rest, env.ctx), format, input, env, emit);
  return part.gen(input, env, (value) => {
    env.ctx.spend(1);
    return interpolate(parts, at - 1, concat(format(value, env.ctx), rest, env.ctx), format, input, env, emit);
  });
}

function requireFormat(compiler: Compiler, name: string, at: number): Format {
  const format = findFormat(name.slice(1));
  if (format === undefined) throw compiler.error(`${name.slice(1)} is not a valid format`, at);
  return format;
}
