import { raise } from '../errors.ts';
import { kindOf, type Json, type JsonObject } from '../json.ts';
import type { Node } from '../syntax/ast.ts';
import { describe } from '../values/describe.ts';
import { isInherited, setOwn } from '../values/objects.ts';
import type { Compiler } from './compiler.ts';
import type { Env } from './context.ts';
import { constantFilter, type Emit, type Filter, genFilter, oneFilter } from './filter.ts';
import type { Scope } from './scope.ts';

/** `[body]`. */
export function compileArray(body: Filter | undefined): Filter {
  if (body === undefined) return constantFilter([]);
  const { one } = body;
  if (one !== undefined) {
    const { contextFree, detached } = body;
    return oneFilter((input, env) => [one(input, env)], body.weight + 1, undefined, { contextFree, detached });
  }
  return oneFilter((input, env) => collect(body, input, env), 2);
}

/** All outputs of a filter in an array. */
export function collect(body: Filter, input: Json, env: Env): Json[] {
  const items: Json[] = [];
  const { ctx } = env;
  const bound = ctx.limits.arrayLength;
  body.gen(input, env, (value) => {
    if (items.push(value) > bound) ctx.checkArray(items.length);
    return false;
  });
  return items;
}

/** `{key: value, …}`: the first entry in the outer loop. */
export function compileObject(compiler: Compiler, node: Node & { type: 'object' }, scope: Scope): Filter {
  if (node.entries.length === 0) return constantFilter({});
  const entries = node.entries.map(({ key, value }) => ({
    key: compiler.compile(key, scope),
    value: compiler.compile(value, scope),
  }));
  for (const [i, { key }] of entries.entries()) {
    if (key.constant !== undefined && typeof key.constant !== 'string') {
      throw compiler.error(refusedKey(key.constant), node.entries[i]?.key.at ?? node.at);
    }
  }
  return staticObject(entries) ?? singleObject(entries) ?? genFilter(cartesian(entries));
}

interface Entry {
  readonly key: Filter;
  readonly value: Filter;
}

/** An object whose keys are all known and whose values are all single: the common case. */
function staticObject(entries: readonly Entry[]): Filter | undefined {
  const keys: string[] = [];
  const values: ((input: Json, env: Env) => Json)[] = [];
  for (const { key, value } of entries) {
    if (typeof key.constant !== 'string' || isInherited(key.constant) || value.one === undefined) return undefined;
    keys.push(key.constant);
    values.push(value.one);
  }
  const size = keys.length;
  return oneFilter(
    (input, env) => {
      const object: JsonObject = {};
      for (let i = 0; i < size; i++)
        object[keys[i] as string] = (values[i] as (input: Json, env: Env) => Json)(input, env);
      return object;
    },
    weigh(entries),
    undefined,
    {
      contextFree: entries.every(({ value }) => value.contextFree),
      detached: entries.every(({ value }) => value.detached),
    },
  );
}

function singleObject(entries: readonly Entry[]): Filter | undefined {
  if (!entries.every(({ key, value }) => key.one !== undefined && value.one !== undefined)) return undefined;
  return oneFilter((input, env) => {
    const object: JsonObject = {};
    for (const { key, value } of entries) {
      const name = requireKey((key.one as NonNullable<Filter['one']>)(input, env));
      env.ctx.spendText(name.length);
      setOwn(object, name, (value.one as NonNullable<Filter['one']>)(input, env));
    }
    return object;
  }, weigh(entries));
}

function weigh(entries: readonly Entry[]): number {
  return entries.reduce((sum, { key, value }) => sum + key.weight + value.weight + 5, 1);
}

/** An object for every combination of keys and values. */
function cartesian(entries: readonly Entry[]): Filter['gen'] {
  return (input, env, emit) => {
    const build = (at: number, object: JsonObject): boolean => buildFrom(entries, at, object, input, env, emit, build);
    return build(0, {});
  };
}

function buildFrom(
  entries: readonly Entry[],
  at: number,
  object: JsonObject,
  input: Json,
  env: Env,
  emit: Emit,
  build: (at: number, object: JsonObject) => boolean,
): boolean {
  const entry = entries[at];
  if (entry === undefined) return emit(object);
  return entry.key.gen(input, env, (key) => {
    const name = requireKey(key);
    env.ctx.spendText(name.length);
    return entry.value.gen(input, env, (value) => {
      env.ctx.spendMembers(at);
      const copy = { ...object };
      setOwn(copy, name, value);
      return build(at + 1, copy);
    });
  });
}

function requireKey(key: Json): string {
  return typeof key === 'string' ? key : raise(refusedKey(key));
}

function refusedKey(key: Json): string {
  return `Cannot use ${kindOf(key)} (${describe(key)}) as object key`;
}
