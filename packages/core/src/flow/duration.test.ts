import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDuration, durationMs, parseDuration } from './duration.ts';
import type { Json } from '../json.ts';
import type { Duration } from './duration.ts';

const at = (text: string) => Date.parse(text);
const parsed = (text: string): Duration => parseDuration(text) ?? expect.fail(`${text} is no duration`);

describe('a written duration', () => {
  it.each([
    ['PT30S', 30_000],
    ['PT1M30S', 90_000],
    ['P1D', 86_400_000],
    ['P2W', 1_209_600_000],
    ['P1DT2H', 93_600_000],
    ['PT0.1S', 100],
    ['PT0.0015S', 1.5],
    ['P0.5D', 43_200_000],
    ['PT0S', 0],
  ])('in ISO 8601: %s', (text, ms) => {
    expect(parseDuration(text)).toEqual({ months: 0, ms });
  });

  it('keeps years and months apart, for they have no fixed length', () => {
    expect(parseDuration('P1Y2M3DT4S')).toEqual({ months: 14, ms: 3 * 86_400_000 + 4_000 });
    expect(parseDuration('P0.5Y')).toEqual({ months: 6, ms: 0 });
  });

  it('as an object adds its parts', () => {
    expect(parseDuration({ days: 1, hours: 2, minutes: 3, seconds: 4, milliseconds: 5 })).toEqual({
      months: 0,
      ms: 93_784_005,
    });
    expect(parseDuration({ minutes: 5, seconds: -30 })).toEqual({ months: 0, ms: 270_000 });
  });

  const none: readonly Json[] = [
    '',
    'P',
    'PT',
    'P1',
    '5 minutes',
    'PT1.S',
    '-PT5S',
    'P1H',
    'PT1D',
    'pt5s',
    '${ .a }',
    5,
    null,
    true,
    [],
    {},
    { weeks: 1 },
    { seconds: 1.5 },
    { seconds: '1' },
    { seconds: -1 },
    { toString: 1 },
  ];
  it.each(none.map((value) => ({ value })))('is none: $value', ({ value }) => {
    expect(parseDuration(value)).toBeUndefined();
  });
});

describe('adding a duration (decided: months and years by the calendar, in UTC)', () => {
  it.each([
    ['2026-01-31T12:00:00.250Z', 'P1M', '2026-02-28T12:00:00.250Z'],
    ['2024-01-31T00:00:00Z', 'P1M', '2024-02-29T00:00:00Z'],
    ['2024-02-29T00:00:00Z', 'P1Y', '2025-02-28T00:00:00Z'],
    ['2026-11-30T00:00:00Z', 'P3M', '2027-02-28T00:00:00Z'],
    ['2026-12-31T23:59:59Z', 'P1MT1S', '2027-02-01T00:00:00Z'],
    ['2026-03-01T00:00:00Z', 'P0.5M', '2026-03-16T12:00:00Z'],
    ['1969-12-31T00:00:00Z', 'P2M', '1970-02-28T00:00:00Z'],
    ['2026-01-01T00:00:00Z', 'PT36H', '2026-01-02T12:00:00Z'],
  ])('%s and %s is %s', (from, text, to) => {
    expect(addDuration(at(from), parsed(text))).toBe(at(to));
  });

  it('agrees with the calendar of Date on every day', () => {
    fc.assert(
      fc.property(fc.integer({ min: -4e12, max: 4e12 }), fc.integer({ min: 0, max: 2_400 }), (from, months) => {
        const date = new Date(from);
        const target = new Date(from);
        target.setUTCDate(1);
        target.setUTCMonth(target.getUTCMonth() + months);
        const last = new Date(Date.UTC(target.getUTCFullYear(), target.getUTCMonth() + 1, 0)).getUTCDate();
        target.setUTCDate(Math.min(date.getUTCDate(), last));
        expect(addDuration(from, { months, ms: 0 })).toBe(target.getTime());
      }),
    );
  });

  it('stops at the last moment that there is', () => {
    expect(addDuration(0, { months: 1e9, ms: 0 })).toBe(8.64e15);
    expect(addDuration(0, { months: 0, ms: 1e300 })).toBe(8.64e15);
  });
});

describe('the length of a duration without a beginning', () => {
  it('counts a year as 365 days and a month as the shortest', () => {
    expect(durationMs(parsed('P1Y1M'))).toBe(393 * 86_400_000);
    expect(durationMs(parsed('PT5M'))).toBe(300_000);
  });
});
