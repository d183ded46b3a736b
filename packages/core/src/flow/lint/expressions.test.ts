import { describe, expect, it } from 'vitest';
import { checkBody, told } from './lint.testsuite.ts';

const list = '[{b: {set: {x: 1}}}]';

describe('expressions', () => {
  it.each([
    ['if', '{if: ".x ==", set: {x: 1}}', '/if'],
    ['input.from', '{input: {from: ".x |"}, set: {x: 1}}', '/input/from'],
    ['a template of input.from', '{input: {from: {a: "${ .x | }"}}, set: {x: 1}}', '/input/from/a'],
    ['output.as', '{output: {as: "${ nofunction }"}, set: {x: 1}}', '/output/as'],
    ['export.as', '{export: {as: "{a:"}, set: {x: 1}}', '/export/as'],
    ['set', '{set: "${ ] }"}', '/set'],
    ['deep in set', '{set: {a: [{b: "${ ] }"}]}}', '/set/a/0/b'],
    ['with', '{call: http, with: {method: get, endpoint: "${ ] }"}}', '/with/endpoint'],
    ['for.in', `{for: {in: ".x["}, do: ${list}}`, '/for/in'],
    ['while', `{for: {in: .x}, while: "$item >", do: ${list}}`, '/while'],
    ['a case', '{switch: [{a: {when: ".x >", then: end}}]}', '/switch/0/a/when'],
    ['catch.when', `{try: ${list}, catch: {when: "$error."}}`, '/catch/when'],
    ['catch.exceptWhen', `{try: ${list}, catch: {exceptWhen: "$error."}}`, '/catch/exceptWhen'],
    ['retry.when', `{try: ${list}, catch: {retry: {when: "$error."}}}`, '/catch/retry/when'],
    ['retry.delay', `{try: ${list}, catch: {retry: {delay: "\${ ] }"}}}`, '/catch/retry/delay'],
    ['an error', '{raise: {error: {type: "https://e.x", status: 400, detail: "${ ] }"}}}', '/raise/error/detail'],
    ['a wait', '{wait: "${ ] }"}', '/wait'],
    ['a timeout', '{timeout: {after: "${ ] }"}, set: {x: 1}}', '/timeout/after'],
    [
      'a key',
      '{call: http, with: {method: get, endpoint: "https://x"}, metadata: {pawl: {key: "${ ] }"}}}',
      '/metadata/pawl/key',
    ],
  ])('are looked at in %s', (_, task, path) => {
    expect(told(`do: [{a: ${task}}]`)).toEqual([`error EXPRESSION /do/0/a${path}`]);
  });

  it('are looked at in the document itself', () => {
    expect(told(`input: {from: "]"}\noutput: {as: "]"}\ntimeout: {after: "\${ ] }"}\ndo: ${list}`)).toEqual([
      ...['error EXPRESSION /input/from', 'error EXPRESSION /output/as', 'error EXPRESSION /timeout/after'],
    ]);
    expect(told(`do: ${list}`, 'check', ", metadata: {pawl: {start: {key: '${ ] }'}}}")).toEqual([
      'error EXPRESSION /document/metadata/pawl/start/key',
    ]);
  });

  it('tell the place within a text', () => {
    const { problems } = checkBody('do:\n- a:\n    set:\n      x: "so ${ .a } and ${ .b | nofunction }"');
    expect(problems).toMatchObject([{ path: '/do/0/a/set/x', line: 5, column: 34 }]);
  });

  it('that are empty are none', () => {
    expect(checkBody('do: [{a: {if: "", set: "${ }"}}]').problems).toMatchObject([
      { path: '/do/0/a/if', hint: 'write . for the value as it is' },
      { path: '/do/0/a/set', message: 'The expression does not compile: it is empty.' },
    ]);
  });

  it('may be bare jq, or jq in ${ }, where a field takes nothing else (decided)', () => {
    expect(told(`do: [{a: {if: .x == 1, set: {x: 1}}}, {b: {if: "\${ .x == 1 }", set: {x: 1}}}]`)).toEqual([]);
    const { problems } = checkBody('do: [{a: {if: "${ .x } == 1", set: {x: 1}}}]');
    expect(problems).toMatchObject([{ code: 'PAWL_FLOW_EXPRESSION', path: '/do/0/a/if' }]);
  });

  it('know the variables of their place', () => {
    expect(told('do: [{a: {if: $input, set: {x: 1}}}]')).toEqual(['error EXPRESSION /do/0/a/if']);
    expect(
      told('do: [{a: {set: "${ $input }", output: {as: $input}, export: {as: "$context + {a: $output}"}}}]'),
    ).toEqual([]);
    expect(told('do: [{a: {set: "${ $output }"}}]')).toEqual(['error EXPRESSION /do/0/a/set']);
    expect(told(`input: {from: $context}\noutput: {as: $context}\ndo: ${list}`)).toEqual([
      'error EXPRESSION /input/from',
    ]);
    expect(told(`do: [{a: {set: "\${ [$context, $task.name, $workflow.id, $runtime.name] }"}}]`)).toEqual([]);
  });

  it('know the names that tasks bind, and only inside of them', () => {
    const inside = 'for: {each: color, at: n, in: .x}, while: $n < 3, do: [{b: {set: "${ [$color, $n] }"}}]';
    expect(told(`do: [{a: {${inside}}}]`)).toEqual([]);
    expect(told(`do: [{a: {${inside}, output: {as: $color}}}]`)).toEqual(['error EXPRESSION /do/0/a/output/as']);
    expect(
      told(
        'do: [{a: {try: [{b: {set: "${ $problem }"}}], catch: {as: problem, when: $problem, do: [{c: {set: "${ $problem.status }"}}]}}}]',
      ),
    ).toEqual(['error EXPRESSION /do/0/a/try/0/b/set']);
  });
});

describe('texts that look like expressions', () => {
  it.each(['.name', ' .a.b ', '.a[0].b', '.[0]', '$context', '$context.error'])(
    'and are none are pointed at: %s',
    (text) => {
      expect(told(`do: [{a: {set: {x: '${text}'}}}]`)).toEqual(['warning EXPRESSION_BARE /do/0/a/set/x']);
    },
  );

  it.each(['.5', '..', './file', '.env.local!', '$5.00', '$USD', 'a.b', '. done', '$'])(
    'are left alone when they do not: %s',
    (text) => {
      expect(told(`do: [{a: {set: {x: '${text}'}}}]`)).toEqual([]);
    },
  );

  it('and are never closed are pointed at', () => {
    expect(told(`do: [{a: {set: {x: 'costs \${ 5'}}}]`)).toEqual(['warning EXPRESSION_UNCLOSED /do/0/a/set/x']);
  });

  it('take no time to speak of', () => {
    const { problems } = checkBody(`do: [{a: {set: {x: '.${'a'.repeat(100_000)}!'}}}]`);
    expect(problems).toEqual([]);
  });
});
