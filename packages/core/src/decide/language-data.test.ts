import { describe, expect, it } from 'vitest';
import { JournalView } from '../state/journal-view.ts';
import { fillMarks } from '../secrets/marks.ts';
import { cloudEvent, feed } from './listen.fixture.ts';
import { play } from './play.fixture.ts';
import type { Play } from './play.fixture.ts';

/*
 * What Pawl decides about data and expressions where the language's text is silent or contradicts itself. Each test is
 * named by the decision; docs/reference/language.md tells them to authors.
 */

const raise = '{raise: {error: {type: "https://x.test/e", status: 400}}}';

/** Output of a flow, or its error. */
function outcomeOf(text: string, options: Play = {}): unknown {
  const { state } = play(text, options);
  return state.error ?? state.output;
}

describe('the reference of a task, in $task and in errors,', () => {
  it.each([
    ['of a branch', `do: [{f: {fork: {branches: [{a: {set: {x: 1}}}, {b: ${raise}}]}}}]`, '/do/0/f/fork/branches/1/b'],
    ['of a loop', `do: [{l: {for: {in: '[1]'}, do: [{x: ${raise}}]}}]`, '/do/0/l/do/0/x'],
    ['of a try', `do: [{t: {try: [{x: ${raise}}], catch: {when: 'false'}}}]`, '/do/0/t/try/0/x'],
    ['of a catch', `do: [{t: {try: [{x: ${raise}}], catch: {do: [{y: ${raise}}]}}}]`, '/do/0/t/catch/do/0/y'],
    ['of a function', `use: {functions: {g: ${raise}}}\ndo: [{c: {call: g}}]`, '/use/functions/g'],
  ])('is a pointer into the document: that %s', (_, text, instance) => {
    expect(outcomeOf(text)).toMatchObject({ instance });
  });

  it('of a foreach is a pointer into the document', () => {
    const text = `do: [{l: {listen: {to: {one: {with: {type: a}}}}, foreach: {do: [{x: ${raise}}]}}}]`;
    expect(outcomeOf(text, { interfere: feed('/do/0/l', [cloudEvent('a')]) })).toMatchObject({
      instance: '/do/0/l/foreach/do/0/x',
    });
  });

  it('has the number of the iteration beside it, not in it', () => {
    const { events } = play("do: [{l: {for: {in: '[7, 8]'}, do: [{x: {set: {at: '${ $task.reference }'}}}]}}]");
    const view = new JournalView();
    const shown = events
      .map((event) => view.push(event))
      .filter(({ name, type }) => name === 'x' && /start/.test(type));
    expect(shown.map(({ step, iteration }) => [step, iteration])).toEqual([
      ['/do/0/l/do/0/x', 0],
      ['/do/0/l/do/0/x', 1],
    ]);
  });
});

