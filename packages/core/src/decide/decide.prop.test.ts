import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flowError } from '../flow-error.ts';
import type { Json, JsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import type { Outcome } from '../outcome.ts';
import type { CompiledFlow } from '../program/nodes.ts';
import { apply, emptyState } from '../state/apply.ts';
import { decodeSnapshot, encodeSnapshot, stateToJson } from '../state/codec.ts';
import type { RunEvent } from '../state/events.ts';
import type { RunState } from '../state/state.ts';
import { beginRun, decide } from './decide.ts';
import { pending, statusOf } from './pending.ts';
import { Outside } from './outside.fixture.ts';
import { compiled, nodeHash } from './play.fixture.ts';
import { requestOf } from './request.ts';
import type { DecideEnv, Decision, Pending, Stimulus } from './types.ts';

const SEED = Number(process.env['PAWL_SEED'] ?? Date.now() % 1_000_000);
/** `PAWL_RUNS=100000` makes a campaign of it. */
const RUNS = Number(process.env['PAWL_RUNS'] ?? 800);
/** After so many stimuli nothing goes wrong any more, so that what is left must end. */
const TROUBLE = 60;

const ambiguous = 'https://open-workflow-specification.org/spec/1.0.0/errors/ambiguous';
const actions = ['pure', 'idempotent', 'keyed', 'transactional', 'once'];

const pawl = fc.constantFrom(
  {},
  {},
  {},
  { onAmbiguous: 'fail' },
  { attempts: 'off' },
  { key: 'natural-1' },
  { keyIn: { header: 'K', retention: 'PT10S' } },
);
const args = fc.constantFrom<Json>({}, { n: 1 }, { got: '${ . }' }, { at: '${ now }' }, { c: '${ $context }' });
const value = fc.constantFrom<Json>(
  { n: 0 },
  { n: 1 },
  '${ . }',
  { keep: '${ .n? }' },
  { n: '${ (.n? // 0) + 1 }' },
  { all: '${ [., $context] }' },
  '${ [1, 2] }',
  { bad: '${ error("no") }' },
);
const delay = fc.constantFrom('PT0S', 'PT1S', 'PT30S');
const filter = fc.constantFrom<JsonObject>(
  {},
  {},
  {},
  {},
  {},
  { errors: { with: { status: 408 } } },
  { errors: { with: { type: ambiguous } } },
  { when: '.status != 503' },
  { when: 'error("bad")' },
);
const retry = fc.record({
  delay,
  backoff: fc.constantFrom({ constant: {} }, { exponential: {} }),
  limit: fc.constantFrom(
    { attempt: { count: 1 } },
    { attempt: { count: 2, duration: 'PT5S' } },
    { attempt: { count: 3 }, duration: 'PT40S' },
  ),
});
const strategy = fc.constantFrom<JsonObject>(
  { one: { with: { type: 'e0' } } },
  { one: { with: { type: 'e1', data: '${ .n > 0 }' } } },
  { one: { with: { type: 'e${ $input.n }' } } },
  { any: [{ with: { type: 'e0' } }, { with: { type: '^e[12]$' } }] },
  { any: [], until: 'length >= 2' },
  { any: [{ with: { source: '/test' } }], until: 'length >= 2 or $context != null' },
  { any: [{ with: { type: 'e0' } }], until: { one: { with: { type: 'e1' } } } },
  { any: [], until: { all: [{ with: { type: 'e1' } }, { with: { type: 'e2' } }] } },
  { any: [], until: 'error("no")' },
  { all: [{ with: { type: 'e0' } }, { with: { type: 'e1' } }] },
  {
    all: [
      { with: { type: 'e0' }, correlate: { c: { from: '.data.c' } } },
      { with: { type: 'e2' }, correlate: { c: { from: '.data.c' } } },
    ],
  },
);
const child = fc.constantFrom<JsonObject>(
  { workflow: { namespace: 'test', name: 'other', version: '1.0.0' } },
  { workflow: { namespace: 'test', name: 'other', version: 'latest', input: { n: '${ .n? }' } } },
  { workflow: { namespace: 'test', name: 'other', version: 'latest' }, await: false },
);
const form = { type: 'object', required: ['n'], properties: { n: { type: 'number' } } };
const asked = fc.constantFrom<JsonObject>(
  { title: 'Go?' },
  { title: '${ [., $context] | tojson }', form, deadline: 'PT10M', onDeadline: { value: { n: 0 } } },
  { title: 'Go?', fourEyes: true, deadline: 'PT5S', remind: 'PT1S', onDeadline: 'reject' },
  { title: 'Go?', fourEyes: true, form, remind: 'PT1M', to: ['a'], escalate: { after: 'PT2S', to: ['b'] } },
  { title: 'Go?', deadline: 'PT1S', to: ['${ .n? | tostring }'] },
);
const emitted = fc.constantFrom<JsonObject>(
  { type: 'done' },
  { type: 'done', data: '${ . }' },
  { type: 'done', subject: '${ $context }' },
);

/** What any task may have besides its body: mostly nothing, so that runs go far. */
const common = fc.oneof(
  { weight: 30, arbitrary: fc.constant<JsonObject>({}) },
  {
    weight: 12,
    arbitrary: fc.constantFrom<JsonObject>(
      { if: '.n? != 1' },
      { input: { from: '{n: 1}' } },
      { output: { as: '{w: .}' } },
      { output: { as: '.n?' } },
      { export: { as: '[$context, .] | tojson | length' } },
      { timeout: { after: 'PT5S' } },
      { timeout: { after: 'PT1M' }, output: { as: '{n: 1}' } },
      { then: 'exit' },
      { then: 'next' },
    ),
  },
  { weight: 1, arbitrary: fc.constant<JsonObject>({ then: 'end' }) },
);

const { list } = fc.letrec<{ list: JsonObject[]; body: JsonObject }>((tie) => ({
  body: fc.oneof(
    { maxDepth: 4, depthSize: 'large' },
    {
      weight: 5,
      arbitrary: fc.record({ call: fc.constantFrom(...actions), with: args, metadata: fc.record({ pawl }) }),
    },
    { weight: 2, arbitrary: fc.record({ set: value }) },
    { weight: 1, arbitrary: emitted.map((event) => ({ emit: { event: { with: event } } })) },
    { weight: 2, arbitrary: child.map((run) => ({ run })) },
    { weight: 3, arbitrary: asked.map((ask) => ({ call: 'ask', with: ask })) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          strategy,
          fc.constantFrom('data', 'envelope'),
          fc.option(
            fc.tuple(tie('list'), fc.constantFrom({}, { output: { as: '[.]' } }, { export: { as: '$index' } })),
            { freq: 2 },
          ),
        )
        .map(([to, read, each]) => ({
          listen: { to, read },
          ...(each && { foreach: { item: 'event', do: each[0], ...each[1] } }),
        })),
    },
    { weight: 1, arbitrary: fc.record({ wait: delay }) },
    { weight: 2, arbitrary: fc.constant({ raise: { error: { type: 'https://example.com/e', status: 409 } } }) },
    { weight: 1, arbitrary: fc.constant({ call: 'f', with: { n: 1 } }) },
    {
      weight: 1,
      arbitrary: fc.constant({ switch: [{ a: { when: '.n? == 1', then: 'next' } }, { b: { then: 'continue' } }] }),
    },
    { weight: 2, arbitrary: fc.record({ do: tie('list') }) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.boolean(), tie('list'))
        .map(([compete, tasks]) => ({ fork: { compete, branches: tasks.map(branch) } })),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom('[1, 2]', '[]', '.n?'), tie('list'))
        .map(([items, tasks]) => ({ for: { in: items }, while: '$index < 2', do: tasks })),
    },
    {
      weight: 6,
      arbitrary: fc
        .tuple(
          tie('list'),
          filter,
          fc.option(retry, { nil: undefined, freq: 4 }),
          fc.option(tie('list'), { nil: undefined }),
          fc.constantFrom(undefined, 'next', 'exit'),
        )
        .map(
          ([tasks, filtered, again, caught, then]) =>
            ({
              try: tasks,
              catch: {
                ...filtered,
                ...(again && { retry: again }),
                ...(caught && { do: caught }),
                ...(then && { then }),
              },
            }) as JsonObject,
        ),
    },
  ) as fc.Arbitrary<JsonObject>,
  list: fc.array(fc.tuple(tie('body'), common), { minLength: 1, maxLength: 4 }).map((tasks) => named(tasks)),
}));

