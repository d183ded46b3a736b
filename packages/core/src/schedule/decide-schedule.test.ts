import { describe, expect, it } from 'vitest';
import { nodeHash } from '../decide/play.fixture.ts';
import type { JsonObject } from '../json.ts';
import { partitionOf } from '../ports.ts';
import { decideSchedule } from './decide-schedule.ts';
import type { ScheduleDecision, ScheduleState, ScheduleStimulus } from './decide-schedule.ts';
import { compileSchedule } from './spec.ts';
import type { ScheduleSpec } from './spec.ts';

const id = '00000000-0000-8000-8000-0000000000aa';
const t0 = Date.parse('2026-01-01T00:00:00Z');
const minute = 60_000;

function specOf(schedule: JsonObject, contract: JsonObject = {}): ScheduleSpec {
  const spec = compileSchedule({ document: { metadata: { pawl: { schedule: contract } } }, schedule });
  if (spec === undefined) throw new Error('no schedule');
  return spec;
}

/** Plays stimuli one after another; gives the last decision and the ids of all runs that were started. */
function play(
  spec: ScheduleSpec,
  stimuli: readonly ScheduleStimulus[],
  from?: ScheduleState,
): ScheduleDecision & { runs: string[] } {
  let last: ScheduleDecision | undefined;
  const runs: string[] = [];
  for (const stimulus of stimuli) {
    last = decideSchedule(id, spec, last?.state ?? from, stimulus, nodeHash);
    runs.push(...last.starts.map(({ run }) => run));
  }
  if (last === undefined) throw new Error('no stimulus');
  return { ...last, runs };
}

const deployed: ScheduleStimulus = { kind: 'deployed', at: t0 };
const tick = (minutes: number): ScheduleStimulus => ({ kind: 'tick', at: t0 + minutes * minute });

describe('a schedule by the clock', () => {
  it('starts nothing when it is put in force, and looks again at its first tick', () => {
    expect(play(specOf({ every: 'PT5M' }), [deployed])).toMatchObject({ at: t0 + 5 * minute, starts: [] });
    expect(play(specOf({ cron: '0 6 * * *' }), [deployed])).toMatchObject({ at: t0 + 360 * minute, starts: [] });
  });

  it('starts one run at each tick, without input, whose id is made of the tick', () => {
    const spec = specOf({ every: 'PT5M' });
    const twice = play(spec, [deployed, tick(5), tick(10)]);
    expect(twice.runs).toHaveLength(2);
    expect(new Set(twice.runs).size).toBe(2);
    expect(twice.starts).toMatchObject([{ input: null, tells: false }]);
    expect(play(spec, [deployed, tick(5), tick(10)]).runs).toEqual(twice.runs);
    expect(partitionOf(twice.runs[0] as string)).toBeGreaterThanOrEqual(0);
  });

  it('starts no second run where the same tick is met again, or the clock is set back', () => {
    const spec = specOf({ cron: '*/5 * * * *' });
    expect(play(spec, [deployed, tick(5), tick(5), tick(6)]).runs).toHaveLength(1);
    const back = play(spec, [deployed, tick(120), tick(10), tick(119)]);
    expect(back.runs).toHaveLength(1);
    expect(back.at).toBe(t0 + 125 * minute);
  });

  it('comes to the same tick by the same run, whatever the time at which it is met', () => {
    const spec = specOf({ every: 'PT5M' });
    expect(play(spec, [deployed, tick(5)]).runs).toEqual(play(spec, [deployed, tick(7)]).runs);
  });

  it.each([
    ['one', 1],
    ['all', 12],
    ['skip', 1],
  ])('makes up for ticks that were missed as "missed: %s" says', (missed, runs) => {
    const late = play(specOf({ every: 'PT5M' }, { missed }), [deployed, tick(60)]);
    expect(late.runs).toHaveLength(runs);
    expect(late.at).toBe(t0 + 65 * minute);
  });

  it('with "missed: skip" starts nothing for a tick that is more than a minute old', () => {
    const late = play(specOf({ every: 'PT5M' }, { missed: 'skip' }), [deployed, tick(63)]);
    expect(late).toMatchObject({ runs: [], at: t0 + 65 * minute });
  });

  it('with "missed: all" makes up for the latest thousand', () => {
    const late = play(specOf({ every: 'PT1S' }, { missed: 'all' }), [deployed, tick(60)]);
    expect(late.runs).toHaveLength(1_000);
    expect(late.at).toBe(t0 + 60 * minute + 1_000);
  });

  it('keeps its grid and last tick through the deploy of a version with the same schedule', () => {
    const spec = specOf({ every: 'PT5M' });
    const again = play(spec, [deployed, tick(5), { kind: 'deployed', at: t0 + 7 * minute }]);
    expect(again.at).toBe(t0 + 10 * minute);
  });

  it('begins a new grid with another schedule', () => {
    const { state } = play(specOf({ every: 'PT5M' }), [deployed, tick(5)]);
    const changed = play(specOf({ every: 'PT7M' }), [{ kind: 'deployed', at: t0 + 6 * minute }], state);
    expect(changed.at).toBe(t0 + 13 * minute);
  });

  it('leaves out what would have come in a pause', () => {
    const resumed = play(specOf({ every: 'PT5M' }), [deployed, { kind: 'resumed', at: t0 + 62 * minute }, tick(62)]);
    expect(resumed).toMatchObject({ runs: [], at: t0 + 65 * minute });
  });
});

