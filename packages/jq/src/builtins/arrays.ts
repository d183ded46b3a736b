import type { Context, Env } from '../compile/context.ts';
import { collect } from '../compile/construct.ts';
import { type Emit, type Filter, genFilter, oneFilter } from '../compile/filter.ts';
import { iterate } from '../compile/access.ts';
import { raise } from '../errors.ts';
import { isObject, type Json, kindOf } from '../json.ts';
import { add, concat } from '../values/arithmetic.ts';
import { compare } from '../values/compare.ts';
import { describeKind } from '../values/describe.ts';
import { lengthOf } from '../values/length.ts';
import { tostring } from './formats.ts';
import { type Builtin, type Builtins, fromInput, fromValues, iterating } from './builtin.ts';

/** The builtins on arrays: order, groups, sums. */
export const arrays: Builtins = {
  'sort/0': fromInput((input, ctx) => sortBy(requireArray(input, 'sorted'), undefined, ctx).map(({ value }) => value)),
  'sort_by/1': byKey((sorted) => sorted.map(({ value }) => value)),
  'group_by/1': byKey((sorted, ctx) => groups(sorted, ctx).map((group) => group.map(({ value }) => value))),
  'unique/0': fromInput((input, ctx) =>
    groups(sortBy(requireArray(input, 'sorted'), undefined, ctx), ctx).map((group) => (group[0] as Keyed).value),
  ),
  'unique_by/1': byKey((sorted, ctx) => groups(sorted, ctx).map((group) => (group[0] as Keyed).value)),
  'min/0': fromInput((input, ctx) => extreme(keyed(requireItems(input), undefined), -1, ctx)),
  'max/0': fromInput((input, ctx) => extreme(keyed(requireItems(input), undefined), 1, ctx)),
  'min_by/1': byKeyUnsorted((items, ctx) => extreme(items, -1, ctx)),
  'max_by/1': byKeyUnsorted((items, ctx) => extreme(items, 1, ctx)),
  'add/0': iterating(fromInput((input, ctx) => sum((emit) => eachOf(input, ctx, emit), ctx))),
  'add/1': ([f]) => addOf(f as Filter),
  'join/1': iterating(fromValues((input, [separator], ctx) => join(input, separator as Json, ctx))),
  'flatten/0': iterating(fromInput((input, ctx) => flatten(input, Infinity, ctx))),
  'flatten/1': fromValues((input, [depth], ctx) => {
    if (compare(depth as Json, 0, ctx) < 0) return raise('flatten depth must not be negative');
    return flatten(input, depth as Json, ctx);
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

/** An array for `min` and `max`. */
function requireItems(input: Json): Json[] {
  if (Array.isArray(input)) return input;
  const shown = describeKind(input);
  return raise(`${shown} and ${shown} cannot be iterated over`);
}

/** An array to be ordered by keys. In jq the keys are made first, of whatever can be iterated over. */
function requireKeyed(input: Json, f: Filter, env: Env, refusal: string): Json[] {
  if (Array.isArray(input)) return input;
  const shown = describeKind(input);
  if (!isObject(input)) return raise(`Cannot iterate over ${shown}`);
  const keys = Object.values(input).map((value) => {
    env.ctx.spend(1);
    return collect(f, value, env);
  });
  return raise(`${shown} and ${describeKind(keys)} cannot be ${refusal}`);
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

function byKey(finish: (sorted: Keyed[], ctx: Context) => Json): Builtin {
  return ([f]) =>
    oneFilter((input, env) => {
      const items = requireKeyed(input, f as Filter, env, 'sorted, as they are not both arrays');
      return finish(sortBy(items, keysOf(f as Filter, items, env), env.ctx), env.ctx);
    }, 4);
}

function byKeyUnsorted(finish: (items: Keyed[], ctx: Context) => Json): Builtin {
  return ([f]) =>
    oneFilter((input, env) => {
      const items = requireKeyed(input, f as Filter, env, 'iterated over');
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

/** A depth that is no whole number is counted down past 0, and one that is no number fails at the first array. */
function flatten(input: Json, depth: Json, ctx: Context): Json {
  if (typeof input !== 'object' || input === null) return raise(`Cannot iterate over ${describeKind(input)}`);
  const result: Json[] = [];
  const stack = [{ items: Array.isArray(input) ? input : Object.values(input), at: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const item = top.items[top.at];
    top.at += 1;
    if (item === undefined) stack.pop();
    else {
      ctx.spend(1);
      if (Array.isArray(item) && isDeeper(depth, stack.length)) {
        ctx.checkDepth(stack.length);
        stack.push({ items: item, at: 0 });
      } else ctx.checkArray(result.push(item));
    }
  }
  return result;
}

function isDeeper(depth: Json, level: number): boolean {
  if (typeof depth !== 'number') return raise(`${describeKind(depth)} and number (1) cannot be subtracted`);
  return !Number.isInteger(depth) || level <= depth;
}

/** The position of a value in a sorted array, or -1 minus the position where it belongs. */
function binarySearch(input: Json, target: Json, ctx: Context): Json {
  if (!Array.isArray(input)) return raise(`${describeKind(input)} cannot be searched from`);
  let low = 0;
  let high = input.length;
  while (low < high) {
    ctx.spend(1);
    const middle = (low + high) >> 1;
    const order = compare(target, input[middle] as Json, ctx);
    if (order === 0) return middle;
    if (order > 0) low = middle + 1;
    else high = middle;
  }
  return -1 - low;
}

/** `range(end)`, `range(start; end)`, `range(start; end; step)`: the first argument in the outer loop. */
function rangeOf(args: readonly Filter[]): Filter {
  return genFilter((input, env, emit) => {
    const from = (at: number, values: readonly Json[]): boolean => {
      const arg = args[at];
      if (arg !== undefined) return arg.gen(input, env, (value) => from(at + 1, [...values, value]));
      const [start, end] = args.length === 1 ? [0, values[0] as Json] : (values as [Json, Json]);
      const { ctx } = env;
      return args.length === 3 ? stepUp(start, end, values[2] as Json, ctx, emit) : countUp(start, end, ctx, emit);
    };
    return from(0, []);
  });
}

/** With a step, jq compares and adds whatever it is given. */
function stepUp(start: Json, end: Json, step: Json, ctx: Context, emit: Emit): boolean {
  const sign = Math.sign(compare(step, 0, ctx));
  if (sign === 0) return false;
  for (let value = start; compare(value, end, ctx) * sign < 0; value = add(value, step, ctx)) {
    ctx.spend(1);
    if (emit(value)) return true;
  }
  return false;
}

function countUp(start: Json, end: Json, ctx: Context, emit: Emit): boolean {
  if (typeof start !== 'number' || typeof end !== 'number') return raise('Range bounds must be numeric');
  // Said in this way, NaN as a bound goes on for ever, as in jq.
  for (let i = start; !(i >= end); i++) {
    ctx.spend(1);
    if (emit(i)) return true;
  }
  return false;
}
