import { Raised, raise } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Node } from '../syntax/ast.ts';
import { access, accessElement, accessField, refuseKey, slice } from '../values/access.ts';
import { describe, describeKind } from '../values/describe.ts';
import { isInherited } from '../values/objects.ts';
import type { Compiler } from './compiler.ts';
import type { Context, Env } from './context.ts';
import {
  constantFilter,
  type Filter,
  genFilter,
  NO_PATH,
  oneFilter,
  type One,
  optFilter,
  type Paths,
} from './filter.ts';
import type { Scope } from './scope.ts';
import { identityFilter, pipe } from './sequence.ts';

/** `target[key]`: the key is evaluated on the input of the whole expression. */
export function compileIndex(compiler: Compiler, node: Node & { type: 'index' }, scope: Scope): Filter {
  const target = compiler.compile(node.target, scope);
  const key = compiler.compile(node.key, scope);
  if (key.constant !== undefined) {
    const step = constantKey(key.constant);
    return pipe(target, node.optional ? optionalStep(step) : step);
  }
  return dynamicKey(target, key, access, node.optional);
}

/** `.[key]` on the input, as the builtins `first`, `last` and `nth` need it. */
export function compileIndexOf(key: number | Filter): Filter {
  if (typeof key === 'number') return constantKey(key);
  return key.constant === undefined ? dynamicKey(identityFilter, key, access, false) : constantKey(key.constant);
}

/** `target[from:to]`. */
export function compileSlice(compiler: Compiler, node: Node & { type: 'slice' }, scope: Scope): Filter {
  const target = compiler.compile(node.target, scope);
  const start = node.from === undefined ? undefined : compiler.compile(node.from, scope);
  const end = node.to === undefined ? undefined : compiler.compile(node.to, scope);
  return dynamicKey(target, sliceKey(start, end), accessSlice, node.optional);
}

/** `target[]`. */
export function compileIterate(target: Filter, optional: boolean): Filter {
  const step = genFilter(
    (input, env, emit) => (isIterable(input, optional) ? iterate(input, env.ctx, emit) : false),
    (input, path, env, emit) => {
      if (!isIterable(input, optional)) return false;
      if (path === NO_PATH) raise(`Invalid path expression near attempt to iterate through ${describe(input)}`);
      if (Array.isArray(input)) {
        for (let i = 0; i < input.length; i++) {
          env.ctx.spend(1);
          if (emit(input[i] as Json, { key: i, up: path })) return true;
        }
        return false;
      }
      for (const key of listKeys(input, env.ctx)) {
        env.ctx.spend(1);
        if (emit(input[key] as Json, { key, up: path })) return true;
      }
      return false;
    },
  );
  return pipe(target, step);
}

/** Sends each element of an array or each value of an object. */
export function iterate(
  input: Json[] | { [key: string]: Json },
  ctx: Context,
  emit: (value: Json) => boolean,
): boolean {
  if (Array.isArray(input)) {
    for (let i = 0; i < input.length; i++) {
      ctx.spend(1);
      if (emit(input[i] as Json)) return true;
    }
    return false;
  }
  for (const key of listKeys(input, ctx)) {
    ctx.spend(1);
    if (emit(input[key] as Json)) return true;
  }
  return false;
}

/** The keys of an object, charged all at once, since they are listed even when only the first one is asked for. */
function listKeys(object: JsonObject, ctx: Context): string[] {
  const keys = Object.keys(object);
  ctx.spend(keys.length);
  return keys;
}

function isIterable(input: Json, optional: boolean): input is Json[] | { [key: string]: Json } {
  if (typeof input === 'object' && input !== null) return true;
  if (optional) return false;
  return raise(`Cannot iterate over ${describeKind(input)}`);
}

type Access = (value: Json, key: Json, ctx: Context) => Json;

function accessSlice(value: Json, key: Json, ctx: Context): Json {
  const { start, end } = key as { start: Json; end: Json };
  return slice(value, start, end, ctx);
}