describe('a schedule by events', () => {
  const came = (type: string, eventId: string, data: JsonObject = {}): ScheduleStimulus => ({
    kind: 'event',
    at: t0,
    event: { specversion: '1.0', id: eventId, source: 's', type, data },
  });
  const inputs = (spec: ScheduleSpec, events: readonly ScheduleStimulus[]): unknown[] => {
    const found: unknown[] = [];
    let state: ScheduleState | undefined;
    for (const stimulus of [deployed, ...events]) {
      const decision = decideSchedule(id, spec, state, stimulus, nodeHash);
      ({ state } = decision);
      found.push(...decision.starts.map(({ input }) => input));
    }
    return found;
  };
  const filter = (type: string, more: JsonObject = {}): JsonObject => ({ with: { type, ...more } });

  it('starts a run for each event, with an array of its data as input', () => {
    const spec = specOf({ on: { one: filter('a') } });
    expect(inputs(spec, [came('a', '1', { n: 1 }), came('b', '2'), came('a', '3', { n: 3 })])).toEqual([
      [{ n: 1 }],
      [{ n: 3 }],
    ]);
  });

  it('gives the whole events where it reads envelopes', () => {
    const spec = specOf({ on: { any: [filter('a'), filter('b')] }, read: 'envelope' });
    expect(inputs(spec, [came('b', '1')])).toEqual([[expect.objectContaining({ id: '1', type: 'b' })]]);
  });

  it('starts the same run where the same event is decided once more, and another for another event', () => {
    const spec = specOf({ on: { one: filter('a') } });
    const [first, again, other] = [came('a', '1'), came('a', '1'), came('a', '2')].map(
      (stimulus) => play(spec, [deployed, stimulus]).runs[0],
    );
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  it('leaves out events that a predicate refuses', () => {
    const spec = specOf({ on: { one: filter('a', { data: '${ .n > 5 }' }) } });
    expect(inputs(spec, [came('a', '1', { n: 1 }), came('a', '2', { n: 9 })])).toEqual([[{ n: 9 }]]);
  });

  it('waits for one event of each filter, and keeps what comes meanwhile for the next run', () => {
    const spec = specOf({ on: { all: [filter('a'), filter('b')] } });
    const events = [
      came('a', '1', { n: 1 }),
      came('a', '2', { n: 2 }),
      came('b', '3', { n: 3 }),
      came('b', '4', { n: 4 }),
    ];
    expect(inputs(spec, events)).toEqual([
      [{ n: 1 }, { n: 3 }],
      [{ n: 2 }, { n: 4 }],
    ]);
  });

  it('gathers the events of each correlation apart', () => {
    const correlate = { order: { from: '.data.order' } };
    const spec = specOf({
      on: {
        all: [
          { ...filter('paid'), correlate },
          { ...filter('packed'), correlate },
        ],
      },
    });
    const events = [
      came('paid', '1', { order: 'x' }),
      came('packed', '2', { order: 'y' }),
      came('packed', '3', { order: 'x' }),
    ];
    expect(inputs(spec, events)).toEqual([[{ order: 'x' }, { order: 'x' }]]);
  });

  it('gathers until the condition holds of all that came', () => {
    const spec = specOf({ on: { any: [filter('a')], until: 'length == 3' } });
    const events = ['1', '2', '3', '4'].map((eventId) => came('a', eventId, { id: eventId }));
    expect(inputs(spec, events)).toEqual([[{ id: '1' }, { id: '2' }, { id: '3' }]]);
  });

  it('gathers until an event comes that ends it, which is not part of the input', () => {
    const spec = specOf({ on: { any: [filter('a')], until: { one: filter('end') } } });
    expect(inputs(spec, [came('a', '1', { n: 1 }), came('end', '2')])).toEqual([[{ n: 1 }]]);
  });

  it('gives up the oldest sets that never became complete, and says how many events that were', () => {
    const correlate = { order: { from: '.data.order' } };
    const spec = specOf({
      on: {
        all: [
          { ...filter('a'), correlate },
          { ...filter('b'), correlate },
        ],
      },
    });
    const events = Array.from({ length: 1_001 }, (_, n) => came('a', String(n), { order: n }));
    const last = play(spec, [deployed, ...events]);
    expect(last.dropped).toBe(1);
    expect(last.state.groups).toHaveLength(1_000);
  });
});

describe('a schedule that goes on after its run', () => {
  const spec = specOf({ after: 'PT10M' });

  it('starts its first run at once, and then waits to be told of its end', () => {
    expect(play(spec, [deployed]).at).toBe(t0);
    const first = play(spec, [deployed, tick(0)]);
    expect(first).toMatchObject({ at: null, starts: [{ tells: true }] });
    expect(play(spec, [deployed, tick(0), tick(1), tick(100)]).runs).toHaveLength(1);
  });

  it('starts the next one a while after that end, and another run each time', () => {
    const [run] = play(spec, [deployed, tick(0)]).runs;
    const ended: ScheduleStimulus = {
      kind: 'ended',
      at: t0 + 4 * minute,
      run: run as string,
      endedAt: t0 + 3 * minute,
    };
    expect(play(spec, [deployed, tick(0), ended]).at).toBe(t0 + 13 * minute);
    const runs = play(spec, [deployed, tick(0), ended, tick(12), tick(13), tick(14)]).runs;
    expect(runs).toHaveLength(2);
    expect(runs[1]).not.toBe(run);
  });

  it('takes no notice of the end of a run that is not its own', () => {
    const ended: ScheduleStimulus = { kind: 'ended', at: t0 + minute, run: id, endedAt: t0 };
    expect(play(spec, [deployed, tick(0), ended])).toMatchObject({ at: null });
  });

  it('does not start a second run while one is under way because a version was deployed', () => {
    const again = play(spec, [deployed, tick(0), { kind: 'deployed', at: t0 + minute }, tick(2)]);
    expect(again.runs).toHaveLength(1);
  });
});
