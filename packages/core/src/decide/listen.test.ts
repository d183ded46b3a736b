import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Json, JsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import { decide } from './decide.ts';
import { cloudEvent as event, feed, taken } from './listen.fixture.ts';
import { hasListener, listeners } from './listeners.ts';
import { messagesOf } from './messages.ts';
import { pending, statusOf } from './pending.ts';
import { compiled, nodeHash, play, reload } from './play.fixture.ts';
import type { Play, Played } from './play.fixture.ts';
import type { Decision } from './types.ts';

const step = '/do/0/a';

/** Plays a flow whose first task listens. */
function listen(to: string, events: readonly JsonObject[], more = '', options: Play = {}): Played {
  return play(`do: [{a: {listen: {to: ${to}}${more}}}]`, { interfere: feed(step, events), ...options });
}

/** What becomes of one event that comes to a run. */
function offered(flow: string, one: JsonObject, before: readonly JsonObject[] = []): Decision['event'] {
  const run = play(flow, { interfere: feed(step, before) });
  const env = { hash: nodeHash, random: () => 0.5, limits, acquire: () => true, release: () => {} };
  const stimulus = { kind: 'event', at: run.now, step, key: { partition: 1, event: 'x' }, event: one } as const;
  return decide(run.state, compiled(parse(flow) as JsonObject), stimulus, env).event;
}

describe('a task that listens', () => {
  it('gives an array of the data of the one event that it waits for', () => {
    expect(listen('{one: {with: {type: t}}}', [event('other', 1), event('t', { n: 1 })]).state.output).toEqual([
      { n: 1 },
    ]);
  });

  it('is met by an event of any of its filters', () => {
    const run = listen('{any: [{with: {type: t}}, {with: {type: u}}]}', [event('u', 'first'), event('t', 'second')]);
    expect(run.state.output).toEqual(['first']);
    expect(listen('{any: []}', [event('whatever', 1)]).state.output).toEqual([1]);
  });

  it('waits for an event of each filter, in whatever order, and gives them in the order in which they came', () => {
    const all = '{all: [{with: {type: t}}, {with: {type: u}}]}';
    const run = listen(all, [event('u', 'u1'), event('u', 'u2'), event('t', 't1')]);
    expect(run.state.output).toEqual(['u1', 't1']);
    expect(taken(run)).toEqual({ taken: ['1', '3'], returned: [] });
    expect(listen('{all: []}', []).state.output).toEqual([]);
  });

  it('lets one event meet two filters that are alike only once', () => {
    const twice = '{all: [{with: {type: t}}, {with: {type: t}}]}';
    expect(listen(twice, [event('t', 1), event('t', 2)]).state.output).toEqual([1, 2]);
  });

  it.each<[string, Json]>([
    ['data', [{ n: 1 }]],
    ['envelope', [event('t', { n: 1 })]],
    ['raw', ['{"n":1}']],
  ])('reads %s', (read, output) => {
    const flow = `do: [{a: {listen: {to: {one: {with: {type: t}}}, read: ${read}}}}]`;
    expect(play(flow, { interfere: feed(step, [event('t', { n: 1 })]) }).state.output).toEqual(output);
  });

  it('reads binary data as it stands, and none as null', () => {
    expect(listen('{any: []}', [event('t', undefined, { data_base64: 'AAE=' })]).state.output).toEqual(['AAE=']);
    expect(listen('{any: []}', [event('t')]).state.output).toEqual([null]);
  });

  it('goes on as any task: with output.as, export.as and then', () => {
    const flow = `do: [{a: {listen: {to: {any: []}}, output: {as: '.[0]'}, export: {as: '{got: .}'}, then: c}}, {b: {set: {n: 0}}}, {c: {set: "\${ [., $context] }"}}]`;
    expect(play(flow, { interfere: feed(step, [event('t', 5)]) }).state.output).toEqual([5, { got: 5 }]);
  });

  it('raises a timeout when nothing comes', () => {
    const run = listen('{one: {with: {type: t}}}', [], ', timeout: {after: PT1M}');
    expect(run.state.error).toMatchObject({ status: 408, instance: step });
  });

  it('goes on from a snapshot as it would have', () => {
    const next = feed(step, [event('t', 1), event('u', 2)]);
    const run = play('do: [{a: {listen: {to: {all: [{with: {type: t}}, {with: {type: u}}]}}}}]', {
      interfere: (at) => {
        reload(at);
        return next(at);
      },
    });
    expect(run.state.output).toEqual([1, 2]);
  });

  it('waits side by side with others, each taking its own event', () => {
    const branch = (name: string, type: string) => `{${name}: {listen: {to: {one: {with: {type: ${type}}}}}}}`;
    const at = (i: number, name: string) => `/do/0/f/fork/branches/${i}/${name}`;
    const [u, t] = [feed(at(1, 'y'), [event('u', 1)]), feed(at(0, 'x'), [event('t', 2)])];
    const run = play(`do: [{f: {fork: {branches: [${branch('x', 't')}, ${branch('y', 'u')}]}}}]`, {
      interfere: (now) => u(now) ?? t(now),
    });
    expect(run.state.output).toEqual([[2], [1]]);
  });

  it('ends with the run that is cancelled, and gives back what it gathered', () => {
    const next = feed(step, [event('t', 1)]);
    const run = play('do: [{a: {listen: {to: {all: [{with: {type: t}}, {with: {type: u}}]}}}}]', {
      interfere: (at) =>
        next(at) ??
        (at.state.cancel === undefined && at.state.frames.size > 1
          ? { kind: 'cancel', at: at.now, by: 'lena' }
          : undefined),
    });
    expect(run.state.status).toBe('cancelled');
    expect(taken(run)).toEqual({ taken: ['1'], returned: ['1'] });
  });
});

