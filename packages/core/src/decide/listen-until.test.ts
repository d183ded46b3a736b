import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { cloudEvent as event, feed, taken } from './listen.fixture.ts';
import { play, reload } from './play.fixture.ts';
import type { Play, Played } from './play.fixture.ts';

const step = '/do/0/a';

function listen(to: string, events: readonly JsonObject[], more = '', options: Play = {}): Played {
  return play(`do: [{a: {listen: {to: ${to}}${more}}}]`, { interfere: feed(step, events), ...options });
}

const numbers = (...list: number[]) => list.map((n) => event('t', n));

describe('a listen that goes on until', () => {
  it('an expression holds of what it has consumed', () => {
    const run = listen('{any: [{with: {type: t}}], until: "(. | length) >= 3"}', numbers(1, 2, 3, 4));
    expect(run.state.output).toEqual([1, 2, 3]);
    expect(taken(run).taken).toEqual(['1', '2', '3']);
  });

  it('an event comes, which is not part of what it gives', () => {
    const to = '{any: [{with: {type: t}}], until: {one: {with: {type: end}}}}';
    const run = listen(to, [...numbers(1, 2), event('end', 'x'), event('t', 3)]);
    expect(run.state.output).toEqual([1, 2]);
    expect(taken(run).taken).toEqual(['1', '2', '3']);
    expect(listen(to, [event('end')]).state.output).toEqual([]);
  });

  it('each of several events has come', () => {
    const to = '{any: [{with: {type: t}}], until: {all: [{with: {type: x}}, {with: {type: y}}]}}';
    const run = listen(to, [event('x'), ...numbers(1), event('x'), event('y'), ...numbers(2)]);
    expect(run.state.output).toEqual([1]);
    expect(taken(run).taken).toEqual(['1', '2', '4']);
  });

  it('an event that is one of those waited for too: it ends the listen', () => {
    const run = listen('{any: [], until: {one: {with: {type: end}}}}', [event('t', 1), event('end', 2)]);
    expect(run.state.output).toEqual([1]);
  });

  it('each of several events has come, and gives back those of them too where it fails', () => {
    const to = '{any: [{with: {type: t}}], until: {all: [{with: {type: x}}, {with: {type: y}}]}}';
    const run = listen(to, [event('x'), ...numbers(1)], ', timeout: {after: PT1M}');
    expect(taken(run)).toEqual({ taken: ['1', '2'], returned: ['2', '1'] });
  });

  it('faults where its expression does, and gives back what it gathered', () => {
    const run = listen('{any: [], until: "error(\\"no\\")"}', numbers(1));
    expect(run.state.error).toMatchObject({ status: 400, instance: step });
    expect(taken(run)).toEqual({ taken: ['1'], returned: ['1'] });
  });
});

describe('events that correlate', () => {
  const to = (expect: string) =>
    `{all: [{with: {type: t}, correlate: {room: {from: .room${expect}}}}, {with: {type: h}, correlate: {room: {from: .data.room}}}]}`;
  const readings = [
    event('t', 't1', { room: '1' }),
    event('h', { room: 2 }),
    event('t', 't2', { room: '2' }),
    event('h', { room: 1 }),
  ];

  it('share the value that the first of them has', () => {
    const run = listen(to(''), readings);
    expect(run.state.output).toEqual(['t1', { room: 1 }]);
    expect(taken(run).taken).toEqual(['1', '4']);
  });

  it('have the value that is expected', () => {
    expect(listen(to(', expect: "2"'), readings).state.output).toEqual([{ room: 2 }, 't2']);
    const run = listen(to(', expect: "${ $input.room }"'), readings, '', { input: { room: 2 } });
    expect(run.state.output).toEqual([{ room: 2 }, 't2']);
  });

  it('do not hang together with those of another visit', () => {
    const loop = `do: [{l: {for: {in: "[1, 2]"}, do: [{a: {listen: {to: ${to('')}}, output: {as: "[$item, .]"}}}]}}]`;
    const events = [
      event('t', 'a', { room: '1' }),
      event('h', { room: 1 }),
      event('t', 'b', { room: '2' }),
      event('h', { room: 2 }),
    ];
    const run = play(loop, { interfere: feed('/do/0/l/do/0/a', events) });
    expect(run.state.output).toEqual([2, ['b', { room: 2 }]]);
  });

  it('must have a value', () => {
    expect(listen(to(''), [event('t', 't1'), event('h', {})]).state.status).toBe('running');
  });

  it('fault where an expectation gives nothing', () => {
    const run = listen(to(', expect: "${ $input.room }"'), [], '', { input: {} });
    expect(run.state.error).toMatchObject({ status: 400, detail: expect.stringContaining('`room`') as string });
  });
});

