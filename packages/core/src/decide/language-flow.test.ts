import { describe, expect, it } from 'vitest';
import { flowError } from '../flow-error.ts';
import { cloudEvent, feed } from './listen.fixture.ts';
import { play } from './play.fixture.ts';
import type { Play, Played } from './play.fixture.ts';

/*
 * What Pawl decides about directives, forks and events where the language's text is silent or contradicts itself.
 * Each test is named by the decision; docs/reference/language.md tells them to authors.
 */

/** Output of a flow, or its error. */
function outcomeOf(text: string, options: Play = {}): unknown {
  const { state } = play(text, options);
  return state.error ?? state.output;
}

/** References of the tasks that were cancelled. */
function cancelled(events: Played['events']): string[] {
  const steps = new Map(
    events.flatMap((event) => (event.type === 'task.started' ? [[event.f, event.step] as const] : [])),
  );
  return events.flatMap((event) => (event.type === 'task.cancelled' ? [steps.get(event.f) ?? ''] : []));
}

describe('`end`', () => {
  it('deep inside ends with that task’s transformed output: no output.as around it, but the flow’s own', () => {
    const text = `
do:
  - outer:
      do: [ { a: { set: { n: 1 }, output: { as: .n }, then: end } } ]
      output: { as: '"the task around"' }
  - never: { set: { n: 9 } }
output: { as: '{ended: .}' }
`;
    expect(outcomeOf(text)).toEqual({ ended: 1 });
  });

  it('in a branch cancels the other branches and ends the run', () => {
    const { state, events } = play(`
do:
  - f: { fork: { branches: [ { slow: { wait: PT1H } }, { quick: { set: { n: 1 }, then: end } } ] } }
  - never: { set: { n: 9 } }
`);
    expect(state.output).toEqual({ n: 1 });
    expect(cancelled(events)).toEqual(['/do/0/f/fork/branches/0/slow']);
  });

  it('in a try ends the run', () => {
    expect(outcomeOf('do: [{t: {try: [{a: {set: {n: 1}, then: end}}], catch: {}}}, {z: {set: {n: 9}}}]')).toEqual({
      n: 1,
    });
  });
});

describe('a loop', () => {
  it('goes on with its next iteration at `exit`', () => {
    const body = "[{a: {set: {n: '${ .n + $item }'}, then: exit}}, {never: {set: {n: 99}}}]";
    expect(outcomeOf(`do: [{l: {for: {in: '[1, 2]'}, do: ${body}}}]`, { input: { n: 0 } })).toEqual({ n: 3 });
  });

  it('tests `while` before each iteration, on the running value', () => {
    const text = "do: [{l: {for: {in: '[1, 2, 3]'}, while: .n < 3, do: [{a: {set: {n: '${ .n + $item }'}}}]}}]";
    expect(outcomeOf(text, { input: { n: 0 } })).toEqual({ n: 3 });
    expect(outcomeOf(text, { input: { n: 5 } })).toEqual({ n: 5 });
  });

  it('evaluates `in` once, and faults with expression where that is no list', () => {
    expect(
      outcomeOf('do: [{l: {for: {in: .list}, do: [{a: {set: {list: []}}}]}}]', { input: { list: [1, 2] } }),
    ).toEqual({
      list: [],
    });
    for (const list of [5, { a: 1 }, null])
      expect(outcomeOf('do: [{l: {for: {in: .}, do: [{a: {set: {x: 1}}}]}}]', { input: list })).toMatchObject({
        type: expect.stringMatching(/\/expression$/),
      });
  });

  it('by `then` makes a new visit of a task, and its effects new ones', () => {
    const { requests } = play(`
do:
  - a: { call: keyed }
  - b: { set: { n: '\${ ($context.n // 0) + 1 }' }, export: { as: . } }
  - c: { switch: [ { again: { when: .n < 2, then: a } }, { done: { then: end } } ] }
`);
    expect(new Set(requests.map(({ key }) => key)).size).toBe(2);
  });
});

describe('a switch', () => {
  it('without a case that holds follows its own `then`', () => {
    expect(
      outcomeOf(
        "do: [{s: {switch: [{a: {when: 'false', then: z}}], then: z}}, {y: {set: {n: 1}}}, {z: {set: {z: '${ . }'}}}]",
        { input: 5 },
      ),
    ).toEqual({ z: 5 });
  });
});

