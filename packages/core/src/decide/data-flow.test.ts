import { describe, expect, it } from 'vitest';
import { play } from './play.fixture.ts';

describe('data flow between tasks', () => {
  it('hands each output on as the next raw input and ends with the last', () => {
    const run = play('do: [{a: {set: {x: 1}}}, {b: {set: "${ {x, y: 2} }"}}]');
    expect(run.state.status).toBe('completed');
    expect(run.state.output).toEqual({ x: 1, y: 2 });
  });

  it('lets set replace the data instead of merging it', () => {
    expect(play('do: [{a: {set: {x: 1}}}, {b: {set: {y: 2}}}]').state.output).toEqual({ y: 2 });
  });

  it('gives null to a flow started without input', () => {
    expect(play('do: [{a: {set: {colors: "${ .colors + [\\"red\\"] }"}}}]').state.output).toEqual({ colors: ['red'] });
  });

  it('tests `if` on the raw input, and a skipped task neither transforms, exports nor follows its own then', () => {
    const run = play(`
do:
  - a: { set: { n: 1 } }
  - skipped: { if: .n > 1, set: { n: 99 }, output: { as: '{m: .n}' }, export: { as: '{seen: true}' }, then: end }
  - c: { set: { n: '\${ .n + 1 }', context: '\${ $context }' } }
`);
    expect(run.state.output).toEqual({ n: 2, context: null });
    expect(run.events.some((event) => event.type === 'task.started' && event.step.endsWith('/skipped'))).toBe(false);
  });

  it('applies input.from, output.as and export.as in the order of the language', () => {
    const run = play(
      `
do:
  - a:
      input: { from: .inner }
      set: { got: '\${ . }', viaInput: '\${ $input }', raw: '\${ $task.input }' }
      output: { as: '{got, raw, rawOutput: $task.output.got}' }
      export: { as: '{fromOutput: .got, same: ($output == .)}' }
  - b: { set: { data: '\${ . }', context: '\${ $context }' } }
`,
      { input: { inner: 7 } },
    );
    expect(run.state.output).toEqual({
      data: { got: 7, raw: { inner: 7 }, rawOutput: 7 },
      context: { fromOutput: 7, same: true },
    });
  });

  it('starts with a null context', () => {
    expect(play("do: [{a: {set: {c: '${ $context }'}}}]").state.output).toEqual({ c: null });
  });

  it('transforms the flow’s own input and output', () => {
    const run = play('{input: {from: .a}, output: {as: "{result: .}"}, do: [{x: {set: "${ . + 1 }"}}]}', {
      input: { a: 1 },
    });
    expect(run.state.output).toEqual({ result: 2 });
  });

  it('shows the flow’s own expressions the run as it is', () => {
    const run = play(
      '{input: {from: "{at: $workflow.startedAt.epoch.milliseconds, raw: $workflow.input}"}, do: [{x: {set: "${ . + {same: (.at == $workflow.startedAt.epoch.milliseconds)} }"}}]}',
      { input: 5 },
    );
    expect(run.state.output).toEqual({ at: run.state.startedAt, raw: 5, same: true });
  });

  it('faults with validation where a schema refuses the input, the output or the context', () => {
    const schema = '{document: {type: object, required: [id]}}';
    for (const at of [`input: {schema: ${schema}}`, `output: {schema: ${schema}}`, `export: {schema: ${schema}}`]) {
      const run = play(`do: [{a: {set: {x: 1}, ${at}}}]`);
      expect(run.state.error?.type).toMatch(/\/validation$/);
      expect(run.state.error?.instance).toBe('/do/0/a');
    }
  });

  it('faults with expression where an expression gives more than one value, and says how to mend it', () => {
    const run = play('do: [{a: {set: "${ .[] }"}}]', { input: [1, 2] });
    expect(run.state.error).toMatchObject({ status: 400, instance: '/do/0/a' });
    expect(run.state.error?.type).toMatch(/\/expression$/);
    expect(run.state.error?.detail).toMatch(/first\(|\[/);
  });

  it('gives null for an expression without a value', () => {
    expect(play('do: [{a: {set: {x: "${ empty }"}}}]').state.output).toEqual({ x: null });
  });

  it('treats text around an expression as interpolation and other strings as they stand', () => {
    const run = play('do: [{a: {set: {greeting: "Hello ${ .name }!", bare: .name}}}]', { input: { name: 'Ada' } });
    expect(run.state.output).toEqual({ greeting: 'Hello Ada!', bare: '.name' });
  });
});

describe('flow directives', () => {
  it('follows then to a task of the same list, back jumps included, counting visits', () => {
    const run = play(`
do:
  - init: { set: { n: 0 } }
  - add: { set: { n: '\${ .n + 1 }' } }
  - check: { switch: [ { again: { when: .n < 3, then: add } }, { done: { then: last } } ] }
  - never: { set: { n: 99 } }
  - last: { set: { total: '\${ .n }' } }
`);
    expect(run.state.output).toEqual({ total: 3 });
    const visits = run.events.flatMap((event) =>
      event.type === 'task.started' && event.step === '/do/1/add' ? [event.v] : [],
    );
    expect(visits).toEqual([1, 2, 3]);
  });

  it('ends only the enclosing list on exit, and the whole run on end', () => {
    const nested = (then: string) => `
do:
  - outer: { do: [ { a: { set: { x: 1 }, then: ${then} } }, { b: { set: { x: 2 } } } ], output: { as: '{wrapped: .x}' } }
  - after: { set: { seen: '\${ . }' } }
`;
    expect(play(nested('exit')).state.output).toEqual({ seen: { wrapped: 1 } });
    expect(play(nested('end')).state.output).toEqual({ x: 1 });
  });

  it('ends the run from within a loop, a try or a catch, without their output.as but with the flow’s own', () => {
    const raising = '{r: {raise: {error: {type: x, status: 400}}}}';
    const ends = [
      "{o: {for: {in: '[1, 2]'}, do: [{a: {set: {x: '${ $item }'}, then: end}}], output: {as: '{no: 1}'}}}",
      "{o: {try: [{a: {set: {x: 1}, output: {as: '{x: .x}'}, then: end}}], catch: {}, output: {as: '{no: 1}'}}}",
      `{o: {try: [${raising}], catch: {do: [{a: {set: {x: 1}, then: end}}], then: after}, output: {as: '{no: 1}'}}}`,
      `{o: {do: [{s: {switch: [{d: {then: end}}], input: {from: '{x: 1}'}}}], output: {as: '{no: 1}'}}}`,
    ];
    for (const one of ends)
      expect(play(`{output: {as: '{ended: .x}'}, do: [${one}, {after: {set: {x: 9}}}]}`).state.output, one).toEqual({
        ended: 1,
      });
  });

  it('leaves only the innermost list on exit: of a try, a catch, an iteration', () => {
    const raising = '{r: {raise: {error: {type: x, status: 400}}}}';
    const skipped = '{skipped: {set: {x: 99}}}';
    expect(
      play(`do: [{t: {try: [{a: {set: {x: 1}, then: exit}}, ${skipped}], catch: {}}}, {z: {set: {z: '\${ .x }'}}}]`)
        .state.output,
    ).toEqual({ z: 1 });
    expect(
      play(
        `do: [{t: {try: [${raising}], catch: {do: [{a: {set: {x: 1}, then: exit}}, ${skipped}]}}}, {z: {set: {z: '\${ .x }'}}}]`,
      ).state.output,
    ).toEqual({ z: 1 });
    expect(
      play(`do: [{l: {for: {in: '[1, 2]'}, do: [{t: {try: [${raising}], catch: {then: exit}}}, ${skipped}]}}]`, {
        input: { x: 0 },
      }).state.output,
    ).toEqual({ x: 0 });
    expect(play(`do: [{a: {set: {x: 1}, then: exit}}, ${skipped}]`).state.output).toEqual({ x: 1 });
  });

  it('takes the switch task’s own then where no case matches', () => {
    expect(
      play('do: [{s: {switch: [{a: {when: .x == 1, then: b}}], then: end}}, {b: {set: {x: 2}}}]', { input: { x: 5 } })
        .state.output,
    ).toEqual({ x: 5 });
  });
});

describe('loops', () => {
  it('hands each iteration’s output to the next', () => {
    const run = play(
      "do: [{a: {set: {sum: 0, xs: [1, 2, 3]}}}, {l: {for: {each: x, in: .xs, at: i}, do: [{add: {set: {sum: '${ .sum + $x * $i }'}}}]}}]",
    );
    expect(run.state.output).toEqual({ sum: 8 });
  });

  it('gives its input for an empty collection', () => {
    expect(play('do: [{l: {for: {in: .xs}, do: [{a: {set: {y: 1}}}]}}]', { input: { xs: [] } }).state.output).toEqual({
      xs: [],
    });
  });

  it('tests while before each iteration, on the running value, with the item bound', () => {
    const run = play("do: [{l: {for: {in: .xs}, while: $item < 3, do: [{a: {set: {xs: [], last: '${ $item }'}}}]}}]", {
      input: { xs: [1, 2, 3, 4] },
    });
    expect(run.state.output).toEqual({ xs: [], last: 2 });
  });

  it('goes on with the next iteration at exit', () => {
    const run = play(
      "do: [{l: {for: {in: .xs}, do: [{a: {set: {xs: '${ .xs }', n: '${ (.n // 0) + 1 }'}, then: exit}}, {b: {set: {}}}]}}]".replace(
        '{set: {}}',
        '{set: {bad: 1}}',
      ),
      { input: { xs: [1, 2] } },
    );
    expect(run.state.output).toMatchObject({ n: 2 });
  });

  it('refuses what is not an array', () => {
    expect(
      play('do: [{l: {for: {in: .xs}, do: [{a: {set: {y: 1}}}]}}]', { input: { xs: 5 } }).state.error?.type,
    ).toMatch(/\/expression$/);
  });

  it('stops a loop that only spins', () => {
    const run = play('do: [{a: {set: {x: 1}}}, {b: {set: {x: 2}, then: a}}]', {
      limits: { pureTasks: 500, pureTasksPerCommit: 100 },
    });
    expect(run.state.status).toBe('faulted');
    expect(run.state.error?.detail).toMatch(/spin/);
  });
});