/** Names the tasks of a list; `next` becomes the name of the last one, which always lies ahead, or `exit`. */
function named(tasks: readonly (readonly [JsonObject, JsonObject])[]): JsonObject[] {
  const last = `t${tasks.length - 1}`;
  return tasks.map(([body, more], i) => {
    const text = JSON.stringify({ ...body, ...more }).replaceAll(
      '"then":"next"',
      `"then":"${i === tasks.length - 1 ? 'exit' : 'LAST'}"`,
    );
    return { [`t${i}`]: JSON.parse(text.replaceAll('LAST', last)) as Json };
  });
}

/** A task as a branch: it can go to no other. */
function branch(task: JsonObject): JsonObject {
  const [[name, body]] = Object.entries(task) as [[string, JsonObject]];
  const stays = (owner: JsonObject): JsonObject =>
    /^t\d$/.test(String(owner['then'])) ? { ...owner, then: 'exit' } : owner;
  const cases = body['switch'] as readonly JsonObject[] | undefined;
  return {
    [name]: {
      ...stays(body),
      ...(cases && {
        switch: cases.map((one) =>
          Object.fromEntries(Object.entries(one).map(([key, value]) => [key, stays(value as JsonObject)])),
        ),
      }),
      ...(body['catch'] !== undefined && { catch: stays(body['catch'] as JsonObject) }),
    },
  };
}

