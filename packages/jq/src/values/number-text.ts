/** The largest finite number: how an infinity is printed. */
const LARGEST = '1.7976931348623157e+308';
/** Digits a plain number may have beyond its significant ones before an exponent is used. */
const PLAIN_ZEROS = 15;
/** Integers below this are printed alike by jq and by JavaScript. */
const SAFE_PLAIN = 1e15;

/**
 * A number as jq prints it: the shortest digits that read back as the same double, an exponent of
 * at least two digits, `null` for NaN and the largest double for an infinity.
 */
export function numberText(value: number): string {
  if (Number.isInteger(value) && value < SAFE_PLAIN && value > -SAFE_PLAIN) {
    return value === 0 && Object.is(value, -0) ? '-0' : String(value);
  }
  if (value !== value) return 'null';
  if (value === Infinity) return LARGEST;
  if (value === -Infinity) return `-${LARGEST}`;
  return value < 0 ? `-${positiveText(-value)}` : positiveText(value);
}

function positiveText(value: number): string {
  const scientific = value.toExponential();
  const mark = scientific.indexOf('e');
  const digits = scientific.slice(0, mark).replace('.', '');
  const exponent = Number(scientific.slice(mark + 1));
  const point = exponent + 1;
  if (point <= -4 || point > digits.length + PLAIN_ZEROS) return exponentText(digits, exponent);
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return digits + '0'.repeat(point - digits.length);
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

function exponentText(digits: string, exponent: number): string {
  const mantissa = digits.length === 1 ? digits : `${digits[0] ?? ''}.${digits.slice(1)}`;
  const sign = exponent < 0 ? '-' : '+';
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