describe('what is asked of an event', () => {
  const of = (filter: string, one: JsonObject, input?: Json): boolean => {
    const options = input === undefined ? {} : { input };
    return listen(`{one: {with: ${filter}}}`, [one], '', options).state.status === 'completed';
  };

  it('is the same text of each literal attribute', () => {
    expect(of('{type: t, source: /test}', event('t'))).toBe(true);
    expect(of('{type: t, source: /other}', event('t'))).toBe(false);
    expect(of('{type: t, room: 5}', event('t', null, { room: '5' }))).toBe(true);
    expect(of('{type: t, subject: s}', event('t'))).toBe(false);
  });

  it('is that a text between ^ and $ matches as a regular expression', () => {
    expect(of('{type: "^com\\\\.acme\\\\..+$"}', event('com.acme.paid'))).toBe(true);
    expect(of('{type: "^com\\\\.acme\\\\..+$"}', event('org.com.acme.paid'))).toBe(false);
    expect(of('{type: t, subject: "^a$"}', event('t'))).toBe(false);
  });

  it('is a predicate on its data', () => {
    expect(of('{type: t, data: "${ .temperature > 38 }"}', event('t', { temperature: 39 }))).toBe(true);
    expect(of('{type: t, data: "${ .temperature > 38 }"}', event('t', { temperature: 38 }))).toBe(false);
  });

  it('is not met where its expression fails: a strange event faults no run', () => {
    const run = listen('{one: {with: {type: t, data: "${ .a.b > 1 }"}}}', [
      event('t', 'text'),
      event('t', { a: { b: 2 } }),
    ]);
    expect(run.state.output).toEqual([{ a: { b: 2 } }]);
  });

  it('is a value that an expression makes, or that is written', () => {
    expect(of('{type: t, subject: "${ $input.id }"}', event('t', null, { subject: '7' }), { id: 7 })).toBe(true);
    expect(of('{type: t, subject: "order-${ $input.id }"}', event('t', null, { subject: 'order-7' }), { id: 7 })).toBe(
      true,
    );
    expect(of('{type: t, subject: "${ $input.id | tostring }"}', event('t', null, { subject: '7' }), { id: 7 })).toBe(
      true,
    );
    expect(of('{type: t, data: {n: "${ $input.id }"}}', event('t', { n: 7 }), { id: 7 })).toBe(true);
    expect(of('{type: t, data: {n: "${ $input.id }"}}', event('t', { n: 8 }), { id: 7 })).toBe(false);
  });

  it('must be something: an expression that gives null faults', () => {
    const run = listen('{one: {with: {type: t, subject: "${ $input.id }"}}}', [], '', { input: {} });
    expect(run.state.error).toMatchObject({ status: 400, detail: expect.stringContaining('`subject`') as string });
  });
});

