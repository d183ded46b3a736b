/** Functions of C's math library that JavaScript lacks. */

/** Rounds to the nearest integer, ties to the even one. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  const up = rest === 0.5 ? floor % 2 !== 0 : rest > 0.5;
  // What rounds to 0 from below is -0.
  return up ? (floor === -1 ? -0 : floor + 1) : floor;
}

/** The rest of a division whose quotient is rounded to the nearest integer. */
export function ieeeRemainder(x: number, y: number): number {
  return Math.abs(y) === Infinity && Number.isFinite(x) ? x : x - y * roundHalfEven(x / y);
}

/** Rounds to the nearest integer, ties away from zero. */
export function roundHalfAway(x: number): number {
  const whole = Math.trunc(x);
  return Math.abs(x - whole) < 0.5 ? whole : whole + Math.sign(x);
}

/** `x = fraction * 2 ** exponent` with 0.5 <= |fraction| < 1, for a finite x other than 0. */
export function decompose(x: number): { fraction: number; exponent: number } {
  let exponent = Math.max(-1023, Math.floor(Math.log2(Math.abs(x))) + 1);
  let fraction = x * 2 ** -exponent;
  while (Math.abs(fraction) < 0.5) {
    fraction *= 2;
    exponent -= 1;
  }
  while (Math.abs(fraction) >= 1) {
    fraction /= 2;
    exponent += 1;
  }
  return { fraction, exponent };
}

/** `x * 2 ** power`, exact also where the power alone is out of range. */
export function scaleByPower(x: number, power: number): number {
  const whole = Math.max(-2200, Math.min(2200, Math.trunc(power)));
  const half = Math.trunc(whole / 2);
  const quarter = Math.trunc(half / 2);
  return x * 2 ** quarter * 2 ** (half - quarter) * 2 ** (whole - half);
}

/** The next double after x towards y. */
export function nextAfter(x: number, y: number): number {
  if (x !== x || y !== y) return NaN;
  if (x === y) return y;
  if (x === 0) return y > 0 ? Number.MIN_VALUE : -Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  view.setBigInt64(0, view.getBigInt64(0) + (y > x === x > 0 ? 1n : -1n));
  return view.getFloat64(0);
}

/** Lanczos' coefficients for g = 7. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** The gamma function. */
export function gamma(x: number): number {
  if (Number.isInteger(x) && x > 0 && x <= 171) {
    let product = 1;
    for (let i = 2; i < x; i++) product *= i;
    return product;
  }
  if (x < 0.5) return Math.PI / (Math.sin(Math.PI * x) * gamma(1 - x));
  const { sum, t } = lanczos(x - 1);
  return Math.sqrt(2 * Math.PI) * t ** (x - 0.5) * Math.exp(-t) * sum;
}

/** The logarithm of the absolute value of the gamma function. */
export function lgamma(x: number): number {
  if (x <= 0 && Number.isInteger(x)) return Infinity;
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - lgamma(1 - x);
  if (x === 1 || x === 2) return 0;
  const { sum, t } = lanczos(x - 1);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** The sign of the gamma function. */
export function signOfGamma(x: number): number {
  return x < 0 && Math.floor(x) % 2 !== 0 ? -1 : 1;
}

function lanczos(x: number): { sum: number; t: number } {
  const sum = LANCZOS.reduce((total, c, i) => (i === 0 ? c : total + c / (x + i)), 0);
  return { sum, t: x + 7.5 };
}

/** The error function. */
export function erf(x: number): number {
  if (x !== x) return NaN;
  const size = Math.abs(x);
  return Math.sign(x) * (size < 2 ? erfSeries(size) : 1 - erfcFraction(size));
}

/** 1 minus the error function, precise for large x. */
export function erfc(x: number): number {
  return x < 2 ? 1 - erf(x) : erfcFraction(x);
}

function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 100; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** Lentz' continued fraction, evaluated backwards; it converges fast for x of 2 and more. */
function erfcFraction(x: number): number {
  if (x > 27.3) return 0;
  let fraction = 0;
  for (let n = 120; n > 0; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}