/** A step with a key known at compile time, on its input. */
function constantKey(key: Json): Filter {
  const paths = stepPaths(key, access);
  if (typeof key === 'string') return oneFilter(fieldReader(key), 1, paths, { contextFree: true, singlePath: true });
  if (typeof key === 'number')
    return oneFilter((input) => accessElement(input, key), 1, paths, { contextFree: true, singlePath: true });
  return oneFilter((input, env) => access(input, key, env.ctx), 1, paths);
}

/** Reads a field. A name that plain objects do not inherit can be read directly, without an own-property check. */
function fieldReader(key: string): One {
  if (isInherited(key)) return (input) => accessField(input, key);
  return (input) => {
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input[key] ?? null;
    return input === null ? null : refuseKey(input, key);
  };
}

function stepPaths(key: Json, read: Access): Paths {
  return (input, path, env, emit) => {
    if (path === NO_PATH) refusePath(input, key);
    return emit(read(input, key, env.ctx), { key, up: path });
  };
}

function refusePath(input: Json, key: Json): never {
  return raise(`Invalid path expression near attempt to access element ${describe(key)} of ${describe(input)}`);
}

/** A step that gives nothing where it would fail. */
function optionalStep(step: Filter): Filter {
  const one = step.one as One;
  return optFilter(
    (input, env) => attempt(env, () => one(input, env)),
    step.weight,
    (input, path, env, emit) => {
      let reached: Json | undefined;
      let inner = path;
      attempt(env, () => step.paths(input, path, env, (value, at) => ((reached = value), (inner = at), false)));
      return reached !== undefined && emit(reached, inner);
    },
  );
}

function attempt<T>(env: Env, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Raised)) throw error;
    env.ctx.spendCatch();
    return undefined;
  }
}

/** `target[key]` with a key that depends on the input: keys in the outer loop, targets in the inner one. */
function dynamicKey(target: Filter, key: Filter, read: Access, optional: boolean): Filter {
  const paths: Paths = (input, path, env, emit) =>
    key.gen(input, env, (k) =>
      target.paths(input, path, env, (value, at) => {
        if (at === NO_PATH) refusePath(value, k);
        const part = optional ? attempt(env, () => read(value, k, env.ctx)) : read(value, k, env.ctx);
        return part !== undefined && emit(part, { key: k, up: at });
      }),
    );
  const { one: oneT } = target;
  const { one: oneK } = key;
  const weight = target.weight + key.weight + 2;
  if (oneT !== undefined && oneK !== undefined) {
    const one: One = (input, env) => {
      const k = oneK(input, env);
      return read(oneT(input, env), k, env.ctx);
    };
    if (!optional) return oneFilter(one, weight, paths, { singlePath: target.singlePath });
    return optFilter(
      (input, env) => {
        const k = oneK(input, env);
        const value = oneT(input, env);
        return attempt(env, () => read(value, k, env.ctx));
      },
      weight,
      paths,
    );
  }
  return genFilter(
    (input, env, emit) =>
      key.gen(input, env, (k) =>
        target.gen(input, env, (value) => {
          env.ctx.spend(1);
          const part = optional ? attempt(env, () => read(value, k, env.ctx)) : read(value, k, env.ctx);
          return part !== undefined && emit(part);
        }),
      ),
    paths,
  );
}

/** The key of a slice, `{start, end}`: starts in the outer loop. */
function sliceKey(start: Filter | undefined, end: Filter | undefined): Filter {
  const from = start ?? nullFilter;
  const to = end ?? nullFilter;
  const { one: oneFrom } = from;
  const { one: oneTo } = to;
  if (oneFrom !== undefined && oneTo !== undefined) {
    const one: One = (input, env) => ({ start: oneFrom(input, env), end: oneTo(input, env) });
    return oneFilter(one, from.weight + to.weight + 1);
  }
  return genFilter((input, env, emit) =>
    from.gen(input, env, (s) =>
      to.gen(input, env, (e) => {
        env.ctx.spend(1);
        return emit({ start: s, end: e });
      }),
    ),
  );
}

const nullFilter: Filter = constantFilter(null);