/** A flow whose inner `next` are resolved by the inner lists, as those are named first. */
const flows = list.map((tasks) =>
  compiled({
    document: { metadata: { pawl: { deadline: 'PT2H' } } },
    use: { functions: { f: { do: [{ g: { call: 'once' } }, { h: { set: { n: 1 } } }] } } },
    do: tasks,
  }),
);

/** Random numbers from a seed: the same stimulus is decided with the same ones wherever it is decided. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const pick = <T>(random: () => number, all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;

function outcomeOf(random: () => number, guarantee: string, calm: boolean): Outcome {
  const error = (status: number) => flowError('communication', 'so it was', { status });
  const output = pick<Json>(random, [null, { n: 1 }, 'text', [1]]);
  if (calm || random() < 0.35) return { kind: 'completed', output };
  return pick<Outcome>(random, [
    { kind: 'retryable', left: false, error: error(500) },
    { kind: 'retryable', left: true, error: error(503), ...(random() < 0.3 ? { afterMs: 20_000 } : {}) },
    { kind: 'terminal', error: error(404) },
    ...(guarantee === 'pure' && random() < 0.5 ? [] : [{ kind: 'ambiguous', error: error(502) } as const]),
    { kind: 'cancelled' },
  ]);
}

/** What is sent by key, for the two promises about it. */
class Wire {
  private readonly known = new Map<string, { hash: string; left: boolean; unknown: boolean }>();

  started(intent: { key: string; hash: string; guarantee: string }): void {
    const before = this.known.get(intent.key);
    if (intent.guarantee === 'pure' || intent.key === 'natural-1') return;
    if (before?.left) expect(intent.hash, 'the request of a key that left').toBe(before.hash);
    if (before?.unknown && intent.guarantee === 'once')
      throw new Error('a once effect was sent again though nobody knew');
    this.known.set(intent.key, { hash: intent.hash, left: before?.left ?? false, unknown: before?.unknown ?? false });
  }

  ended(key: string, outcome: Outcome): void {
    const one = this.known.get(key);
    if (one === undefined) return;
    const left =
      outcome.kind === 'ambiguous' ||
      outcome.kind === 'completed' ||
      outcome.kind === 'terminal' ||
      (outcome.kind === 'retryable' && outcome.left);
    one.left ||= left;
    one.unknown = outcome.kind === 'ambiguous' || (one.unknown && !left);
  }

  decidedNot(key: string): void {
    const one = this.known.get(key);
    if (one !== undefined) one.unknown = false;
  }
}

class Game {
  state: RunState;
  readonly events: RunEvent[] = [];
  private readonly flow: CompiledFlow;
  private readonly random: () => number;
  private readonly wire = new Wire();
  private readonly decided = new Set<string>();
  private readonly outside: Outside;
  private now = Date.UTC(2026, 10, 1);
  private turn = 0;

  constructor(flow: CompiledFlow, seed: number) {
    this.flow = flow;
    this.random = randomOf(seed);
    this.outside = new Outside(this.random);
    const begun = beginRun(
      { id: '01900000-0000-7000-8000-000000000001', flowHash: 'f', input: { n: 1 }, at: this.now },
      flow,
      this.env(),
    );
    this.state = begun.state;
    this.took(begun.decision, undefined);
  }