describe('data', () => {
  it('in $context is null until a task exports something', () => {
    expect(
      outcomeOf("do: [{a: {set: {before: '${ $context }'}, export: {as: '{n: 1}'}}}]", { input: { n: 5 } }),
    ).toEqual({ before: null });
    expect(
      outcomeOf("do: [{a: {set: {x: 1}, export: {as: '$context + {n: 1}'}}}, {b: {set: '${ $context }'}}]"),
    ).toEqual({
      n: 1,
    });
  });

  it('goes past a skipped task: no output.as, no export, and its then is not followed', () => {
    const skipped = "{if: 'false', set: {x: 9}, output: {as: '{x: 8}'}, export: {as: '{x: 7}'}, then: end}";
    expect(
      outcomeOf(`do: [{s: ${skipped}}, {z: {set: {data: '\${ . }', context: '\${ $context }'}}}]`, { input: 1 }),
    ).toEqual({ data: 1, context: null });
  });

  it('of a run without input is null, and a URI template then has nothing to fill in', () => {
    expect(outcomeOf("do: [{a: {set: {x: '${ . }', list: '${ .list + [1] }'}}}]")).toEqual({ x: null, list: [1] });
    const { requests } = play('do: [{a: {call: http, with: {method: get, endpoint: "https://x.test/{id}/end"}}}]');
    expect(requests[0]?.args['endpoint']).toBe('https://x.test//end');
  });

  it('of secrets goes straight to the wire, as a mark that is filled in at the send, and nowhere else', () => {
    const use = 'use: {secrets: [token]}\n';
    const { requests, events } = play(
      `${use}do: [{a: {call: once, with: {to: "\${ $secrets.token }"}, output: {as: '1'}}}]`,
      {
        answer: () => ({ kind: 'completed', output: null }),
      },
    );
    expect(fillMarks(requests[0]?.args ?? null, (path) => `<${path.join('.')}>`)).toEqual({ to: '<token>' });
    expect(JSON.stringify(events)).not.toMatch(/[\ufdd0-\ufdd5]/);
    for (const task of ['{set: {x: "${ $secrets.token }"}}', '{if: "${ $secrets.token }", set: {x: 1}}'])
      expect(outcomeOf(`${use}do: [{a: ${task}}]`)).toMatchObject({
        type: expect.stringMatching(/\/authorization$/),
        status: 403,
      });
  });

  it('of a secret that the flow does not list is refused with authorization', () => {
    expect(outcomeOf('do: [{a: {call: once, with: {to: "${ $secrets.token }"}}}]')).toMatchObject({
      type: expect.stringMatching(/\/authorization$/),
      status: 403,
    });
  });

  it('given to a function is its raw input, {} where nothing is given', () => {
    const use = "use: {functions: {g: {set: {got: '${ . }'}}}}\n";
    expect(outcomeOf(`${use}do: [{a: {call: g}}]`, { input: 1 })).toEqual({ got: {} });
    expect(outcomeOf(`${use}do: [{a: {call: g, with: {n: '\${ . }'}}}]`, { input: 1 })).toEqual({ got: { n: 1 } });
  });

  it('that a script is given as arguments may be a list or a map', () => {
    const args = (given: string): unknown =>
      play(`do: [{a: {call: pure, with: {language: js, code: '1', arguments: ${given}}}}]`).requests[0]?.args[
        'arguments'
      ];
    expect([args('[a, "${ 1 }"]'), args('{a: "${ 1 }"}')]).toEqual([['a', 1], { a: 1 }]);
  });
});

describe('an expression', () => {
  it('without a result is null, with one is its value, with several is an error that says how to mend it', () => {
    expect(outcomeOf("do: [{a: {set: {none: '${ empty }', one: '${ 1 }'}}}]")).toEqual({ none: null, one: 1 });
    expect(outcomeOf("do: [{a: {set: {many: '${ 1, 2 }'}}}]")).toMatchObject({
      type: expect.stringMatching(/\/expression$/),
      status: 400,
      detail: expect.stringMatching(/first\(.*\[/),
    });
  });

  it('holds unless it is false or null: 0, "" and [] hold', () => {
    const held = (value: string): unknown =>
      outcomeOf(`do: [{a: {if: '${value}', set: {held: true}}}]`, { input: 'skipped' });
    expect(['0', '""', '[]', 'true'].map(held)).toEqual([...Array(4)].map(() => ({ held: true })));
    expect(['false', 'null', 'empty'].map(held)).toEqual(['skipped', 'skipped', 'skipped']);
  });

  it('is the whole text of a field that takes nothing else, with or without ${ }', () => {
    for (const when of ['.n == 1', '${ .n == 1 }', ' ${ .n == 1 } '])
      expect(outcomeOf(`do: [{a: {if: '${when}', set: {ok: true}}}]`, { input: { n: 1 } }), when).toEqual({ ok: true });
  });

  it('is told by scanning jq: one ${ } that covers all is an expression, several are put together as a text', () => {
    const text = "do: [{a: {set: {one: '${ {a: .a} }', two: '${ .a } and ${ .b }', brace: '${ \"}\" }', bare: .a}}}]";
    expect(outcomeOf(text, { input: { a: 1, b: [2] } })).toEqual({
      one: { a: 1 },
      two: '1 and [2]',
      brace: '}',
      bare: '.a',
    });
  });

  it('that stands in data is data', () => {
    expect(outcomeOf("do: [{a: {set: '${ .given }'}}]", { input: { given: '${ 1 + 1 }' } })).toBe('${ 1 + 1 }');
  });

  it('of an extension sees the task both as $task.definition and member by member', () => {
    const before = "before: [{b: {set: {both: '${ [$task.call, $task.definition.call] }'}, then: exit}}]";
    expect(outcomeOf(`use: {extensions: [{e: {extend: call, ${before}}}]}\ndo: [{a: {call: pure}}]`)).toEqual({
      both: ['pure', 'pure'],
    });
  });
});
