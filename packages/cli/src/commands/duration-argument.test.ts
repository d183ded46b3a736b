import { expect, test } from 'vitest';
import { durationArgument, longDurationArgument } from './duration-argument.ts';

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

test.each([
  ['P90D', 7_776_000_000],
  ['P1DT1H', 90_000_000],
  ['12h', 43_200_000],
])('%s is a long time of %d ms', (text, ms) => {
  expect(longDurationArgument(text)).toBe(ms);
});
