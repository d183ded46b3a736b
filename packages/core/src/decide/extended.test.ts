import { describe, expect, it } from 'vitest';
import { flowError } from '../flow-error.ts';
import { play } from './play.fixture.ts';
import type { Played } from './play.fixture.ts';

/** A flow with these extensions. */
const flow = (extensions: string, tasks: string, more = ''): string =>
  `use: {extensions: [${extensions}]${more}}\ndo: [${tasks}]`;
const say = (name: string, what: string): string => `{${name}: {call: pure, with: {said: "${what}"}}}`;
const said = (run: Played): unknown[] => run.requests.map(({ args }) => args['said'] ?? args);

describe('an extension', () => {
  it('puts its tasks before and after every task of its kind, and what they give changes nothing', () => {
    const run = play(
      flow(
        `{log: {extend: set, before: [${say('b', '${ $task.reference }')}], after: [${say('a', '${ $task.output.x }')}]}}`,
        '{one: {set: {x: 1}}}, {two: {set: {x: "${ .x + 1 }"}}}, {three: {call: pure, with: {n: "${ .x }"}}}',
      ),
      { input: { x: 0 } },
    );
    expect(said(run)).toEqual(['/do/0/one', 1, '/do/1/two', 2, { n: 2 }]);
    expect(run.state).toMatchObject({ status: 'completed', output: { n: 2 } });
  });

  it('shows the extended task to its own tasks: its definition, name, raw input and, after it, its output', () => {
    const run = play(
      flow(
        '{x: {extend: call, before: [{b: {set: {call: "${ $task.call }", name: "${ $task.name }", with: "${ $task.with.n }", in: "${ $task.input }"}, export: {as: "[.]"}}}], after: [{a: {set: {out: "${ $task.output }"}, export: {as: "$context + [.]"}}}]}}',
        '{get: {call: pure, with: {n: 5}}}',
      ),
      { input: 7 },
    );
    expect(run.state.context).toEqual([{ call: 'pure', name: 'get', with: 5, in: 7 }, { out: { n: 5 } }]);
  });

  it('does not extend its own tasks, nor those of another extension', () => {
    const run = play(
      flow(
        `{one: {extend: all, before: [${say('b', 'one')}]}}, {two: {extend: all, after: [${say('a', 'two')}]}}`,
        '{t: {set: {x: 1}}}',
      ),
    );
    expect(said(run)).toEqual(['one', 'two']);
  });

  it('stands around the task with the first one outermost where there are several', () => {
    const run = play(
      flow(
        ['one', 'two']
          .map(
            (name) => `{${name}: {extend: set, before: [${say('b', `${name} b`)}], after: [${say('a', `${name} a`)}]}}`,
          )
          .join(', '),
        '{t: {set: {x: 1}}}',
      ),
    );
    expect(said(run)).toEqual(['one b', 'two b', 'two a', 'one a']);
  });

  it('is left out where its `when` is false for the task', () => {
    const run = play(
      flow(
        `{x: {extend: set, when: "$task.name == \\"two\\"", before: [${say('b', '${ $task.name }')}]}}`,
        '{one: {set: {x: 1}}}, {two: {set: {x: 2}}}, {three: {set: {x: 3}}}',
      ),
    );
    expect(said(run)).toEqual(['two']);
    expect(run.state.output).toEqual({ x: 3 });
  });

  it('is left out where the task itself is skipped', () => {
    const run = play(
      flow(
        `{x: {extend: set, before: [${say('b', 'no')}]}}`,
        '{one: {if: "false", set: {x: 1}, then: end}}, {two: {call: pure, with: {said: last}}}',
      ),
    );
    expect(said(run)).toEqual(['last']);
  });

  it('puts its own output in place of the task where a task before it exits', () => {
    const run = play(
      flow(
        '{mock: {extend: call, before: [{m: {if: "$task.name == \\"get\\"", set: {mocked: true}, then: exit}}]}}',
        '{get: {call: once, with: {n: 1}, output: {as: "{real: .}"}}}, {more: {call: pure, with: {given: "${ .mocked }"}}}',
      ),
    );
    expect(run.requests.map(({ action }) => action)).toEqual(['pure']);
    expect(run.state.output).toEqual({ given: true });
  });

  it('goes on where the extended task says, after the tasks behind it', () => {
    const around = `{x: {extend: switch, after: [${say('a', 'after')}]}}, {y: {extend: set, after: [${say('a', 'set')}]}}`;
    const run = play(
      flow(
        around,
        '{choose: {switch: [{c: {when: "true", then: last}}]}}, {never: {call: pure, with: {said: never}}}, {last: {set: {x: 1}, then: end}}, {beyond: {call: pure, with: {said: beyond}}}',
      ),
    );
    expect(said(run)).toEqual(['after', 'set']);
    expect(run.state.output).toEqual({ x: 1 });
  });

  it('lets the errors of the task and of its own tasks go up to the `try` around', () => {
    const error = flowError('communication', 'no', { status: 422 });
    const run = play(
      flow(
        '{x: {extend: call, when: "$task.name == \\"bad\\"", before: [{b: {raise: {error: {type: "https://x/own", status: 400}}}}]}}',
        '{t: {try: [{bad: {call: once, with: {}}}], catch: {do: [{c: {set: "${ $error.type }"}}]}}}, {u: {try: [{worse: {call: once, with: {}}}], catch: {do: [{c: {set: "${ $error.status }"}}]}}}',
      ),
      { answer: () => ({ kind: 'terminal', error }) },
    );
    expect(run.requests).toHaveLength(1);
    expect(run.state.output).toBe(422);
  });

  it('extends what runs in forks, loops and functions', () => {
    const run = play(
      flow(
        `{x: {extend: wait, before: [${say('b', '${ $task.reference }')}]}}`,
        '{f: {fork: {branches: [{l: {for: {in: "[1, 2]"}, do: [{w: {wait: PT1S}}]}}, {g: {call: own}}]}}}',
        ', functions: {own: {wait: PT1S}}',
      ),
    );
    expect(
      said(run)
        .map(String)
        .toSorted((a, b) => a.localeCompare(b)),
    ).toEqual(['/do/0/f/fork/branches/0/l/do/0/w', '/do/0/f/fork/branches/0/l/do/0/w', '/use/functions/own']);
    expect(run.state.status).toBe('completed');
  });

  it.each([
    ['composite', ['/do/0/d', '/do/1/f']],
    ['for', ['/do/2/l']],
  ])('of %s means the tasks of that kind', (extend, references) => {
    const run = play(
      flow(
        `{x: {extend: ${extend}, before: [${say('b', '${ $task.reference }')}]}}`,
        '{d: {do: [{a: {set: {x: 1}}}]}}, {f: {fork: {branches: [{b: {set: {x: 1}}}]}}}, {l: {for: {in: "[]"}, do: [{s: {set: {x: 1}}}]}}',
      ),
    );
    expect(said(run)).toEqual(references);
  });

  it('gives the effects of each visit of a task keys of their own', () => {
    const run = play(
      flow(
        '{x: {extend: set, before: [{b: {call: keyed, with: {}}}]}}',
        '{l: {for: {in: "[1, 2, 3]"}, do: [{s: {set: {x: 1}}}]}}',
      ),
    );
    expect(new Set(run.requests.map(({ key }) => key)).size).toBe(3);
  });
});
