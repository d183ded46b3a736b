import { Cron } from 'croner';
import { PawlError } from '../errors.ts';
import { documentContract } from '../flow/contract.ts';
import { parseDuration } from '../flow/duration.ts';
import type { Duration } from '../flow/duration.ts';
import { placeVariables } from '../flow/scope.ts';
import { canonicalJson, isObject } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import { compileStrategy, filtersOf } from '../program/strategy.ts';
import type { StrategyNode } from '../program/strategy.ts';

/** What happens to ticks that passed while nobody looked: the latest of them starts one run, none does, or each does. */
export type Missed = 'one' | 'skip' | 'all';

/** What starts a flow by itself, ready to be decided. */
export type ScheduleSpec = {
  /** Tells one specification from another: what is known of the last tick stays where it is the same. */
  readonly text: string;
} & (
  | { readonly kind: 'every'; readonly every: Duration; readonly missed: Missed }
  | { readonly kind: 'cron'; readonly cron: Cron; readonly missed: Missed }
  | { readonly kind: 'after'; readonly after: Duration }
  | { readonly kind: 'on'; readonly on: StrategyNode; readonly read: 'data' | 'envelope' | 'raw' }
);

/** The schedule of a valid flow document; undefined where it has none. Throws PAWL_FLOW_INVALID. */
export function compileSchedule(document: JsonObject): ScheduleSpec | undefined {
  const { schedule } = document;
  if (!isObject(schedule)) return undefined;
  const { zone, missed } = documentContract(document).schedule;
  const text = canonicalJson([schedule, zone ?? 'UTC']);
  const { every, cron, after, on, read } = schedule;
  if (every !== undefined) return { kind: 'every', every: interval(every, '/schedule/every'), missed, text };
  if (typeof cron === 'string') return { kind: 'cron', cron: parseCron(cron, zone ?? 'UTC'), missed, text };
  if (after !== undefined) return { kind: 'after', after: interval(after, '/schedule/after'), text };
  if (isObject(on))
    return {
      kind: 'on',
      on: compileStrategy(on, placeVariables.start, '/schedule/on'),
      read: read === 'envelope' || read === 'raw' ? read : 'data',
      text,
    };
  throw new PawlError('PAWL_FLOW_INVALID', 'The schedule does not say when.');
}

/** The literal attributes of the events that a schedule waits for, one for each of its filters. */
export function scheduleMatches(spec: ScheduleSpec): readonly { readonly [name: string]: string }[] {
  return spec.kind === 'on' ? filtersOf(spec.on).map(({ match }) => match) : [];
}

/**
 * Reads a cron expression of five fields (six with seconds) or a word such as `@daily`, in an IANA time zone. A local time
 * that a clock change skips comes at the first moment after the gap; one that comes twice counts once. Throws
 * PAWL_FLOW_INVALID.
 */
export function parseCron(pattern: string, zone: string): Cron {
  try {
    // It is asked for times alone: with no function to call it sets no timer.
    const cron = new Cron(pattern, { paused: true, timezone: zone });
    if (cron.nextRun(new Date(0)) !== null) return cron;
  } catch (error) {
    throw new PawlError(
      'PAWL_FLOW_INVALID',
      `The cron expression "${pattern}" in the time zone "${zone}" cannot be read: ${reasonOf(error)}`,
      { cause: error },
    );
  }
  throw new PawlError('PAWL_FLOW_INVALID', `The cron expression "${pattern}" names a time that never comes.`);
}

function interval(value: Json, where: string): Duration {
  const duration = parseDuration(value);
  if (duration === undefined || (duration.ms < 1 && duration.months === 0))
    throw new PawlError('PAWL_FLOW_INVALID', `The duration at ${where} must be constant, and a millisecond or more.`);
  return duration;
}

/** The library's own words, without what it says of its classes. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /Invalid (?:time zone specified|timezone)/.test(message)
    ? 'there is no such time zone (write one such as Europe/Berlin).'
    : message.replace(/^Cron\w+: /, '');
}
