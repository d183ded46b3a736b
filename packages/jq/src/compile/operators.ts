import { Raised } from '../errors.ts';
import type { Json } from '../json.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { ARITHMETIC, COMPARISONS, negate, type Operation } from '../values/arithmetic.ts';
import { addOwned } from '../values/owned-sum.ts';
import { Context } from './context.ts';
import { constantFilter, type Filter, genFilter, type Grow, oneFilter, withTraits } from './filter.ts';

/** `a operator b` for arithmetic and comparisons: right operands in the outer loop, as in jq. */
export function compileBinary(operator: string, left: Filter, right: Filter): Filter {
  const operation = (ARITHMETIC[operator] ?? COMPARISONS[operator]) as Operation;
  const folded = foldConstants(operation, left, right);
  if (folded !== undefined) return folded;
  const filter = fastPath(operator, left, right) ?? binary(operation, left, right);
  if (filter.one === undefined) return filter;
  return withTraits(filter, {
    detached: Object.hasOwn(COMPARISONS, operator) || isDetached(left, right),
    grow: operator === '+' ? growSum(left, right) : undefined,
  });
}

/** A result is no part of the input when no operand is one, or when an operand is a constant scalar, as then is the result. */
function isDetached(left: Filter, right: Filter): boolean {
  return (left.detached && right.detached) || isScalar(left.constant) || isScalar(right.constant);
}

function isScalar(value: Json | undefined): boolean {
  return typeof value === 'number' || typeof value === 'string';
}

/** `. + x` where the left operand is the state itself: arrays and objects are extended in place. */
function growSum(left: Filter, right: Filter): Grow | undefined {
  const { grow } = left;
  const { one } = right;
  if (grow === undefined || one === undefined || !right.detached) return undefined;
  return (input, env, owned) => {
    const b = one(input, env);
    return addOwned(grow(input, env, owned), b, env.ctx, owned);
  };
}

/** `-a`. */
export function compileNegate(operand: Filter): Filter {
  const { one, constant } = operand;
  if (typeof constant === 'number') return constantFilter(0 - constant);
  if (one !== undefined)
    return oneFilter((input, env) => negate(one(input, env)), operand.weight + 1, undefined, { detached: true });
  return genFilter((input, env, emit) => operand.gen(input, env, (value) => emit(negate(value))));
}

/** Applies an operation to every combination of operands. */
function binary(operation: Operation, left: Filter, right: Filter): Filter {
  const { one: oneL } = left;
  const { one: oneR } = right;
  if (oneL !== undefined && oneR !== undefined) {
    const weight = left.weight + right.weight + 1;
    return oneFilter((input, env) => {
      const b = oneR(input, env);
      return operation(oneL(input, env), b, env.ctx);
    }, weight);
  }
  return genFilter((input, env, emit) =>
    right.gen(input, env, (b) =>
      left.gen(input, env, (a) => {
        env.ctx.spend(1);
        return emit(operation(a, b, env.ctx));
      }),
    ),
  );
}

/** Computes an operation on two numbers, or joins two strings, now. One that fails is left to fail when it runs. */
function foldConstants(operation: Operation, left: Filter, right: Filter): Filter | undefined {
  const a = left.constant;
  const b = right.constant;
  if (!isFoldable(operation, a, b)) return undefined;
  try {
    const value = operation(a as Json, b as Json, new Context(DEFAULT_LIMITS, [], undefined));
    return typeof value === 'number' && !Number.isFinite(value) ? undefined : constantFilter(value);
  } catch (error) {
    if (error instanceof Raised) return undefined;
    throw error;
  }
}

function isFoldable(operation: Operation, a: Json | undefined, b: Json | undefined): boolean {
  if (typeof a === 'number' && typeof b === 'number') return true;
  return operation === ARITHMETIC['+'] && typeof a === 'string' && typeof b === 'string';
}

/** The operations that run most, with the check for numbers done in place. */
function fastPath(operator: string, left: Filter, right: Filter): Filter | undefined {
  const { one: oneL } = left;
  const { one: oneR } = right;
  if (oneL === undefined || oneR === undefined) return undefined;
  const weight = left.weight + right.weight + 1;
  const slow = (ARITHMETIC[operator] ?? COMPARISONS[operator]) as Operation;
  switch (operator) {
    case '+':
      return oneFilter((input, env) => {
        const b = oneR(input, env);
        const a = oneL(input, env);
        return typeof a === 'number' && typeof b === 'number' ? env.ctx.number(a + b) : slow(a, b, env.ctx);
      }, weight);
    case '==':
      return oneFilter((input, env) => {
        const b = oneR(input, env);
        const a = oneL(input, env);
        return typeof a === 'object' || typeof a === 'string' ? slow(a, b, env.ctx) : a === b;
      }, weight);
    case '>':
      return oneFilter((input, env) => {
        const b = oneR(input, env);
        const a = oneL(input, env);
        // The last test sends NaN, which is below every number, the slow way.
        return typeof a === 'number' && typeof b === 'number' && b === b ? a > b : slow(a, b, env.ctx);
      }, weight);
    default:
      return undefined;
  }
}