  play(): void {
    while (this.state.status === 'running') {
      this.turn += 1;
      expect(this.turn, 'stimuli').toBeLessThan(3_000);
      const list = this.checkedPending();
      const twin = decodeSnapshot(encodeSnapshot(this.state, { partition: 1 }, nodeHash), nodeHash);
      const stimulus = this.next(list, twin);
      const decision = decide(this.state, this.flow, stimulus, this.env());
      const again = decide(twin, this.flow, stimulus, this.env());
      expect(again.events.map(essence)).toEqual(decision.events.map(essence));
      expect(text(twin)).toBe(text(this.state));
      expect(again.event).toBe(decision.event);
      this.took(decision, stimulus);
      // The run goes on from either: in memory, or as it was loaded.
      if (this.random() < 0.3) this.state = twin;
    }
  }

  private env(): DecideEnv {
    const random = randomOf(this.turn);
    return {
      hash: nodeHash,
      random,
      limits: { ...limits, pureTasksPerCommit: 5, resendFor: 60_000, reminders: 3 },
      worker: 'w1',
      acquire: () => random() < 0.7,
      release: () => {},
    };
  }

  private took(decision: Decision, stimulus: Stimulus | undefined): void {
    this.outside.took(decision, stimulus, this.state);
    for (const event of decision.events) {
      expect(hasUndefined(event), JSON.stringify(event)).toBe(false);
      if (event.type.startsWith('decision.') && 'id' in event) {
        expect(this.decided.has(event.id), 'nothing happens to a question that is decided').toBe(false);
        if (event.type === 'decision.made') this.decided.add(event.id);
      }
      if ('intent' in event && event.intent !== undefined) this.wire.started(event.intent);
    }
    this.events.push(...decision.events);
    if (this.random() < 0.2 || this.state.status !== 'running') this.checkFold();
  }

  private checkFold(): void {
    const folded = emptyState(this.state.id);
    for (const event of JSON.parse(JSON.stringify(this.events)) as RunEvent[]) apply(folded, event);
    expect(text(folded)).toBe(text(this.state));
  }

  /** A list and a branch run one task at a time. */
  private checkFrames(): void {
    const busy = new Set<number>();
    for (const { p, kind } of this.state.frames.values()) {
      if (p === undefined || kind === 'branch') continue;
      expect(busy.has(p), `frame ${p} runs one task`).toBe(false);
      busy.add(p);
    }
  }

  private checkedPending(): readonly Pending[] {
    this.checkFrames();
    const list = pending(this.state, this.flow);
    const own = list.filter(
      (one) => one.kind !== 'timer' || one.timer === 'wait' || one.timer === 'retry' || one.timer === 'resend',
    );
    expect(own, 'something besides deadlines moves the run').not.toEqual([]);
    const { waitingFor } = statusOf(this.state, this.flow, list);
    expect(
      waitingFor !== null || list.some((one) => one.kind === 'attempt' || one.kind === 'continue'),
      'the run waits on a named cause',
    ).toBe(true);
    return list;
  }

  private next(list: readonly Pending[], twin: RunState): Stimulus {
    const { random, now: at } = this;
    const calm = this.turn > TROUBLE;
    if (!calm && random() < 0.01) return { kind: 'cancel', at, by: 'lena' };
    if (!calm && random() < 0.05) return this.stale();
    const timers = list.filter((one) => one.kind === 'timer').sort((a, b) => a.at - b.at);
    const others = list.filter((one) => one.kind !== 'timer');
    const [timer] = timers;
    const one = others.length === 0 || (timer !== undefined && random() < 0.2) ? timer : pick(random, others);
    if (one === undefined) throw new Error('nothing is pending');
    switch (one.kind) {
      case 'timer':
        this.now = Math.max(at, one.at) + (random() < 0.1 ? 15_000 : 0);
        return { kind: 'timer', at: this.now, frame: one.frame, timer: one.timer };
      case 'permit':
        return { kind: 'permit', at, frame: one.frame };
      case 'decision':
        return this.verdict(one, calm);
      case 'attempt':
        return this.answer(one, twin, calm);
      case 'event':
        return this.outside.event(one, at);
      case 'child':
        return this.outside.child(one, at, calm);
      default:
        return { kind: 'continue' };
    }
  }

