import { addDuration } from '../flow/duration.ts';
import type { Duration } from '../flow/duration.ts';
import type { ScheduleSpec } from './spec.ts';

type Ticking = Extract<ScheduleSpec, { kind: 'every' | 'cron' }>;

const second = 1_000;

/** The first tick after a time (ms); undefined: none ever. `anchor`: where the grid of `every` begins (ms). */
export function tickAfter(spec: Ticking, anchor: number, after: number): number | undefined {
  if (spec.kind === 'cron') return spec.cron.nextRun(new Date(after))?.getTime();
  return gridTick(spec.every, anchor, gridIndex(spec.every, anchor, after) + 1);
}

/** The last tick at or before a time (ms), no earlier than `from`. */
export function tickBefore(spec: Ticking, anchor: number, time: number, from: number): number | undefined {
  const tick = spec.kind === 'cron' ? cronBefore(spec, time) : gridBefore(spec.every, anchor, time);
  return tick === undefined || tick < from ? undefined : tick;
}

/** A pattern's times are whole seconds, and the library leaves out the moment that it is asked from. */
function cronBefore(spec: Extract<Ticking, { kind: 'cron' }>, time: number): number | undefined {
  const next = (Math.floor(time / second) + 1) * second;
  return spec.cron.previousRuns(1, new Date(next))[0]?.getTime();
}

function gridBefore(every: Duration, anchor: number, time: number): number | undefined {
  const index = gridIndex(every, anchor, time);
  return index < 1 ? undefined : gridTick(every, anchor, index);
}

/** Tick number `index` of a grid: the multiple of its length after the anchor, so that months do not drift. */
function gridTick(every: Duration, anchor: number, index: number): number {
  return addDuration(anchor, { months: every.months * index, ms: every.ms * index });
}

/** Number of the last tick at or before a time; 0 is the anchor itself. */
function gridIndex(every: Duration, anchor: number, time: number): number {
  if (time < anchor) return 0;
  let low = 0;
  let high = 1;
  while (gridTick(every, anchor, high) <= time) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (gridTick(every, anchor, middle) <= time) low = middle;
    else high = middle;
  }
  return low;
}
