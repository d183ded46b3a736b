import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeHash } from '../decide/play.fixture.ts';
import { decideSchedule } from './decide-schedule.ts';
import type { ScheduleState } from './decide-schedule.ts';
import { compileSchedule } from './spec.ts';
import { tickAfter } from './ticks.ts';

const id = '00000000-0000-8000-8000-0000000000aa';
const minute = 60_000;
const twoHours = 120 * minute;

/** Days on which clocks are set forward or back in the zone, and one on which they are not. */
const begins = ['2026-03-28T20:00:00Z', '2026-10-24T20:00:00Z', '2026-06-01T00:00:00Z'].map((text) => Date.parse(text));
const schedules = [
  { every: { minutes: 7 } },
  { cron: '*/10 * * * *' },
  { cron: '30 2 * * *' },
  { cron: '0 * * * *' },
] as const;

describe('ticks under a clock that is set', () => {
  it('start one run each, and none is left out, with jumps of two hours and over changes to and from summer time', () => {
    const jumps = fc.array(fc.integer({ min: -twoHours, max: twoHours }), { minLength: 1, maxLength: 60 });
    const cases = fc.tuple(fc.constantFrom(...schedules), fc.constantFrom(...begins), jumps);
    fc.assert(
      fc.property(cases, ([schedule, begin, steps]) => {
        const metadata = { pawl: { schedule: { zone: 'Europe/Berlin', missed: 'all' } } };
        const spec = compileSchedule({ document: { metadata }, schedule });
        if (spec === undefined || (spec.kind !== 'every' && spec.kind !== 'cron')) throw new Error('no clock');
        let state: ScheduleState = decideSchedule(id, spec, undefined, { kind: 'deployed', at: begin }, nodeHash).state;
        const started: number[] = [];
        let [now, latest] = [begin, begin];
        for (const step of steps) {
          now += step;
          latest = Math.max(latest, now);
          const decided = decideSchedule(id, spec, state, { kind: 'tick', at: now }, nodeHash);
          state = decided.state;
          // A run's id holds the tick that started it.
          started.push(...decided.starts.map(({ run }) => Number.parseInt(run.replace('-', '').slice(0, 12), 16)));
        }
        const expected: number[] = [];
        for (let at = tickAfter(spec, begin, begin); at !== undefined && at <= latest; at = tickAfter(spec, begin, at))
          expected.push(at);
        expect(started).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});