describe('a listen that does something with each event', () => {
  const forever = (until: string) => `{any: [{with: {type: t}}], until: ${until}}`;
  const foreach = (body: string) => `, foreach: {${body}}`;

  it('does so in their order, one after the other, and gives the outputs', () => {
    const more = foreach('item: e, at: i, do: [{w: {wait: PT1S}}, {b: {set: "${ {e: $e, i: $i, in: .} }"}}]');
    const run = listen(forever('"length >= 2"'), numbers(7, 8), more);
    expect(run.state.output).toEqual([
      { e: 7, i: 0, in: 7 },
      { e: 8, i: 1, in: 8 },
    ]);
  });

  it('keeps those that come meanwhile, and asks `until` after each that is done', () => {
    const more = foreach('do: [{w: {wait: PT1S}}, {b: {set: "${ $item * 10 }"}}]');
    const run = listen(forever('"length >= 2"'), numbers(1, 2, 3, 4), more);
    expect(run.state.output).toEqual([10, 20]);
    expect(taken(run)).toEqual({ taken: ['1', '2', '3', '4'], returned: ['3', '4'] });
  });

  it('does what is left to do when the event of `until` has come', () => {
    const more = foreach('do: [{w: {wait: PT1S}}, {b: {set: "${ $item * 10 }"}}]');
    const run = listen(forever('{one: {with: {type: end}}}'), [...numbers(1, 2), event('end'), ...numbers(3)], more);
    expect(run.state.output).toEqual([10, 20]);
    expect(taken(run).taken).toEqual(['1', '2', '3']);
  });

  it('makes outputs and exports of each', () => {
    const more = `${foreach(`output: {as: '{n: .}'}, export: {as: '($context // 0) + $output.n'}`)}, output: {as: '{list: ., sum: $context}'}`;
    const run = listen(forever('"length >= 3"'), numbers(1, 2, 3), more);
    expect(run.state.output).toEqual({ list: [{ n: 1 }, { n: 2 }, { n: 3 }], sum: 6 });
  });

  it('may end by what its tasks exported', () => {
    const more = foreach(`do: [{b: {set: "\${ $item }", export: {as: '{done: (. == 2)}'}}}]`);
    expect(listen(forever('"$context.done"'), numbers(1, 2, 3), more).state.output).toEqual([1, 2]);
  });

  it('faults with its tasks, and gives back the events that it did not finish', () => {
    const raise = 'raise: {error: {type: "https://e.com", status: 409}}';
    const more = foreach(`do: [{w: {wait: PT1S}}, {b: {if: '. == 2', ${raise}}}]`);
    const run = listen(forever('"false"'), numbers(1, 2, 3), more);
    expect(run.state.error).toMatchObject({ status: 409 });
    expect(taken(run).returned).toEqual(['2', '3']);
  });

  it('goes on from a snapshot as it would have', () => {
    const next = feed(step, numbers(1, 2, 3));
    const more = foreach('do: [{w: {wait: PT1S}}, {b: {set: "${ $item * 10 }"}}]');
    const run = play(`do: [{a: {listen: {to: ${forever('"length >= 2"')}}${more}}}]`, {
      interfere: (at) => {
        reload(at);
        return next(at);
      },
    });
    expect(run.state.output).toEqual([10, 20]);
  });

  it('goes on where it yielded', () => {
    const more = foreach('do: [{w: {wait: PT1S}}, {b: {set: "${ $item }"}}, {c: {set: "${ . + 1 }"}}]');
    const run = listen(forever('{one: {with: {type: end}}}'), [...numbers(1, 2, 3), event('end')], more, {
      limits: { pureTasksPerCommit: 1 },
    });
    expect(run.state.output).toEqual([2, 3, 4]);
  });

  it('sends a different effect for each event', () => {
    const run = listen(
      forever('"length >= 2"'),
      numbers(1, 2),
      foreach('do: [{b: {call: once, with: {n: "${ . }"}}}]'),
    );
    expect(run.state.output).toEqual([{ n: 1 }, { n: 2 }]);
    expect(new Set(run.requests.map(({ key }) => key)).size).toBe(2);
  });

  it('handles an event once though a retry begins the listen again', () => {
    let calls = 0;
    const call = 'do: [{b: {call: once, with: {n: "${ . }"}}}, {c: {call: idempotent, with: {}}}]';
    const flow = `do: [{t: {try: [{a: {listen: {to: ${forever('"length >= 1"')}}${foreach(call)}}}],
      catch: {retry: {limit: {attempt: {count: 2}}}}}}]`;
    const [first, again] = [0, 1].map(() => feed('/do/0/t/try/0/a', numbers(1)));
    const run = play(flow, {
      interfere: (at) => (at.events.some(({ type }) => type === 'task.retried') ? again?.(at) : first?.(at)),
      answer: ({ action, args }) => {
        calls += 1;
        if (action === 'once') return { kind: 'completed', output: args };
        return calls < 3
          ? { kind: 'terminal', error: { type: 'https://e.com', status: 500 } }
          : { kind: 'completed', output: 'done' };
      },
    });
    expect(run.state.output).toEqual(['done']);
    expect(taken(run)).toEqual({ taken: ['1', '1'], returned: ['1'] });
    expect(run.requests.filter(({ action }) => action === 'once')).toHaveLength(1);
  });
});
