import type { Context, Env } from '../compile/context.ts';
import { collect } from '../compile/construct.ts';
import { type Filter, genFilter, oneFilter } from '../compile/filter.ts';
import { iterate } from '../compile/access.ts';
import { raise } from '../errors.ts';
import { isObject, type Json, kindOf } from '../json.ts';
import { accessElement } from '../values/access.ts';
import { add, concat } from '../values/arithmetic.ts';
import { compare } from '../values/compare.ts';
import { describeKind } from '../values/describe.ts';
import { lengthOf } from '../values/length.ts';
import { tostring } from './formats.ts';
import { type Builtin, type Builtins, fromInput, fromValues } from './builtin.ts';

/** The builtins on arrays: order, groups, sums. */
export const arrays: Builtins = {
  'sort/0': fromInput((input, ctx) => sortBy(requireArray(input, 'sorted'), undefined, ctx).map(({ value }) => value)),
  'sort_by/1': byKey('sorted', (sorted) => sorted.map(({ value }) => value)),
  'group_by/1': byKey('grouped', (sorted, ctx) => groups(sorted, ctx).map((group) => group.map(({ value }) => value))),
  'unique/0': fromInput((input, ctx) =>
    groups(sortBy(requireArray(input, 'sorted'), undefined, ctx), ctx).map((group) => (group[0] as Keyed).value),
  ),
  'unique_by/1': byKey('grouped', (sorted, ctx) => groups(sorted, ctx).map((group) => (group[0] as Keyed).value)),
  'min/0': fromInput((input, ctx) => extreme(keyed(requireIterable(input), undefined), -1, ctx)),
  'max/0': fromInput((input, ctx) => extreme(keyed(requireIterable(input), undefined), 1, ctx)),
  'min_by/1': byKeyUnsorted((items, ctx) => extreme(items, -1, ctx)),
  'max_by/1': byKeyUnsorted((items, ctx) => extreme(items, 1, ctx)),
  'add/0': fromInput((input, ctx) => sum((emit) => eachOf(input, ctx, emit), ctx)),
  'add/1': ([f]) => addOf(f as Filter),
  'join/1': fromValues((input, [separator], ctx) => join(input, separator as Json, ctx)),
  'flatten/0': fromInput((input, ctx) => flatten(input, Infinity, ctx)),
  'flatten/1': fromValues((input, [depth], ctx) => {
    if (typeof depth !== 'number') return raise('flatten depth must be a number');
    return depth < 0 ? raise('flatten depth must not be negative') : flatten(input, depth, ctx);
  }),
  'reverse/0': fromInput((input, ctx) => {
    if (Array.isArray(input)) {
      ctx.spendElements(input.length);
      return [...input].reverse();
    }
    // In jq this is a loop over the positions of the input, which only fails when it has some.
    const length = lengthOf(input);
    return length <= 0 ? [] : raise(`Cannot index ${kindOf(input)} with number (${String(length - 1)})`);
  }),
  'bsearch/1': fromValues((input, [target], ctx) => binarySearch(input, target as Json, ctx)),
  'range/1': rangeOf,
  'range/2': rangeOf,
  'range/3': rangeOf,
};

interface Keyed {
  readonly value: Json;
  readonly key: Json;
}

function requireArray(input: Json, verb: string): Json[] {
  return Array.isArray(input) ? input : raise(`${describeKind(input)} cannot be ${verb}, as it is not an array`);
}

/** An array, refused in the words of jq, whose order by key goes through `map`. */
function requireIterable(input: Json, verb?: string): Json[] {
  if (Array.isArray(input)) return input;
  const shown = describeKind(input);
  if (verb === undefined) return raise(`${shown} and ${shown} cannot be iterated over`);
  if (isObject(input)) return raise(`${shown} cannot be ${verb}, as it is not an array`);
  return raise(`Cannot iterate over ${shown}`);
}

function keyed(items: readonly Json[], keys: readonly Json[] | undefined): Keyed[] {
  return items.map((value, i) => ({ value, key: keys === undefined ? value : (keys[i] as Json) }));
}

/** Sorts by key, keeping the order of equal ones. */
function sortBy(items: readonly Json[], keys: readonly Json[] | undefined, ctx: Context): Keyed[] {
  ctx.spend(items.length);
  return keyed(items, keys).sort((a, b) => {
    ctx.spend(1 / 4);
    return compare(a.key, b.key, ctx);
  });
}

/** Neighbours with equal keys. */
function groups(sorted: readonly Keyed[], ctx: Context): Keyed[][] {
  const result: Keyed[][] = [];
  let group: Keyed[] = [];
  for (const item of sorted) {
    const [first] = group;
    if (first === undefined || compare(first.key, item.key, ctx) !== 0) {
      group = [];
      result.push(group);
    }
    group.push(item);
  }
  return result;
}