describe('an event that a listen does not take', () => {
  const all = 'do: [{a: {listen: {to: {all: [{with: {type: t}}, {with: {type: u}}]}}}}]';

  it('is refused for good where no filter is met', () => {
    expect(offered(all, event('v'))).toBe('refused');
  });

  it('is given back where its filter was met before, or nobody listens', () => {
    expect(offered(all, event('t', 2), [event('t', 1)])).toBe('returned');
    expect(offered('do: [{a: {set: {n: 1}}}]', event('t'))).toBe('returned');
    expect(offered('do: [{a: {wait: PT1H}}]', event('t'))).toBe('returned');
  });

  it('is given back where it belongs to another correlation, and refused where it belongs to none', () => {
    const correlated = (more: string) =>
      `do: [{a: {listen: {to: {all: [{with: {type: t}, correlate: {c: {from: .data.c${more}}}}, {with: {type: u}, correlate: {c: {from: .data.c}}}]}}}}]`;
    const first = [event('t', { c: 1 })];
    expect(offered(correlated(''), event('u', { c: 2 }), first)).toBe('returned');
    expect(offered(correlated(''), event('u', {}), first)).toBe('refused');
    expect(offered(correlated(', expect: "1"'), event('t', { c: 2 }))).toBe('refused');
  });

  it('is taken by the next visit', () => {
    const loop = `do: [{l: {for: {in: "[1, 2]"}, do: [{a: {listen: {to: {one: {with: {type: t}}}}}}]}}]`;
    const run = play(loop, { interfere: feed('/do/0/l/do/0/a', [event('t', 1), event('t', 2)]) });
    expect(run.state.output).toEqual([2]);
  });
});

describe('what a run that listens says to others', () => {
  const flow = `do: [{a: {listen: {to: {any: [{with: {type: t, subject: "\${ $input.id }"}}, {with: {type: "^u.*$"}}]}}}}, {b: {set: {n: 1}}}]`;
  const node = compiled(parse(flow) as JsonObject);

  it('is which events it wants, as far as the store can tell', () => {
    const run = play(flow, { input: { id: 5 } });
    const since = run.state.startedAt;
    expect(listeners(run.state, node)).toEqual([
      { frame: 1, step, filter: 0, match: { type: 't', subject: '5' }, since },
      { frame: 1, step, filter: 1, match: {}, since },
    ]);
    expect([hasListener(run.state, step), hasListener(run.state, '/do/1/b')]).toEqual([true, false]);
    expect(pending(run.state, node)).toContainEqual({ kind: 'event', frame: 1, step });
    expect(statusOf(run.state, node)).toEqual({ status: 'waiting', waitingFor: 'event' });
  });

  it('is which of them it took', () => {
    const run = play(flow, { input: { id: 5 }, interfere: feed(step, [event('ux', 1)]) });
    expect(listeners(run.state, node)).toEqual([]);
    expect(messagesOf(run.state, run.events, { workspace: 'w', hash: nodeHash })?.taken).toEqual([
      { partition: 1, event: '1', listener: run.state.id, step },
    ]);
  });

  it('is which of them it gave back, which were never taken where both is said at once', () => {
    const run = listen('{all: [{with: {type: t}}, {with: {type: u}}]}', [event('t')], ', timeout: {after: PT1M}');
    const said = messagesOf(run.state, run.events, { workspace: 'w', hash: nodeHash });
    expect(said).toMatchObject({ taken: [], returned: [{ event: '1', listener: run.state.id, step }] });
  });
});

describe('what one listen may take', () => {
  it('is so many events', () => {
    const events = Array.from({ length: 4 }, (_, n) => event('t', n));
    const run = listen('{any: [], until: "false"}', events, '', { limits: { listenEvents: 3 } });
    expect(run.state.error).toMatchObject({ detail: 'The step took 3 events, and one listen takes no more.' });
    expect(taken(run).returned).toEqual(['1', '2', '3']);
  });

  it('is so much data', () => {
    const events = Array.from({ length: 4 }, () => event('t', 'x'.repeat(40)));
    const run = listen('{any: [], until: "false"}', events, '', { limits: { valueCharacters: 100 } });
    expect(run.state.error).toMatchObject({ detail: expect.stringContaining('larger than 100 characters') as string });
  });
});