describe('a fork', () => {
  it('gives the outputs of its branches in the order in which they are written, and a lost race is cancelled', () => {
    const branches = 'branches: [{slow: {wait: PT2S}}, {quick: {set: {n: 1}}}]';
    expect(outcomeOf(`do: [{f: {fork: {${branches}}}}]`, { input: 0 })).toEqual([0, { n: 1 }]);
    const raced = play(`do: [{f: {fork: {compete: true, ${branches}}}}]`, { input: 0 });
    expect(raced.state.output).toEqual({ n: 1 });
    expect(cancelled(raced.events)).toEqual(['/do/0/f/fork/branches/0/slow']);
  });

  it('whose branch faults cancels the others and faults with its error', () => {
    const { state, events } = play(
      'do: [{f: {fork: {branches: [{slow: {wait: PT1H}}, {bad: {raise: {error: {type: "https://x.test/e", status: 418}}}}]}}}]',
    );
    expect(state.error).toMatchObject({ status: 418, instance: '/do/0/f/fork/branches/1/bad' });
    expect(cancelled(events)).toEqual(['/do/0/f/fork/branches/0/slow']);
  });

  it('that competes is won by the first success, and faults only where all fail', () => {
    const bad = (status: number): string => `{raise: {error: {type: "https://x.test/e", status: ${status}}}}`;
    const fork = (b: string): string => `do: [{f: {fork: {compete: true, branches: [{a: ${bad(418)}}, {b: ${b}}]}}}]`;
    expect(outcomeOf(fork('{wait: PT1S}'), { input: 7 })).toBe(7);
    expect(outcomeOf(fork(bad(451)))).toMatchObject({ status: 418 });
  });

  it('gives each branch a copy of $context, and applies their exports in the order in which they are written', () => {
    const branch = (name: string, wait: string, more: string): string =>
      `{${name}: {do: [{w: {wait: ${wait}}}, {x: {set: {seen: '\${ $context }'}, export: {as: '$context + {${more}}'}}}]}}`;
    const branches = `[${branch('a', 'PT2S', 'who: "a", a: 1')}, ${branch('b', 'PT1S', 'who: "b", b: 1')}]`;
    const flow = (more: string): string =>
      `do: [{i: {set: {}, export: {as: '{n: 0}'}}}, {f: {fork: {${more}branches: ${branches}}}}, {z: {set: {seen: '\${ . }', context: '\${ $context }'}}}]`.replace(
        'set: {}',
        'set: {n: 0}',
      );
    expect(outcomeOf(flow(''))).toEqual({
      seen: [{ seen: { n: 0 } }, { seen: { n: 0 } }],
      context: { n: 0, who: 'b', a: 1, b: 1 },
    });
    expect(outcomeOf(flow('compete: true, '))).toEqual({ seen: { seen: { n: 0 } }, context: { n: 0, who: 'b', b: 1 } });
  });
});

describe('a filter of events', () => {
  const listen = (filter: string, more = ''): string => `do: [{l: {listen: {to: {one: ${filter}}}${more}}}]`;
  const met = (filter: string, event: ReturnType<typeof cloudEvent>): boolean =>
    play(listen(filter), { interfere: feed('/do/0/l', [event]) }).state.status === 'completed';

  it('takes a boolean result as its verdict, and any other as what must be equal', () => {
    expect(met('{with: {data: "${ .bpm < 60 }"}}', cloudEvent('a', { bpm: 50 }))).toBe(true);
    expect(met('{with: {data: "${ .bpm < 60 }"}}', cloudEvent('a', { bpm: 70 }))).toBe(false);
    expect(met('{with: {type: "${ \\"a\\" }"}}', cloudEvent('a'))).toBe(true);
    expect(met('{with: {type: "${ \\"a\\" }"}}', cloudEvent('b'))).toBe(false);
  });

  it('takes a text as a regular expression only between ^ and $', () => {
    expect(met('{with: {type: "^com[.]x[.].*$"}}', cloudEvent('com.x.y'))).toBe(true);
    expect(met('{with: {type: "com.x.*"}}', cloudEvent('com.x.y'))).toBe(false);
  });

  it('correlates by the whole event, extension attributes included', () => {
    const filter = '{with: {type: a}, correlate: {room: {from: .roomid, expect: "7"}}}';
    expect(met(filter, cloudEvent('a', {}, { roomid: '7' }))).toBe(true);
    expect(met(filter, cloudEvent('a', {}, { roomid: '8' }))).toBe(false);
  });

  it('has its correlations for one listen, not for the life of the run', () => {
    const both = (name: string): string =>
      `{${name}: {listen: {to: {all: [{with: {type: a}, correlate: {k: {from: .data.k}}}, {with: {type: b}, correlate: {k: {from: .data.k}}}]}}}}`;
    const events = (step: string, k: number) => feed(step, [cloudEvent('a', { k }), cloudEvent('b', { k })]);
    const [first, second] = [events('/do/0/x', 1), events('/do/1/y', 2)];
    expect(outcomeOf(`do: [${both('x')}, ${both('y')}]`, { interfere: (run) => first(run) ?? second(run) })).toEqual([
      { k: 2 },
      { k: 2 },
    ]);
  });

  it('with `until` asks it of the events consumed so far', () => {
    const text = "do: [{l: {listen: {to: {any: [{with: {type: a}}], until: '(. | length) > 1'}}}}]";
    expect(
      outcomeOf(text, {
        interfere: feed(
          '/do/0/l',
          [1, 2, 3].map((n) => cloudEvent('a', n)),
        ),
      }),
    ).toEqual([1, 2]);
  });

  it('gives a list even where one event is waited for', () => {
    expect(outcomeOf(listen('{with: {type: a}}'), { interfere: feed('/do/0/l', [cloudEvent('a', 1)]) })).toEqual([1]);
  });
});

describe('an emitted event', () => {
  it('has an id and a source, whether the flow gives them or not', () => {
    expect(outcomeOf('do: [{e: {emit: {event: {with: {type: a}}}}}]')).toMatchObject({
      specversion: '1.0',
      id: expect.any(String),
      source: '/test/played/1.0.0',
    });
    expect(outcomeOf('do: [{e: {emit: {event: {with: {type: a, source: "/mine", id: "7"}}}}}]')).toMatchObject({
      id: '7',
      source: '/mine',
    });
  });
});

describe('a timeout of a task', () => {
  it('counts from its entry to its end, all retries inside included', () => {
    const text = 'do: [{t: {try: [{a: {call: pure}}], timeout: {after: PT25S}, catch: {retry: {delay: PT10S}}}}]';
    const { state, requests } = play(text, {
      answer: () => ({ kind: 'retryable', left: false, error: flowError('communication', 'busy', { status: 503 }) }),
    });
    expect(state.error).toMatchObject({ type: expect.stringMatching(/\/timeout$/), status: 408, instance: '/do/0/t' });
    expect(requests).toHaveLength(3);
  });
});
