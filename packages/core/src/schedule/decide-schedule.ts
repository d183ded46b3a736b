import { addDuration } from '../flow/duration.ts';
import { readEvent } from '../decide/read-event.ts';
import type { Json, JsonObject } from '../json.ts';
import { canonicalJson } from '../json.ts';
import { limits } from '../limits.ts';
import type { Hash } from '../ports.ts';
import { newRunId } from '../run-id.ts';
import { gather } from './gather.ts';
import type { Group } from './gather.ts';
import type { ScheduleSpec } from './spec.ts';
import { tickAfter, tickBefore } from './ticks.ts';

/** What a schedule knows: the whole of it is kept in its row. */
export interface ScheduleState {
  /** The specification that it was put in force with. */
  readonly text: string;
  /** When that was: the grid of `every` begins there (ms). */
  readonly anchor: number;
  /** The last tick that was dealt with (ms): none at or before it comes again, even if the clock is set back. */
  readonly last: number;
  /** `after`: the run that is under way, and how many there were. */
  readonly run?: string;
  readonly runs?: number;
  /** `on`: the events that have come for runs which are not complete, the oldest first. */
  readonly groups?: readonly Group[];
}

/** Something that happened to a schedule, at a time of the store's clock (ms). */
export type ScheduleStimulus =
  /** A flow version was put in force. */
  | { readonly kind: 'deployed'; readonly at: number }
  /** A pause has ended: what would have come in it is left out. */
  | { readonly kind: 'resumed'; readonly at: number }
  | { readonly kind: 'tick'; readonly at: number }
  /** An event that it subscribes to. */
  | { readonly kind: 'event'; readonly at: number; readonly event: JsonObject }
  /** A run that it started has ended. */
  | { readonly kind: 'ended'; readonly at: number; readonly run: string; readonly endedAt: number };

/** What is to be written and started in one commit. */
export interface ScheduleDecision {
  readonly state: ScheduleState;
  /** When to look again (ms); null: a message will come. */
  readonly at: number | null;
  readonly starts: readonly ScheduledStart[];
  /** Events that were gathered and given up for newer ones, as too many runs were incomplete. */
  readonly dropped?: number;
}

/** A run to start. Its id is made of the schedule and the tick, so that the same tick can never start two. */
export interface ScheduledStart {
  readonly run: string;
  readonly input: Json;
  /** The schedule is to be told of its end. */
  readonly tells: boolean;
}

/** A tick that is met later than this was missed, for a schedule that skips missed ones (ms). */
const skipAfter = 60_000;

/** Decides what a schedule does: pure, like a run's decisions. `id`: the schedule's own. */
export function decideSchedule(
  id: string,
  spec: ScheduleSpec,
  before: ScheduleState | undefined,
  stimulus: ScheduleStimulus,
  hash: Hash,
): ScheduleDecision {
  const { at } = stimulus;
  const state = before?.text === spec.text ? before : inForce(spec, before, at);
  switch (spec.kind) {
    case 'every':
    case 'cron':
      return onTheClock(id, spec, state, stimulus, hash);
    case 'after':
      return oneAfterAnother(id, spec, state, stimulus, hash);
    case 'on':
      return onEvents(id, spec, state, stimulus, hash);
  }
}

function inForce(spec: ScheduleSpec, before: ScheduleState | undefined, at: number): ScheduleState {
  const { run, runs, groups } = before ?? {};
  return {
    text: spec.text,
    anchor: at,
    last: Math.max(at, before?.last ?? at),
    ...(run === undefined ? {} : { run }),
    ...(runs === undefined ? {} : { runs }),
    ...(groups === undefined ? {} : { groups }),
  };
}

function onTheClock(
  id: string,
  spec: Extract<ScheduleSpec, { kind: 'every' | 'cron' }>,
  state: ScheduleState,
  stimulus: ScheduleStimulus,
  hash: Hash,
): ScheduleDecision {
  const ticks = stimulus.kind === 'tick' ? dueTicks(spec, state, stimulus.at) : { met: [], last: state.last };
  const after = { ...state, last: stimulus.kind === 'resumed' ? Math.max(state.last, stimulus.at) : ticks.last };
  return {
    state: after,
    at: tickAfter(spec, state.anchor, after.last) ?? null,
    starts: ticks.met.map((tick) => ({ run: runOf(id, [tick], tick, hash), input: null, tells: false })),
  };
}

/** The ticks that start a run now, and the last one that is dealt with. */
function dueTicks(
  spec: Extract<ScheduleSpec, { kind: 'every' | 'cron' }>,
  { anchor, last }: ScheduleState,
  now: number,
): { readonly met: readonly number[]; readonly last: number } {
  const latest = tickBefore(spec, anchor, now, last + 1);
  if (latest === undefined) return { met: [], last };
  if (spec.missed !== 'all')
    return { met: spec.missed === 'skip' && now - latest > skipAfter ? [] : [latest], last: latest };
  // The latest of them, where there are more than a catch-up may start.
  const met: number[] = [];
  for (
    let tick: number | undefined = latest;
    tick !== undefined && met.length < limits.missedTicks;
    tick = tickBefore(spec, anchor, tick - 1, last + 1)
  )
    met.unshift(tick);
  return { met, last: latest };
}

/** The first run at once, each further one a while after the end of the one before, however that ended. */
function oneAfterAnother(
  id: string,
  spec: Extract<ScheduleSpec, { kind: 'after' }>,
  state: ScheduleState,
  stimulus: ScheduleStimulus,
  hash: Hash,
): ScheduleDecision {
  const { run, runs = 0, ...rest } = state;
  if (stimulus.kind === 'ended') {
    if (stimulus.run !== run) return { state, at: run === undefined ? state.last : null, starts: [] };
    const last = addDuration(stimulus.endedAt, spec.after);
    return { state: { ...rest, last, runs }, at: last, starts: [] };
  }
  if (run !== undefined) return { state, at: null, starts: [] };
  if (stimulus.kind !== 'tick' || stimulus.at < state.last) return { state, at: state.last, starts: [] };
  const next = runOf(id, ['after', runs + 1], state.last, hash);
  return {
    state: { ...rest, run: next, runs: runs + 1 },
    at: null,
    starts: [{ run: next, input: null, tells: true }],
  };
}

/** A run for each event, or for each set of events that the strategy asks for. Of the clock nothing is needed. */
function onEvents(
  id: string,
  spec: Extract<ScheduleSpec, { kind: 'on' }>,
  state: ScheduleState,
  stimulus: ScheduleStimulus,
  hash: Hash,
): ScheduleDecision {
  if (stimulus.kind !== 'event') return { state, at: null, starts: [] };
  const { event, at } = stimulus;
  const { groups = [], ...rest } = state;
  const { complete, incomplete, dropped } = gather(spec.on, groups, event);
  const after = incomplete.length === 0 ? rest : { ...rest, groups: incomplete };
  if (complete === undefined) return { state: after, at: null, starts: [], ...(dropped === 0 ? {} : { dropped }) };
  const { source = null, id: eventId = null } = event;
  const input = complete.map((one) => readEvent(one, spec.read));
  return {
    state: after,
    at: null,
    starts: [{ run: runOf(id, ['on', source, eventId], at, hash), input, tells: false }],
  };
}

function runOf(id: string, what: readonly Json[], at: number, hash: Hash): string {
  const entropy = hash.sha256(canonicalJson([id, ...what]));
  return newRunId(at, Number.parseInt(entropy.slice(-2), 16), entropy);
}
