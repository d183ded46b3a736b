import { raise } from '../errors.ts';
import type { Json } from '../json.ts';
import { describe } from '../values/describe.ts';
import type { Owned } from '../values/paths.ts';
import type { Env } from './context.ts';

/** Evaluates a filter that always gives exactly one value. */
export type One = (input: Json, env: Env) => Json;
/** Evaluates a filter that gives at most one value; undefined for none. */
export type Opt = (input: Json, env: Env) => Json | undefined;
/** Receives a value; true asks the sender to stop. */
export type Emit = (value: Json) => boolean;
/** Evaluates any filter; true when the receiver asked to stop. */
export type Gen = (input: Json, env: Env, emit: Emit) => boolean;
/** Asks the trampoline of the enclosing call to make the call that `Context.tail*` describes. */
export const TAIL_CALL = null;
/** Like `Gen`, in tail position: may answer `TAIL_CALL` instead of calling. */
export type Tail = (input: Json, env: Env, emit: Emit) => boolean | typeof TAIL_CALL;
/** Receives a value and where it stands in the input of `path(…)`. */
export type EmitPath = (value: Json, path: Path) => boolean;
/** Evaluates a filter as a path expression. */
export type Paths = (input: Json, path: Path, env: Env, emit: EmitPath) => boolean;

/** A step of a path; the paths of a program share their beginnings. */
export interface PathLink {
  readonly key: Json;
  readonly up: PathLink | undefined;
}
/** Marks a value that is not a part of the input, so that no path leads to it. */
export const NO_PATH = null;
/** Where a value stands: undefined is the root. */
export type Path = PathLink | undefined | typeof NO_PATH;

/** Evaluates a filter on a state no one else sees, and may change the containers it owns in place. */
export type Grow = (input: Json, env: Env, owned: Owned) => Json;

/** What is known about a filter beside how to run it. */
export interface Traits {
  /** The value, when it does not depend on anything. */
  readonly constant: Json | undefined;
  /** True when `one` never reads its env, so that no context has to be made. */
  readonly contextFree: boolean;
  /** True when no output can hold a container that is a part of the input. */
  readonly detached: boolean;
  /** True when the filter has exactly one path in any input. */
  readonly singlePath: boolean;
  /** There when the input goes nowhere but into the output, as in an update or a sum. */
  readonly grow: Grow | undefined;
}

/**
 * A compiled expression. `gen` always works; `one` and `opt` are there when the number of outputs
 * is known, and are much faster since they need no callback.
 */
export interface Filter extends Traits {
  readonly one: One | undefined;
  readonly opt: Opt | undefined;
  readonly gen: Gen;
  readonly tail: Tail;
  readonly paths: Paths;
  /** Work of `one` or `opt` that no step is charged for yet. */
  readonly weight: number;
}

/** Weight above which a subexpression charges for itself. */
const METER_WEIGHT = 16;

const NO_TRAITS: Traits = {
  constant: undefined,
  contextFree: false,
  detached: false,
  singlePath: false,
  grow: undefined,
};

/** All filters are made here, so that they have one shape and calls through them stay fast. */
function makeFilter(runners: Omit<Filter, keyof Traits>, traits: Partial<Traits> | undefined): Filter {
  const { one, opt, gen, tail, paths, weight } = runners;
  const { constant, contextFree, detached, singlePath, grow } = { ...NO_TRAITS, ...traits };
  return { one, opt, gen, tail, paths, weight, constant, contextFree, detached, singlePath, grow };
}

/** A filter of exactly one output. */
export function oneFilter(one: One, weight: number, paths?: Paths, traits?: Partial<Traits>): Filter {
  const gen: Gen = (input, env, emit) => emit(one(input, env));
  return makeFilter({ one, opt: one, gen, tail: gen, paths: paths ?? valuePaths(gen), weight }, traits);
}

/** A filter of one output or none. */
export function optFilter(opt: Opt, weight: number, paths?: Paths, tail?: Tail): Filter {
  const gen: Gen = (input, env, emit) => {
    const value = opt(input, env);
    return value !== undefined && emit(value);
  };
  return makeFilter(
    { one: undefined, opt, gen, tail: tail ?? gen, paths: paths ?? valuePaths(gen), weight },
    undefined,
  );
}

/** A filter of any number of outputs. It must charge a step for each output but the first. */
export function genFilter(gen: Gen, paths?: Paths, tail?: Tail): Filter {
  return makeFilter(
    { one: undefined, opt: undefined, gen, tail: tail ?? gen, paths: paths ?? valuePaths(gen), weight: 0 },
    undefined,
  );
}

/** A filter that gives always the same value; a container is made anew each time, so that no one can change it for others. */
export function constantFilter(value: Json): Filter {
  const traits = { constant: value, contextFree: true, detached: true };
  if (typeof value !== 'object' || value === null) return oneFilter(() => value, 1, undefined, traits);
  if (Array.isArray(value)) return oneFilter(() => [...value], 1, undefined, traits);
  return oneFilter(() => ({ ...value }), 1, undefined, traits);
}

/** The filter with other traits or another path evaluation. */
export function withTraits(filter: Filter, traits: Partial<Traits>, paths: Paths = filter.paths): Filter {
  return makeFilter({ ...filter, paths }, { ...filter, ...traits });
}

/** Charges for a subexpression once it has grown heavy, so that a wide program pays for its width. */
export function metered(filter: Filter): Filter {
  const { one, opt, weight, paths } = filter;
  if (weight <= METER_WEIGHT || opt === undefined) return filter;
  const steps = weight / METER_WEIGHT;
  if (one !== undefined) {
    const charged: One = (input, env) => {
      env.ctx.spend(steps);
      return one(input, env);
    };
    return oneFilter(charged, 0, paths, { ...filter, contextFree: false });
  }
  const charged: Opt = (input, env) => {
    env.ctx.spend(steps);
    return opt(input, env);
  };
  return optFilter(charged, 0, paths, filter.tail);
}

/** The path evaluation of a filter that computes a value: a path only leads to it when it is the input itself. */
function valuePaths(gen: Gen): Paths {
  return (input, path, env, emit) => gen(input, env, (value) => emit(value, isSame(value, input) ? path : NO_PATH));
}

/** The path evaluation of a filter that makes its outputs, even if it happens to give back its input. */
export function computedPaths(gen: Gen): Paths {
  return (input, _path, env, emit) => gen(input, env, (value) => emit(value, NO_PATH));
}

/** True for the same container, null or boolean. Equal numbers and strings count as computed anew. */
export function isSame(value: Json, input: Json): boolean {
  return value === input && typeof value !== 'number' && typeof value !== 'string';
}

/** The last check on a path: it must lead to a part of the input. */
export function requirePath(path: Path, value: Json): PathLink | undefined {
  if (path === NO_PATH) raise(`Invalid path expression with result ${describe(value)}`);
  return path;
}

/** The keys of a path, from the root. */
export function pathKeys(path: PathLink | undefined): Json[] {
  const keys: Json[] = [];
  for (let at = path; at !== undefined; at = at.up) keys.push(at.key);
  return keys.reverse();
}
