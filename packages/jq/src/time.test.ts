import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatTime, parseTime } from './time-format.ts';
import { civilFromSeconds, secondsFromCivil } from './time.ts';

const FORMAT = '%Y-%m-%dT%H:%M:%SZ';
const anyTime = fc.integer({ min: Date.UTC(1, 0, 1) / 1000, max: Date.UTC(9999, 11, 31) / 1000 });

it('takes seconds apart as the host does', () => {
  fc.assert(
    fc.property(anyTime, (seconds) => {
      const date = new Date(seconds * 1000);
      const civil = civilFromSeconds(seconds);
      expect(civil).toMatchObject({
        year: date.getUTCFullYear(),
        month: date.getUTCMonth(),
        day: date.getUTCDate(),
        hour: date.getUTCHours(),
        minute: date.getUTCMinutes(),
        second: date.getUTCSeconds(),
        weekday: date.getUTCDay(),
      });
      expect(secondsFromCivil(civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second)).toBe(
        seconds,
      );
    }),
  );
});

it('reads what it writes', () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(1000, 0, 1) / 1000, max: Date.UTC(9999, 11, 31) / 1000 }), (seconds) => {
      const civil = civilFromSeconds(seconds);
      expect(parseTime(formatTime(civil, FORMAT), FORMAT)).toEqual(civil);
    }),
  );
});

it('refuses a text that does not match the format to its end', () => {
  expect(parseTime('2024-01-01', FORMAT)).toBeUndefined();
  expect(parseTime('2024-01-01T00:00:00Zx', FORMAT)).toBeUndefined();
  expect(parseTime('2024-13-01T00:00:00Z', FORMAT)).toBeUndefined();
});
