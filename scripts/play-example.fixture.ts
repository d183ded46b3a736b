import { hash as digest } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ActionRequest, CompiledFlow, DecideEnv, Json, JsonObject, Outcome, Pending, RunState } from '@pawl/core';
import {
  beginRun,
  compileSchedule,
  decide,
  decideSchedule,
  flowError,
  limits,
  nameOf,
  pending,
  requestOf,
} from '@pawl/core';

/** What an example says of one run of its flow, or of its schedule. */
export interface Expected {
  readonly input?: Json;
  /** Answers of the world outside, by the name of the step, one for each attempt: an output, or a status that is no success. */
  readonly answers?: Readonly<Record<string, readonly ({ readonly output: Json } | { readonly status: number })[]>>;
  /** CloudEvents that come, in this order, each to whatever listens; `specversion`, `id` and `source` are filled in. */
  readonly events?: readonly JsonObject[];
  /** Arguments with which steps are called, by the name of the step; others may be there too. */
  readonly calls?: Readonly<Record<string, JsonObject>>;
  readonly output?: Json;
  /** Members of the error with which the run ends. */
  readonly error?: JsonObject;
  /** Code of the problem for which the document is refused. */
  readonly problem?: string;
  /** Moments at which a schedule looks, the first of them its publication. */
  readonly ticks?: readonly string[];
  /** Inputs of the runs that a schedule starts. */
  readonly starts?: readonly Json[];
}

/** How a played run ended. */
export interface Ended {
  readonly state: RunState;
  readonly requests: readonly ActionRequest[];
}

export const hash = { sha256: (text: string): string => digest('sha256', text), crc32: (text: string) => crc32(text) };

const start = Date.UTC(2026, 0, 1);
const env: DecideEnv = { hash, random: () => 0.5, limits, acquire: () => true, release: () => undefined };
const longestMs = 40 * 86_400_000;

/** Runs a flow by the decisions that ship, in a time of its own, with stand-ins for all that is outside. */
export function playExample(flow: CompiledFlow, expected: Expected): Ended {
  const run = { id: '01900000-0000-7000-8000-000000000001', flowHash: 'f', input: expected.input ?? null, at: start };
  const { state } = beginRun(run, flow, env);
  const world = new World(state, flow, expected);
  while (world.next());
  return { state, requests: world.requests };
}

class World {
  readonly requests: ActionRequest[] = [];
  private readonly state: RunState;
  private readonly flow: CompiledFlow;
  private readonly answers: Map<string, ({ readonly output: Json } | { readonly status: number })[]>;
  private readonly events: JsonObject[];
  private now = start;
  private came = 0;

  constructor(state: RunState, flow: CompiledFlow, { answers = {}, events = [] }: Expected) {
    this.state = state;
    this.flow = flow;
    this.answers = new Map(Object.entries(answers).map(([name, list]) => [name, [...list]]));
    this.events = [...events];
  }

  /** Lets the next thing happen; false when nothing does any more. */
  next(): boolean {
    const waits = pending(this.state, this.flow);
    if (waits.some((one) => this.atOnce(one)) || waits.some((one) => this.event(one))) return true;
    const timers = waits.flatMap((one) => (one.kind === 'timer' ? [one] : [])).sort((a, b) => a.at - b.at);
    const [timer] = timers;
    if (timer === undefined || timer.at > start + longestMs) return false;
    this.now = Math.max(this.now, timer.at);
    decide(this.state, this.flow, { kind: 'timer', at: this.now, frame: timer.frame, timer: timer.timer }, env);
    return true;
  }

  private atOnce(one: Pending): boolean {
    const { state, flow, now: at } = this;
    if (one.kind === 'continue') decide(state, flow, { kind: 'continue' }, env);
    else if (one.kind === 'permit') decide(state, flow, { kind: 'permit', at, frame: one.frame }, env);
    else if (one.kind === 'attempt') {
      const request = requestOf(state, flow, one.frame);
      this.requests.push(request);
      const outcome = this.outcome(nameOf(request.step));
      decide(state, flow, { kind: 'attempt', at, frame: one.frame, attempt: one.attempt, outcome }, env);
    } else if (one.kind === 'child') {
      const end = {
        status: 'completed',
        output: this.answer(nameOf(state.frames.get(one.frame)?.step ?? '')),
      } as const;
      decide(state, flow, { kind: 'child', at, frame: one.frame, child: one.child, end }, env);
    } else return false;
    return true;
  }

  private event(one: Pending): boolean {
    if (one.kind !== 'event') return false;
    const event = this.events.shift();
    if (event === undefined) return false;
    this.came += 1;
    const key = { partition: 1, event: String(this.came) };
    const whole = { specversion: '1.0', id: String(this.came), source: '/outside', ...event };
    decide(this.state, this.flow, { kind: 'event', at: this.now, step: one.step, key, event: whole }, env);
    return true;
  }

  private answer(name: string): Json {
    const answer = this.answers.get(name)?.shift();
    if (answer === undefined || !('output' in answer)) throw new Error(`the example has no output for ${name}`);
    return answer.output;
  }

  private outcome(name: string): Outcome {
    const [answer] = this.answers.get(name) ?? [];
    if (answer === undefined || 'output' in answer) return { kind: 'completed', output: this.answer(name) };
    this.answers.get(name)?.shift();
    const error = flowError('communication', `answered ${answer.status}`, { status: answer.status });
    return answer.status >= 500 ? { kind: 'retryable', left: true, error } : { kind: 'terminal', error };
  }
}

/** Inputs of the runs that a flow's schedule starts at these moments and for these events. */
export function playSchedule(document: JsonObject, { ticks = [], events = [] }: Expected): Json[] {
  const spec = compileSchedule(document);
  if (spec === undefined) throw new Error('the example has no schedule');
  const id = '00000000-0000-8000-8000-0000000000aa';
  const at = (time: string | undefined): number => (time === undefined ? start : Date.parse(time));
  let last = decideSchedule(id, spec, undefined, { kind: 'deployed', at: at(ticks[0]) }, hash);
  const starts = [...last.starts];
  for (const time of ticks.slice(1)) {
    last = decideSchedule(id, spec, last.state, { kind: 'tick', at: at(time) }, hash);
    starts.push(...last.starts);
  }
  for (const [n, event] of events.entries()) {
    const whole = { specversion: '1.0', id: String(n), source: '/outside', ...event };
    last = decideSchedule(id, spec, last.state, { kind: 'event', at: start, event: whole }, hash);
    starts.push(...last.starts);
  }
  return starts.map(({ input }) => input);
}
