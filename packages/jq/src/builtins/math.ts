import { raise } from '../errors.ts';
import type { Json } from '../json.ts';
import { negate } from '../values/arithmetic.ts';
import { describeKind } from '../values/describe.ts';
import {
  decompose,
  erf,
  erfc,
  gamma,
  ieeeRemainder,
  lgamma,
  nextAfter,
  roundHalfAway,
  roundHalfEven,
  scaleByPower,
  signOfGamma,
} from './numeric.ts';
import { type Builtin, type Builtins, fromInput, fromValues, scalarFromInput } from './builtin.ts';

type Unary = (x: number) => number;
type Binary = (x: number, y: number) => number;

function requireNumber(value: Json): number {
  return typeof value === 'number' ? value : raise(`${describeKind(value)} number required`);
}

function unary(compute: Unary): Builtin {
  return scalarFromInput((input, ctx) => ctx.number(compute(requireNumber(input))));
}

function binary(compute: Binary): Builtin {
  return fromValues((_input, [x, y], ctx) => ctx.number(compute(requireNumber(x as Json), requireNumber(y as Json))));
}

const UNARY: Readonly<Record<string, Unary>> = {
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  cbrt: Math.cbrt,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: Math.cosh,
  exp: Math.exp,
  exp2: (x) => 2 ** x,
  exp10: (x) => 10 ** x,
  expm1: Math.expm1,
  fabs: Math.abs,
  floor: Math.floor,
  log: Math.log,
  log10: Math.log10,
  log1p: Math.log1p,
  log2: Math.log2,
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
  trunc: Math.trunc,
  round: roundHalfAway,
  rint: roundHalfEven,
  nearbyint: roundHalfEven,
  gamma: lgamma,
  lgamma,
  tgamma: gamma,
  erf,
  erfc,
  logb: (x) => (x === 0 ? -Infinity : Number.isFinite(x) ? decompose(x).exponent - 1 : Math.abs(x)),
  significand: (x) => (x === 0 || !Number.isFinite(x) ? x : decompose(x).fraction * 2),
};

const BINARY: Readonly<Record<string, Binary>> = {
  atan2: Math.atan2,
  copysign: (x, y) => (y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x)),
  drem: ieeeRemainder,
  remainder: ieeeRemainder,
  fdim: (x, y) => (x !== x || y !== y ? NaN : Math.max(x - y, 0)),
  fmax: (x, y) => (x !== x ? y : y !== y ? x : Math.max(x, y)),
  fmin: (x, y) => (x !== x ? y : y !== y ? x : Math.min(x, y)),
  fmod: (x, y) => x % y,
  hypot: Math.hypot,
  ldexp: (x, power) => scaleByPower(x, power !== power ? 0 : power),
  scalb: (x, power) => (Number.isInteger(power) || Math.abs(power) === Infinity ? scaleByPower(x, power) : NaN),
  scalbln: scaleByPower,
  nextafter: nextAfter,
  nexttoward: nextAfter,
  // C takes 1 to any power, and -1 to an infinite one, for 1.
  pow: (x, y) => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y),
};

/** The builtins on numbers. */
export const math: Builtins = {
  ...Object.fromEntries(Object.entries(UNARY).map(([name, compute]) => [`${name}/0`, unary(compute)])),
  ...Object.fromEntries(Object.entries(BINARY).map(([name, compute]) => [`${name}/2`, binary(compute)])),
  'fma/3': fromValues((_input, values, ctx) => {
    const [x, y, z] = values.map(requireNumber);
    return ctx.number((x as number) * (y as number) + (z as number));
  }),
  // Only what is below 0 in jq's order is negated: that refuses null and booleans and lets all else pass.
  'abs/0': fromInput((input) => {
    if (typeof input === 'number') return input < 0 ? -input : input;
    return input === null || typeof input === 'boolean' ? negate(input) : input;
  }),
  'infinite/0': fromInput((_, ctx) => ctx.number(Infinity)),
  'nan/0': fromInput((_, ctx) => ctx.number(NaN)),
  'isinfinite/0': fromInput((input) => typeof input === 'number' && Math.abs(input) === Infinity),
  'isnan/0': fromInput((input) => Number.isNaN(input)),
  'isnormal/0': fromInput((input) => {
    if (typeof input !== 'number') return false;
    const size = Math.abs(input);
    return size >= 2.2250738585072014e-308 && size !== Infinity;
  }),
  'isfinite/0': fromInput((input) => typeof input === 'number' && Math.abs(input) !== Infinity),
  'frexp/0': fromInput((input) => {
    const x = requireNumber(input);
    if (x === 0 || !Number.isFinite(x)) return [x, 0];
    const { fraction, exponent } = decompose(x);
    return [fraction, exponent];
  }),
  'modf/0': fromInput((input) => {
    const x = requireNumber(input);
    const rest = Math.abs(x) === Infinity ? 0 : Math.abs(x - Math.trunc(x));
    return [x < 0 || Object.is(x, -0) ? -rest : rest, Math.trunc(x)];
  }),
  'lgamma_r/0': fromInput((input) => {
    const x = requireNumber(input);
    return [lgamma(x), signOfGamma(x)];
  }),
};
