import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../flow/duration.ts';
import type { Duration } from '../flow/duration.ts';
import { parseCron } from './spec.ts';
import { tickAfter, tickBefore } from './ticks.ts';

const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());
const at = (text: string): number => Date.parse(text);
const cron = (pattern: string, zone = 'UTC') =>
  ({ kind: 'cron', cron: parseCron(pattern, zone), missed: 'one', text: '' }) as const;
const every = (text: string) =>
  ({ kind: 'every', every: parseDuration(text) as Duration, missed: 'one', text: '' }) as const;

function ticks(spec: ReturnType<typeof cron>, from: string, count: number): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  let time = at(from);
  for (let n = 0; n < count; n += 1) {
    time = tickAfter(spec, 0, time) as number;
    found.push(iso(time));
  }
  return found;
}

describe('ticks of a cron expression', () => {
  it('come at the first moment after the gap where summer time skips their hour', () => {
    expect(ticks(cron('30 2 * * *', 'Europe/Berlin'), '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
  });

  it('come once where the end of summer time brings their hour twice', () => {
    expect(ticks(cron('30 2 * * *', 'Europe/Berlin'), '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  it('are the same whether they are counted forwards or backwards, over changes of the clock too', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu');
    const patterns = fc.constantFrom('30 2 * * *', '*/15 * * * *', '0 0 1 * *', '15 10 * * MON', '*/20 * * * * *');
    const times = fc.integer({ min: at('2025-01-01T00:00:00Z'), max: at('2028-01-01T00:00:00Z') });
    fc.assert(
      fc.property(zones, patterns, times, (zone, pattern, time) => {
        const spec = cron(pattern, zone);
        const next = tickAfter(spec, 0, time) as number;
        expect(next).toBeGreaterThan(time);
        expect(iso(tickBefore(spec, 0, next, 0))).toBe(iso(next));
        expect(tickBefore(spec, 0, next - 1, 0) ?? 0).toBeLessThanOrEqual(time);
      }),
      { numRuns: 300 },
    );
  });
});

describe('ticks of a fixed interval', () => {
  it('lie on the grid that begins at the anchor, months on the day of the month', () => {
    const anchor = at('2026-01-31T08:00:00Z');
    const spec = every('P1M');
    expect(iso(tickAfter(spec, anchor, anchor))).toBe('2026-02-28T08:00:00.000Z');
    expect(iso(tickAfter(spec, anchor, at('2026-02-28T08:00:00Z')))).toBe('2026-03-31T08:00:00.000Z');
  });

  it('follow each other without a gap and without one twice', () => {
    const length = fc.constantFrom('PT1S', 'PT0.7S', 'PT15M', 'P1D', 'P1M', 'P1Y');
    fc.assert(
      fc.property(length, fc.nat(2_000_000_000), fc.nat(2_000_000_000), (text, anchor, later) => {
        const spec = every(text);
        const next = tickAfter(spec, anchor, anchor + later) as number;
        expect(next).toBeGreaterThan(anchor + later);
        expect(tickBefore(spec, anchor, next, 0)).toBe(next);
        expect(tickBefore(spec, anchor, next - 1, 0) ?? anchor).toBeLessThanOrEqual(anchor + later);
      }),
    );
  });

  it('does not come at the anchor, and none lies before what is asked for', () => {
    expect(tickBefore(every('PT1H'), 1_000, 1_000, 0)).toBeUndefined();
    expect(tickBefore(every('PT1H'), 0, 3_600_000, 3_600_001)).toBeUndefined();
  });
});
