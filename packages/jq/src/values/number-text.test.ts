import { expect, it } from 'vitest';
import { numberText } from './number-text.ts';

it.each<[number, string]>([
  [0, '0'],
  [-0, '-0'],
  [1.5, '1.5'],
  [0.1 + 0.2, '0.30000000000000004'],
  [1e15, '1000000000000000'],
  [1e16, '1e+16'],
  [1.1e16, '11000000000000000'],
  [123456789012345680000, '123456789012345680000'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [1.5e300, '1.5e+300'],
  [-2.5e-10, '-2.5e-10'],
  [NaN, 'null'],
  [Infinity, '1.7976931348623157e+308'],
  [-Infinity, '-1.7976931348623157e+308'],
])('prints %d as %s', (value, text) => {
  expect(numberText(value)).toBe(text);
});