/** The keys of an array's elements: all outputs of the filter, so that `sort_by(.a, .b)` has two keys. */
function keysOf(f: Filter, items: readonly Json[], env: Env): Json[] {
  const { one } = f;
  return items.map((item) => {
    env.ctx.spend(1);
    return one === undefined ? collect(f, item, env) : one(item, env);
  });
}

function byKey(verb: string, finish: (sorted: Keyed[], ctx: Context) => Json): Builtin {
  return ([f]) =>
    oneFilter((input, env) => {
      const items = requireIterable(input, verb);
      return finish(sortBy(items, keysOf(f as Filter, items, env), env.ctx), env.ctx);
    }, 4);
}

function byKeyUnsorted(finish: (items: Keyed[], ctx: Context) => Json): Builtin {
  return ([f]) =>
    oneFilter((input, env) => {
      const items = requireIterable(input, 'iterated over');
      return finish(keyed(items, keysOf(f as Filter, items, env)), env.ctx);
    }, 4);
}

/** The smallest (-1) or the largest (1) element: the first of the smallest, the last of the largest. */
function extreme(items: readonly Keyed[], sign: 1 | -1, ctx: Context): Json {
  let best: Keyed | undefined;
  for (const item of items) {
    ctx.spend(1 / 4);
    if (best === undefined) best = item;
    else {
      const order = compare(item.key, best.key, ctx);
      if (sign < 0 ? order < 0 : order >= 0) best = item;
    }
  }
  return best?.value ?? null;
}

function eachOf(input: Json, ctx: Context, emit: (value: Json) => boolean): boolean {
  if (typeof input !== 'object' || input === null) {
    return raise(`Cannot iterate over ${describeKind(input)}`);
  }
  return iterate(input, ctx, emit);
}

/** The sum of values. Arrays and objects are gathered in a container of their own, so that a long sum stays linear. */
function sum(each: (emit: (value: Json) => boolean) => boolean, ctx: Context): Json {
  let total: Json = null;
  let own: Json[] | undefined;
  each((value) => {
    if (own !== undefined && own === total && Array.isArray(value)) {
      ctx.checkArray(own.length + value.length);
      ctx.spendElements(value.length);
      for (const item of value) own.push(item);
    } else {
      total = add(total, value, ctx);
      own = Array.isArray(total) && total !== value ? total : undefined;
    }
    return false;
  });
  return total;
}

function addOf(f: Filter): Filter {
  return oneFilter((input, env) => sum((emit) => f.gen(input, env, emit), env.ctx), f.weight + 2);
}

function join(input: Json, separator: Json, ctx: Context): Json {
  let text: Json = null;
  eachOf(input, ctx, (item) => {
    const head: Json = text === null ? '' : add(text, separator, ctx);
    const isPlain = typeof item === 'boolean' || typeof item === 'number';
    const part = isPlain ? tostring(item, ctx) : (item ?? '');
    text = typeof head === 'string' && typeof part === 'string' ? concat(head, part, ctx) : add(head, part, ctx);
    return false;
  });
  return text ?? '';
}

function flatten(input: Json, depth: number, ctx: Context): Json {
  const result: Json[] = [];
  const visit = (value: Json, left: number, level: number): boolean => {
    ctx.checkDepth(level);
    return eachOf(value, ctx, (item) => {
      if (Array.isArray(item) && left > 0) return visit(item, left - 1, level + 1);
      ctx.checkArray(result.push(item));
      return false;
    });
  };
  visit(input, depth, 0);
  return result;
}

/** The position of a value in a sorted array, or -1 minus the position where it belongs. */
function binarySearch(input: Json, target: Json, ctx: Context): Json {
  if (!Array.isArray(input)) return raise(`${describeKind(input)} cannot be searched from`);
  let low = 0;
  let high = input.length - 1;
  while (low <= high) {
    ctx.spend(1);
    const middle = (low + high) >> 1;
    const order = compare(accessElement(input, middle), target, ctx);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1 - low;
}

/** `range(end)`, `range(start; end)`, `range(start; end; step)`: the first argument in the outer loop. */
function rangeOf(args: readonly Filter[]): Filter {
  return genFilter((input, env, emit) => {
    const from = (at: number, values: readonly Json[]): boolean => {
      const arg = args[at];
      if (arg !== undefined) return arg.gen(input, env, (value) => from(at + 1, [...values, value]));
      const [start, end, step] = args.length === 1 ? [0, values[0] as Json] : values;
      return countUp(start as Json, end as Json, step ?? 1, env.ctx, emit);
    };
    return from(0, []);
  });
}

function countUp(start: Json, end: Json, step: Json, ctx: Context, emit: (value: Json) => boolean): boolean {
  if (typeof start !== 'number' || typeof end !== 'number' || typeof step !== 'number') {
    return raise('Range bounds must be numeric');
  }
  if (step > 0) {
    for (let i = start; i < end; i += step) {
      ctx.spend(1);
      if (emit(i)) return true;
    }
  } else if (step < 0) {
    for (let i = start; i > end; i += step) {
      ctx.spend(1);
      if (emit(i)) return true;
    }
  }
  return false;
}
