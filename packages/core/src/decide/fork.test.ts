import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { flowError } from '../flow-error.ts';
import type { Json, JsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import type { Outcome } from '../outcome.ts';
import type { Verdict } from '../state/events.ts';
import { decide } from './decide.ts';
import { statusOf } from './pending.ts';
import type { Play, Played } from './play.fixture.ts';
import { compiled, play, reload } from './play.fixture.ts';
import type { Stimulus } from './types.ts';

const lost: Outcome = { kind: 'ambiguous', error: flowError('communication', 'no answer') };
const refused: Outcome = { kind: 'terminal', error: flowError('communication', 'no', { status: 422 }) };
const unsent: Outcome = { kind: 'retryable', left: false, error: flowError('communication', 'connection refused') };
const done = (output: Json): Outcome => ({ kind: 'completed', output });
const ambiguousType = 'https://open-workflow-specification.org/spec/1.0.0/errors/ambiguous';

/** What happens to a run next, in this order; afterwards all goes well by itself. A name is a step whose attempt is open. */
type Happening = readonly [step: string, outcome: Outcome] | ((run: Played) => Stimulus) | Verdict;

function script(yaml: string, happenings: readonly Happening[], options: Play = {}): Played {
  const left = [...happenings];
  return play(yaml, {
    ...options,
    interfere: (run) => {
      const [next] = left;
      const frames = [...run.state.frames.values()];
      if (next === undefined) return undefined;
      if (typeof next === 'function') {
        left.shift();
        return next(run);
      }
      if (!Array.isArray(next)) {
        const question = frames.find((one) => one.effect?.question !== undefined)?.effect?.question;
        if (question === undefined) return undefined;
        left.shift();
        return { kind: 'decision', at: run.now, id: question, verdict: next as Verdict, by: 'lena' };
      }
      const [step, outcome] = next as readonly [string, Outcome];
      const frame = frames.find((one) => one.effect?.open && one.step.endsWith(`/${step}`));
      if (frame?.effect === undefined) return undefined;
      left.shift();
      return { kind: 'attempt', at: run.now, frame: frame.id, attempt: frame.effect.attempts, outcome };
    },
  });
}

/** Goes on in time, and lets a deadline pass. */
const passes =
  (frame: number, ms: number, timer: 'timeout' | 'try' = 'timeout') =>
  (run: Played): Stimulus => {
    run.now += ms;
    return { kind: 'timer', at: run.now, frame, timer };
  };
const cancels = (run: Played): Stimulus => ({ kind: 'cancel', at: run.now, by: 'lena' });

const fork = (branches: string, more = '') => `do: [{f: {fork: {branches: [${branches}]}${more}}}]`;
const race = (branches: string, more = '', after = '') =>
  `do: [{f: {fork: {compete: true, branches: [${branches}]}${more}}}${after}]`;
const types = (run: Played) => run.events.map((event) => event.type);
const sent = (run: Played) =>
  run.events.filter(
    (event) => event.type === 'attempt.started' || (event.type === 'task.started' && event.intent !== undefined),
  ).length;

describe('a fork whose branches do not compete', () => {
  it('gives an array of outputs in declaration order, whatever the order of completion', () => {
    const yaml = fork('{a: {call: once}}, {b: {call: once}}, {c: {set: {n: 3}}}');
    for (const order of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const run = script(
        yaml,
        order.map((name) => [name, done(name)] as const),
      );
      expect(run.state.output).toEqual(['a', 'b', { n: 3 }]);
    }
  });

  it('gives each branch its transformed input', () => {
    const run = play(
      fork('{a: {set: "${ .n + 1 }"}}, {b: {set: "${ .n + 2 }"}}', ', input: {from: "{n: .m}"}')
        .replace('"${ .n + 1 }"', '{v: "${ .n + 1 }"}')
        .replace('"${ .n + 2 }"', '{v: "${ .n + 2 }"}'),
      { input: { m: 5 } },
    );
    expect(run.state.output).toEqual([{ v: 6 }, { v: 7 }]);
  });

  it('gives the input for a branch that is skipped, and an empty array for no branches', () => {
    expect(play(fork('{a: {if: "false", set: {n: 1}}}, {b: {set: {n: 2}}}'), { input: 7 }).state.output).toEqual([
      7,
      { n: 2 },
    ]);
    expect(play(fork('')).state.output).toEqual([]);
  });

  it('has pointers into the document, and $task in each branch', () => {
    const run = play(
      fork(
        '{a: {set: {x: 1}}}, {b: {set: {at: "${ $task.reference }", name: "${ $task.name }", n: "${ $task.input }"}}}',
      ),
      { input: 4 },
    );
    expect(run.state.output).toEqual([{ x: 1 }, { at: '/do/0/f/fork/branches/1/b', name: 'b', n: 4 }]);
  });

  it('cancels the other branches when one faults, and faults with its error', () => {
    const run = play(
      fork(
        '{a: {wait: PT1H}}, {b: {raise: {error: {type: "https://e.x/b", status: 409}}}}, {c: {do: [{d: {wait: PT1H}}]}}',
      ),
    );
    expect(run.state.error).toMatchObject({
      type: 'https://e.x/b',
      status: 409,
      instance: '/do/0/f/fork/branches/1/b',
    });
    expect(run.events.filter((event) => event.type === 'task.cancelled').length).toBe(1);
    expect(run.now).toBe(run.state.startedAt);
  });

  it('waits with its fault until every outcome in it is known', () => {
    const run = script(
      fork('{a: {do: [{x: {call: once}}, {y: {call: once}}]}}, {b: {call: once}}, {c: {call: pure}}'),
      [
        ['b', refused],
        ['x', done(1)],
      ],
    );
    expect(types(run).slice(-4)).toEqual(['task.completed', 'task.cancelled', 'task.faulted', 'run.faulted']);
    expect(run.state.error).toMatchObject({ status: 422, instance: '/do/0/f/fork/branches/1/b' });
    expect(sent(run)).toBe(3);
  });

  it('sends what is unanswered again while its fault waits, and asks a person where nobody knows', () => {
    const again = script(fork('{a: {call: idempotent}}, {b: {call: once}}'), [
      ['b', refused],
      ['a', lost],
      ['a', lost],
      ['a', done(1)],
    ]);
    expect(again.state.error?.status).toBe(422);
    expect(again.events.filter((event) => event.type === 'attempt.started')).toHaveLength(2);
    for (const verdict of [{ applied: true, output: 1 }, { applied: false }] as const) {
      const asked = script(fork('{a: {call: once}}, {b: {call: once}}'), [['b', refused], ['a', lost], verdict]);
      expect(asked.state.error?.status).toBe(422);
      expect(sent(asked)).toBe(2);
    }
  });

  it('faults with an outcome that stays unknown before any other error', () => {
    const open = '{a: {call: once, metadata: {pawl: {onAmbiguous: fail}}}}';
    for (const order of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const run = script(
        fork(`${open}, {b: {call: once}}`),
        order.map((name) => [name, name === 'a' ? lost : refused] as const),
      );
      expect(run.state.error?.type).toBe(ambiguousType);
    }
  });

  it('does not send again what had not left when a branch faulted', () => {
    const run = script(fork('{a: {call: once}}, {b: {call: once}}'), [
      ['b', refused],
      ['a', unsent],
    ]);
    expect(sent(run)).toBe(2);
    expect(run.state.error?.status).toBe(422);
  });

  it('does not enter a branch after another has faulted', () => {
    const run = script(
      fork('{a: {call: once}}, {b: {raise: {error: {type: "https://e.x/b", status: 409}}}}, {c: {call: once}}'),
      [['a', done(1)]],
      { limits: { pureTasksPerCommit: 2 } },
    );
    expect(run.events.some((event) => event.type === 'task.started' && event.step.endsWith('/c'))).toBe(false);
    expect(run.state.error?.status).toBe(409);
  });

  it('takes a timeout around it only when every outcome is known', () => {
    const run = script(fork('{a: {call: once}}, {b: {call: once}}, {c: {wait: PT1H}}', ', timeout: {after: PT5S}'), [
      passes(1, 5000),
      ['a', done(1)],
      ['b', done(2)],
    ]);
    expect(run.state.error).toMatchObject({ status: 408, instance: '/do/0/f' });
    expect(types(run).filter((type) => type === 'timeout.reached')).toHaveLength(1);
  });

  it('does not hide an unknown outcome behind a timeout around it', () => {
    const run = script(
      fork('{a: {call: once, metadata: {pawl: {onAmbiguous: fail}}}}, {b: {call: once}}', ', timeout: {after: PT5S}'),
      [passes(1, 5000), ['a', lost], ['b', done(2)]],
    );
    expect(run.state.error?.type).toBe(ambiguousType);
  });

  it('is cancelled with its run only when every outcome is known', () => {
    const run = script(
      fork('{a: {call: once}}, {b: {do: [{x: {call: once}}, {y: {call: once}}]}}, {c: {wait: PT1H}}'),
      [cancels, ['a', done(1)], ['x', done(2)]],
    );
    expect(run.state.status).toBe('cancelled');
    expect(sent(run)).toBe(2);
  });

  it('goes on with the next tasks of a branch while others wait', () => {
    const run = script(fork('{a: {do: [{x: {call: once}}, {y: {call: once}}]}}, {b: {call: once}}'), [
      ['x', done(1)],
      ['y', done(2)],
      ['b', done(3)],
    ]);
    expect(run.state.output).toEqual([2, 3]);
  });

  it('lets `exit` end its branch and `end` the run, cancelling the other branches', () => {
    expect(
      play(fork('{a: {do: [{x: {set: {n: 1}, then: exit}}, {y: {set: {n: 2}}}]}}, {b: {set: {n: 3}, then: exit}}'))
        .state.output,
    ).toEqual([{ n: 1 }, { n: 3 }]);
    const ended = play(
      `do: [{f: {fork: {branches: [{a: {wait: PT1H}}, {b: {do: [{x: {set: {n: 5}, then: end}}]}}]}}}, {after: {set: {n: 9}}}]`,
    );
    expect(ended.state).toMatchObject({ status: 'completed', output: { n: 5 } });
    expect(types(ended)).toContain('task.cancelled');
  });

  it('ends the run after the answers of the branches that `end` took by surprise', () => {
    const run = script(
      'do: [{f: {fork: {branches: [{a: {call: once}}, {b: {call: once, then: end}}]}}}, {after: {call: once}}]',
      [
        ['b', done(2)],
        ['a', done(1)],
      ],
    );
    expect(run.state).toMatchObject({ status: 'completed', output: 2 });
    expect(types(run).slice(-5)).toEqual([
      'task.completed',
      'task.loosed',
      'task.completed',
      'task.completed',
      'run.completed',
    ]);
    expect(sent(run)).toBe(2);
  });
});

describe('a fork whose branches compete', () => {
  it('takes the first success, and its output', () => {
    const yaml = race('{a: {call: once}}, {b: {call: once}}');
    expect(
      script(yaml, [
        ['a', done('a')],
        ['b', done('b')],
      ]).state.output,
    ).toBe('a');
    expect(
      script(yaml, [
        ['b', done('b')],
        ['a', done('a')],
      ]).state.output,
    ).toBe('b');
    expect(
      script(yaml, [
        ['a', refused],
        ['b', done('b')],
      ]).state.output,
    ).toBe('b');
  });

  it('faults only if all branches fail, with the error of the first one whoever was faster', () => {
    const yaml = race('{a: {raise: {error: {type: "https://e.x/a", status: 401}}}}, {b: {call: once}}');
    expect(script(yaml, [['b', refused]]).state.error?.status).toBe(401);
    const calls = race('{a: {call: once}}, {b: {raise: {error: {type: "https://e.x/b", status: 401}}}}');
    expect(script(calls, [['a', refused]]).state.error?.status).toBe(422);
  });

  it('cancels losers of which nothing left, and drops what is pure', () => {
    const run = script(race('{a: {call: once}}, {b: {call: pure}}, {c: {do: [{w: {wait: PT1H}}]}}'), [
      ['a', done('a')],
    ]);
    expect(run.state.output).toBe('a');
    expect(types(run)).not.toContain('task.loosed');
    expect(run.now).toBe(run.state.startedAt);
  });

  it("goes on with its winner at once, and ends the run only after a loser's answer", () => {
    const run = script(
      race('{a: {call: once}}, {b: {do: [{x: {call: once}}, {y: {call: once}}]}}', '', ', {next: {call: once}}'),
      [
        ['a', done('a')],
        ['next', done('end')],
        ['x', done('late')],
      ],
    );
    expect(run.state).toMatchObject({ status: 'completed', output: 'end' });
    const late = run.events.find((event) => event.type === 'task.completed' && event.out === 'late');
    expect(late).toBeDefined();
    expect(types(run).slice(-2)).toEqual(['task.cancelled', 'run.completed']);
    expect(sent(run)).toBe(3);
  });

  it("leaves the run where it is when a loser's answer comes", () => {
    const run = script(race('{a: {call: once}}, {b: {call: once}}', '', ', {next: {call: once}}'), [
      ['a', done('a')],
      ['b', done('late')],
      ['next', done('end')],
    ]);
    expect(run.state).toMatchObject({ status: 'completed', output: 'end' });
    expect(sent(run)).toBe(3);
  });

  it('asks a person about a loser where nobody knows, and the run waits for the answer', () => {
    const yaml = race('{a: {call: once}}, {b: {call: once}}');
    const waits = script(yaml, [
      ['a', done('a')],
      ['b', lost],
    ]);
    expect(statusOf(waits.state, compiled(parse(yaml) as JsonObject))).toEqual({
      status: 'waiting',
      waitingFor: 'decision',
    });
    for (const verdict of [{ applied: true, output: 1 }, { applied: false }, { fail: true }] as const) {
      const run = script(yaml, [['a', done('a')], ['b', lost], verdict]);
      expect(run.state, JSON.stringify(verdict)).toMatchObject({ status: 'completed', output: 'a' });
      expect(sent(run)).toBe(2);
    }
  });

  it("lets a loser's own contract decide: onAmbiguous fail is recorded and changes nothing", () => {
    const run = script(
      race(
        '{a: {call: once}}, {b: {try: [{x: {call: once, metadata: {pawl: {onAmbiguous: fail}}}}], catch: {errors: {with: {type: "' +
          ambiguousType +
          '"}}, do: [{y: {call: once}}]}}}',
      ),
      [
        ['a', done('a')],
        ['x', lost],
      ],
    );
    expect(run.state).toMatchObject({ status: 'completed', output: 'a' });
    expect(run.events.some((event) => event.type === 'task.faulted' && event.error.type === ambiguousType)).toBe(true);
    expect(sent(run)).toBe(2);
  });

  it('sends a loser again with the same request, though all around its fork has changed', () => {
    const body =
      '{f: {fork: {compete: true, branches: [{a: {call: once, export: {as: "{by: .}"}}}, {b: {call: idempotent, with: {i: "${ $item }", c: "${ $context }", d: "${ . }"}}}]}, export: {as: "{changed: true}"}}}';
    const run = script(`do: [{l: {for: {in: "[1, 2]"}, do: [${body}]}}]`, [
      ['a', done('a')],
      ['b', lost],
      ['a', done('a')],
      ['b', done(1)],
      ['b', done(2)],
    ]);
    expect(run.state.status).toBe('completed');
    expect(types(run)).not.toContain('decision.asked');
    const hashes = new Map<string, Set<string>>();
    for (const event of run.events) {
      if (!('intent' in event) || event.intent === undefined) continue;
      hashes.set(event.intent.key, (hashes.get(event.intent.key) ?? new Set()).add(event.intent.hash));
    }
    expect([...hashes.values()].every((one) => one.size === 1)).toBe(true);
  });

  it('faults the run after the answer of a loser, and keeps the error', () => {
    const run = script(
      race(
        '{a: {call: once}}, {b: {call: once}}',
        '',
        ', {no: {raise: {error: {type: "https://e.x/n", status: 409}}}}',
      ),
      [
        ['a', done('a')],
        ['b', done('late')],
      ],
    );
    expect(types(run).slice(-3)).toEqual(['run.failing', 'task.completed', 'run.faulted']);
    expect(run.state.error?.status).toBe(409);
  });

  it('cancels the run after the answer of a loser', () => {
    const run = script(race('{a: {call: once}}, {b: {call: once}}', '', ', {w: {wait: PT1H}}'), [
      ['a', done('a')],
      cancels,
      ['b', lost],
      { applied: false },
    ]);
    expect(run.state.status).toBe('cancelled');
  });

  it('completes the run, whose deadline passes while only a loser is unknown', () => {
    const run = script(
      `{document: {metadata: {pawl: {deadline: PT1M}}}, ${race('{a: {call: once}}, {b: {call: once}}')}}`,
      [['a', done('a')], ['b', lost], passes(0, 60_000), { applied: true, output: 1 }],
    );
    expect(run.state).toMatchObject({ status: 'completed', output: 'a' });
  });

  it('is not sent again by a retry around the fork while it is unknown', () => {
    const yaml = `do: [{t: {try: [{f: {fork: {compete: true, branches: [{a: {call: pure}}, {b: {call: once}}]}}}, {no: {raise: {error: {type: "https://e.x/n", status: 409}}}}], catch: {retry: {limit: {attempt: {count: 1}}}}}}]`;
    const run = script(yaml, [
      ['a', done('a')],
      ['a', done('a')],
      ['b', done('late')],
    ]);
    expect(run.state.error?.status).toBe(409);
    expect(
      run.events.filter(
        (event) => event.type === 'task.started' && event.step.endsWith('/b') && event.intent !== undefined,
      ),
    ).toHaveLength(1);
  });

  it('takes the winner of a race that is inside another', () => {
    const inner = (name: string) =>
      `{${name}: {fork: {compete: true, branches: [{${name}1: {call: once}}, {${name}2: {call: once}}]}}}`;
    const run = script(race(`${inner('p')}, ${inner('q')}`), [
      ['q2', done('q2')],
      ['p1', done(1)],
      ['p2', done(2)],
      ['q1', done(3)],
    ]);
    expect(run.state).toMatchObject({ status: 'completed', output: 'q2' });
    expect(types(run).filter((type) => type === 'task.loosed')).toHaveLength(2);
  });
});

describe('the context in branches', () => {
  const add = (name: string) => `{${name}: {call: once, export: {as: "$context + {${name}: .}"}}}`;

  it('is a copy for each, and at the join exports apply in declaration order', () => {
    const yaml = `do: [{s: {set: {n: 0}, export: {as: "{old: 1}"}}}, {f: {fork: {branches: [${add('a')}, ${add('b')}, {c: {do: [{w: {wait: PT1S}}, {see: {set: {seen: "\${ $context }"}}}]}}]}}}, {z: {set: {all: "\${ $context }", branches: "\${ . }"}}}]`;
    for (const order of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const run = script(
        yaml,
        order.map((name) => [name, done(name)] as const),
      );
      expect(run.state.output).toEqual({ all: { old: 1, a: 'a', b: 'b' }, branches: ['a', 'b', { seen: { old: 1 } }] });
    }
  });

  it('is that of the last branch in declaration order where exports replace it', () => {
    const yaml = `do: [{f: {fork: {branches: [{a: {call: once, export: {as: .}}}, {b: {call: once, export: {as: .}}}]}}}, {z: {set: {c: "\${ $context }"}}}]`;
    expect(
      script(yaml, [
        ['b', done('b')],
        ['a', done('a')],
      ]).state.output,
    ).toEqual({ c: 'b' });
  });

  it('is changed by the winner alone where branches compete', () => {
    const yaml = `do: [{f: {fork: {compete: true, branches: [{a: {do: [${add('x')}, {y: {call: once}}]}}, ${add('b')}]}}}, {z: {set: {c: "\${ $context }"}}}]`;
    expect(
      script(yaml, [
        ['x', done('x')],
        ['b', done('b')],
        ['y', done(1)],
      ]).state.output,
    ).toEqual({ c: { b: 'b' } });
  });

  it('goes back to what it was in its branch when a try there is retried', () => {
    const yaml = `do: [{f: {fork: {branches: [${add('a')}, {b: {try: [${add('x')}, {y: {call: once}}], catch: {retry: {limit: {attempt: {count: 1}}}}}}]}}}, {z: {set: {c: "\${ $context }"}}}]`;
    expect(
      script(yaml, [
        ['a', done('a')],
        ['x', done('x')],
        ['y', refused],
        ['y', done('y')],
      ]).state.output,
    ).toEqual({ c: { a: 'a', x: 'x' } });
  });
});

describe('a fork among other steps', () => {
  it('is retried by a try around it, with the outputs of the effects that completed', () => {
    const yaml = `do: [{t: {try: [{f: {fork: {branches: [{a: {call: once}}, {b: {call: once}}]}}}], catch: {retry: {limit: {attempt: {count: 1}}}}}}]`;
    const run = script(yaml, [
      ['a', done('a')],
      ['b', refused],
      ['b', done('b')],
    ]);
    expect(run.state.output).toEqual(['a', 'b']);
    expect(sent(run)).toBe(3);
  });

  it('has its faults caught inside a branch', () => {
    const run = play(
      fork(
        '{a: {try: [{x: {raise: {error: {type: "https://e.x/b", status: 409}}}}], catch: {do: [{y: {set: {n: 1}}}]}}}, {b: {set: {n: 2}}}',
      ),
    );
    expect(run.state.output).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('runs loops in branches, and in loops, with other effect keys each time', () => {
    const yaml = `do: [{l: {for: {in: "[1, 2]"}, do: [{f: {fork: {branches: [{a: {call: once}}, {b: {for: {in: "[1, 2]"}, do: [{c: {call: once}}]}}]}}}]}}]`;
    const run = play(yaml);
    const keys = run.requests.map((request) => request.key);
    expect(keys).toHaveLength(6);
    expect(new Set(keys).size).toBe(6);
    expect(run.state.status).toBe('completed');
  });

  it('reads the pages of batches in its branches again after a load', () => {
    const batch = (name: string) =>
      `{${name}: {for: {in: "\${ {dataset: {of: 1}} }"}, do: [{${name}1: {call: once, with: {rows: "\${ $item }"}}}], metadata: {pawl: {batch: {size: 2, page: true}}}}}`;
    let reloads = 0;
    const run = play(fork(`${batch('a')}, ${batch('b')}`), {
      page: () => ({ rows: [1, 2], next: null, last: true }),
      interfere: (played) => {
        if (reloads === 0 && [...played.state.frames.values()].filter((frame) => frame.effect?.open).length === 2) {
          reloads += 1;
          reload(played);
        }
        return undefined;
      },
    });
    expect(reloads).toBe(1);
    expect(run.state.output).toEqual([
      { rows: 2, pages: 1 },
      { rows: 2, pages: 1 },
    ]);
  });

  it('gives every branch its turn over yields', () => {
    const steps = (name: string) =>
      `{${name}: {do: [${Array.from({ length: 6 }, (_, i) => `{${name}${i}: {set: {n: ${i}}}}`).join(', ')}]}}`;
    const run = play(fork(['a', 'b', 'c'].map(steps).join(', ')), { limits: { pureTasksPerCommit: 4 } });
    expect(run.state.output).toEqual([{ n: 5 }, { n: 5 }, { n: 5 }]);
    const order = run.events.flatMap((event) =>
      event.type === 'task.started' && event.kind === 'set' ? [event.step.slice(-2, -1)] : [],
    );
    for (let turn = 0; turn < 3; turn += 1) expect(new Set(order.slice(turn * 4, turn * 4 + 4)).size).toBe(3);
    expect(run.rows.length).toBeGreaterThan(4);
  });

  it('runs 1,000 branches', () => {
    const yaml = JSON.stringify({
      do: [{ f: { fork: { branches: Array.from({ length: 1000 }, (_, i) => ({ [`b${i}`]: { set: { i } } })) } } }],
    });
    const document = JSON.parse(yaml) as JsonObject;
    const run = play(JSON.stringify(document));
    expect((run.state.output as Json[]).length).toBe(1000);
    expect((run.state.output as Json[])[999]).toEqual({ i: 999 });
  });

  it('is refused with more branches than can run side by side, and where a branch goes to another', () => {
    const branches = Array.from({ length: limits.forkBranches + 1 }, () => ({ b: { set: { n: 1 } } }));
    expect(() => compiled({ do: [{ f: { fork: { branches } } }] })).toThrow(/at most 100000 can run side by side/);
    expect(() => compiled(parse(fork('{a: {set: {n: 1}, then: b}}, {b: {set: {n: 1}}}')) as JsonObject)).toThrow(
      /names no task of its list/,
    );
  });

  it('leads to nothing when what no longer applies happens to it', () => {
    const yaml = fork('{a: {call: once}}, {b: {call: once}}');
    const run = script(yaml, [['a', done(1)]]);
    const before = run.state.seq;
    decide(
      run.state,
      compiled(parse(yaml) as JsonObject),
      { kind: 'continue' },
      { hash: { sha256: () => '', crc32: () => 0 }, random: () => 0, limits, acquire: () => true, release: () => {} },
    );
    expect(run.state.seq).toBe(before);
  });
});
