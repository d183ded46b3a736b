import { expect, test } from 'vitest';
import { durationArgument } from './duration-argument.ts';

test.each([
  ['500ms', 500],
  ['60s', 60_000],
  ['1.5m', 90_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
  ['PT60S', 60_000],
  ['PT1H1M0.5S', 3_660_500],
])('%s is %d ms', (text, ms) => {
  expect(durationArgument(text)).toBe(ms);
});

test.each(['', '60', 's', '-1s', 'PT', 'P1D', '1 m'])('%j is no time', (text) => {
  expect(() => durationArgument(text)).toThrow('such as 500ms');
});