  private answer(one: Extract<Pending, { kind: 'attempt' }>, twin: RunState, calm: boolean): Stimulus {
    const { random } = this;
    const request = requestOf(this.state, this.flow, one.frame);
    expect(requestOf(twin, this.flow, one.frame)).toEqual(request);
    this.now += Math.floor(random() * 3_000);
    const base = { at: this.now, frame: one.frame, attempt: one.attempt };
    if (!calm && random() < 0.1) {
      const unsent = random() < 0.5;
      if (!unsent) this.wire.ended(request.key, { kind: 'ambiguous', error: flowError('communication', 'lost') });
      return { kind: 'lost', ...base, unsent };
    }
    const outcome = outcomeOf(random, request.guarantee, calm);
    this.wire.ended(request.key, outcome);
    return { kind: 'attempt', ...base, outcome };
  }

  private verdict(one: Extract<Pending, { kind: 'decision' }>, calm: boolean): Stimulus {
    if (one.ask !== undefined) {
      const by = pick(this.random, ['lena', 'max']);
      const decision = pick(this.random, ['approved', 'rejected'] as const);
      const fits = one.ask.approvals[0]?.data ?? (one.ask.terms.form === undefined ? null : { n: 1 });
      const data = calm ? fits : pick<Json>(this.random, [fits, fits, 'text', { n: 2 }]);
      return { kind: 'decision', at: this.now, id: one.id, verdict: { decision, data }, by };
    }
    const verdict = calm
      ? ({ applied: true, output: null } as const)
      : pick(this.random, [{ applied: true, output: { n: 1 } }, { applied: false }, { fail: true }] as const);
    if ('applied' in verdict && !verdict.applied)
      this.wire.decidedNot(this.state.frames.get(one.frame)?.effect?.key ?? '');
    return { kind: 'decision', at: this.now, id: one.id, verdict, by: 'lena' };
  }

  /** Something that no longer applies, or never did. */
  private stale(): Stimulus {
    const { random, now: at } = this;
    const frame = Math.floor(random() * (this.state.nextFrame + 1));
    return pick<Stimulus>(random, [
      { kind: 'timer', at, frame, timer: pick(random, staleTimers) },
      { kind: 'attempt', at, frame, attempt: 99, outcome: { kind: 'completed', output: 'stale' } },
      { kind: 'page', at, frame, page: { error: flowError('runtime', 'stale') } },
      { kind: 'decision', at, id: 'stale', verdict: { fail: true }, by: 'lena' },
      {
        kind: 'decision',
        at,
        id: pick(random, [...this.decided, 'stale']),
        verdict: { decision: 'rejected' },
        by: 'max',
      },
      { kind: 'child', at, frame, child: 'stale', end: { status: 'cancelled' } },
      { kind: 'continue' },
    ]);
  }
}

const staleTimers = ['wait', 'timeout', 'try', 'retry', 'resend', 'answer', 'remind', 'escalate'] as const;

/** What an event says, but for an output that equals its task's input: whether that is left out depends on the state's memory. */
function essence(event: RunEvent): Json {
  const { out: _, ...rest } = event as RunEvent & { out?: Json };
  return rest as unknown as Json;
}

function text(state: RunState): string {
  return JSON.stringify(stateToJson(state));
}

function hasUndefined(value: unknown): boolean {
  if (value === undefined) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(hasUndefined);
}

describe('any flow, whatever happens to it', () => {
  it(`ends, folds to its state, and goes on from a snapshot as it would have (seed ${SEED})`, {
    timeout: 120_000,
  }, () => {
    const ends = new Map<string, number>();
    const seen = new Set<string>();
    fc.assert(
      fc.property(flows, fc.integer(), (flow, seed) => {
        const game = new Game(flow, seed);
        game.play();
        ends.set(game.state.status, (ends.get(game.state.status) ?? 0) + 1);
        for (const event of game.events) seen.add(event.type);
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect([...ends.keys()].sort()).toEqual(['cancelled', 'completed', 'faulted']);
    const all = [
      'attempt.ended',
      'attempt.started',
      'cancel.requested',
      'decision.asked',
      'context.joined',
      'decision.made',
      ...['decision.approved', 'decision.refused', 'decision.reminded', 'decision.escalated'],
      'iteration.started',
      ...['iteration.ended', 'event.emitted', 'event.taken', 'event.returned'],
      ...['child.started', 'child.stopping', 'child.ended'],
      'permit.wanted',
      'retry.started',
      'run.failing',
      'task.cancelled',
      'task.caught',
      'task.loosed',
      'task.retried',
      'task.skipped',
      'timeout.reached',
    ];
    expect(all.filter((type) => !seen.has(type))).toEqual([]);
  });
});
