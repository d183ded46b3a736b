import { describe, expect, it } from 'vitest';
import { flowError } from '../flow-error.ts';
import type { Outcome } from '../outcome.ts';
import { pending } from './pending.ts';
import { compiled, play } from './play.fixture.ts';

describe('functions', () => {
  it('runs the task of use.functions with its arguments as raw input', () => {
    const run = play(
      `
use: { functions: { greet: { set: { text: '\${ "Hi " + .who }' } } } }
do: [ { g: { call: greet, with: { who: '\${ .name }' } } } ]
`,
      { input: { name: 'Ada' } },
    );
    expect(run.state.output).toEqual({ text: 'Hi Ada' });
  });

  it('lets a function call itself while its data says so', () => {
    const run = play(
      "{use: {functions: {down: {do: [{t: {if: .n > 0, call: down, with: {n: '${ .n - 1 }'}}}]}}}, do: [{g: {call: down, with: {n: 50}}}]}",
    );
    expect(run.state.output).toEqual({ n: 0 });
  });

  it('stops a function that calls itself without an end', () => {
    const run = play('{use: {functions: {f: {call: f}}}, do: [{g: {call: f}}]}');
    expect(run.state.error?.type).toMatch(/\/runtime$/);
    expect(run.state.error?.detail).toMatch(/`f` seems to call itself/);
    expect(run.events.length).toBeLessThan(500);
  });

  it('ends the call at exit and the run at end, and hides the caller’s loop variables', () => {
    const flow = (then: string) =>
      `{use: {functions: {f: {do: [{a: {set: {x: 1}, then: ${then}}}, {b: {set: {x: 2}}}]}}}, do: [{g: {call: f}}, {h: {set: {after: '\${ .x }'}}}]}`;
    expect(play(flow('exit')).state.output).toEqual({ after: 1 });
    expect(play(flow('end')).state.output).toEqual({ x: 1 });
    expect(() =>
      play("{use: {functions: {f: {set: {x: '${ $item }'}}}}, do: [{l: {for: {in: '[1]'}, do: [{g: {call: f}}]}}]}"),
    ).toThrow(/item/);
  });
});

describe('loops that nothing holds up', () => {
  const failing: Outcome = {
    kind: 'retryable',
    left: true,
    error: flowError('communication', 'busy', { status: 503 }),
  };

  it('yield, however they go on: by catches, skipped tasks, empty lists or retries', () => {
    const loops = [
      'do: [{t: {try: [{r: {raise: {error: {type: x, status: 400}}}}], catch: {}, then: t}}]',
      'do: [{d: {do: [{s: {if: "false", set: {x: 1}}}], then: d}}]',
      'do: [{l: {for: {in: "[range(5)]"}, do: [], then: l}}]',
      'do: [{t: {try: [{r: {raise: {error: {type: x, status: 400}}}}], catch: {retry: {}}, then: t}}]',
    ];
    for (const loop of loops) {
      const run = play(loop, { limits: { pureTasksPerCommit: 50, pureTasks: 300, tryRetries: 200 } });
      expect(run.state.status, loop).toBe('faulted');
      expect(Math.max(...run.rows.map((row) => row.to - row.from + 1)), loop).toBeLessThan(250);
    }
  });

  it('spin though they wait, where they wait for no time', () => {
    const run = play('do: [{w: {wait: PT0S, then: w}}]', { limits: { pureTasks: 100 } });
    expect(run.state.error?.detail).toMatch(/spin/);
  });

  it('leave no step open in the journal when they are stopped', () => {
    const run = play('do: [{o: {do: [{a: {set: {x: 1}, then: a}}]}}]', { limits: { pureTasks: 100 } });
    expect(run.events.slice(-2).map((event) => event.type)).toEqual(['task.cancelled', 'run.faulted']);
  });

  it('end where a try is tried again at once, by the bound of retries', () => {
    const run = play('do: [{t: {try: [{a: {call: idempotent}}], catch: {retry: {}}}}]', {
      answer: () => failing,
      limits: { tryRetries: 20 },
    });
    expect(run.requests).toHaveLength(21);
  });
});

describe('values that are too large or too deep', () => {
  const small = { valueCharacters: 2000, valueDepth: 20 };
  const grows = '[range(1000)]';
  const deep = 'reduce range(30) as $i (1; [.])';

  it('fault the step that makes them, and say what to do', () => {
    const places = (value: string) => [
      `set: '\${ ${value} }'`,
      `set: {x: 1}, output: {as: '${value}'}`,
      `set: {x: 1}, export: {as: '${value}'}`,
      `set: {x: 1}, input: {from: '${value}'}`,
      `call: once, with: {x: '\${ ${value} }'}`,
      `call: f, with: {x: '\${ ${value} }'}`,
      `for: {in: '[${value}]'}, do: [{s: {set: {x: 1}}}]`,
    ];
    for (const place of [...places(grows), ...places(deep)]) {
      const run = play(`{use: {functions: {f: {set: {x: 1}}}}, do: [{a: {${place}}}]}`, { limits: small });
      expect(run.state.error, place).toMatchObject({
        instance: '/do/0/a',
        detail: expect.stringMatching(/larger than 2000 characters|nested deeper than 20 levels/),
      });
      expect(run.requests).toEqual([]);
    }
  });

  it('fault the run where the flow’s own input or output makes them', () => {
    for (const at of ['input: {from: "[range(1000)]"}', 'output: {as: "[range(1000)]"}']) {
      expect(play(`{${at}, do: [{a: {set: {x: 1}}}]}`, { limits: small }).state.error?.detail, at).toMatch(
        /larger than/,
      );
    }
  });

  it('are an error of a step whose effect completed, and a retry does not repeat it', () => {
    const answers: Outcome[] = [{ kind: 'completed', output: 'x'.repeat(3000) }];
    const run = play('do: [{t: {try: [{a: {call: once}}], catch: {retry: {limit: {attempt: {count: 2}}}}}}]', {
      limits: small,
      answer: () => answers.shift() ?? failed(),
    });
    expect(run.requests).toHaveLength(1);
    expect(run.state.error?.detail).toMatch(/too large to be kept/);
  });

  it('are stopped before they fill a stack, as a loop wraps its data again and again', () => {
    const run = play("do: [{a: {set: {x: '${ . }'}, then: a}}]");
    expect(run.state.error?.detail).toMatch(/nested deeper than 1000 levels/);
  }, 60_000);

  it('yield once their characters fill a commit', () => {
    const run = play("do: [{l: {for: {in: '[range(40)]'}, do: [{a: {set: {text: '${ \"x\" * 1000 }'}}}]}}]", {
      limits: { eventCharactersPerCommit: 10_000 },
    });
    expect(Math.max(...run.rows.map((row) => row.body.length))).toBeLessThan(20_000);
  });

  function failed(): Outcome {
    throw new Error('the effect was sent again');
  }
});

describe('pending', () => {
  it('needs nothing once the run has ended', () => {
    const flow = compiled({ do: [{ a: { set: { x: 1 } } }] });
    expect(pending(play('do: [{a: {set: {x: 1}}}]').state, flow)).toEqual([]);
  });
});
