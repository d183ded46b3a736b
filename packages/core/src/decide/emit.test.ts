import { describe, expect, it } from 'vitest';
import { eventPartition } from '../ports.ts';
import type { JsonObject } from '../json.ts';
import type { Outcome } from '../outcome.ts';
import { flowError } from '../flow-error.ts';
import { messagesOf } from './messages.ts';
import { nodeHash, play } from './play.fixture.ts';
import type { Played } from './play.fixture.ts';

const of = { workspace: 'default', hash: nodeHash };

function emitted(run: Played): readonly JsonObject[] {
  return run.events.flatMap((event) => (event.type === 'event.emitted' ? [event.event] : []));
}

describe('a task that emits', () => {
  it('publishes a CloudEvent, and gives it as its output', () => {
    const run = play('do: [{a: {emit: {event: {with: {type: com.acme.done, data: {n: "${ .n }"}}}}}}]', {
      input: { n: 1 },
    });
    expect(run.state.output).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^[a-z2-7]{24}$/) as string,
      source: '/test/played/1.0.0',
      time: '2026-11-01T00:00:00.000Z',
      type: 'com.acme.done',
      data: { n: 1 },
    });
    expect(emitted(run)).toEqual([run.state.output]);
  });

  it('takes the attributes that it is given, and leaves out those that are null', () => {
    const given =
      '{id: e1, source: "https://acme.com", type: t, subject: "${ .none }", acmecount: 3, time: "2026-01-01T00:00:00Z"}';
    expect(play(`do: [{a: {emit: {event: {with: ${given}}}}}]`, { input: {} }).state.output).toEqual({
      ...{ specversion: '1.0', id: 'e1', source: 'https://acme.com', type: 't', acmecount: 3 },
      time: '2026-01-01T00:00:00Z',
    });
  });

  it.each([
    [
      'an id that is no text',
      '{type: t, id: "${ 5 }"}',
      '`id` of an event must be a text that is not empty, but is 5.',
    ],
    ['an empty type', '{type: "${ \\"\\" }"}', '`type` of an event must be a text that is not empty, but is "".'],
    ['a name that is none', '{type: t, roomId: x}', '`roomId` cannot be an attribute of an event'],
    ['an attribute that is an object', '{type: t, ext: {a: 1}}', 'whole number or a boolean, but is an object.'],
    [
      'a time that is none',
      '{type: t, time: "${ \\"soon\\" }"}',
      'must be a date and time of RFC 3339, but is "soon".',
    ],
  ])('faults instead of publishing %s', (_, given, detail) => {
    const run = play(`do: [{a: {emit: {event: {with: ${given}}}}}]`);
    expect(run.state.error).toMatchObject({ status: 400, detail: expect.stringContaining(detail) as string });
    expect(emitted(run)).toEqual([]);
  });

  it('gives each visit an event of its own', () => {
    const run = play('do: [{l: {for: {in: "[1, 2]"}, do: [{a: {emit: {event: {with: {type: t}}}}}]}}]');
    expect(new Set(emitted(run).map((event) => event['id'])).size).toBe(2);
  });

  const busy: Outcome = { kind: 'retryable', left: true, error: flowError('communication', 'busy', { status: 503 }) };

  function retried(data: string): Played {
    let calls = 0;
    return play(
      `do: [{t: {try: [{c: {call: pure, with: {}}}, {a: {emit: {event: {with: {type: t, data: ${data}}}}}}, {b: {call: idempotent}}],
        catch: {retry: {limit: {attempt: {count: 3}}}}}}]`,
      {
        answer: ({ action }) => {
          calls += 1;
          if (action === 'pure') return { kind: 'completed', output: { calls } };
          return calls < 5 ? busy : { kind: 'completed', output: 'done' };
        },
      },
    );
  }

  it('publishes once what a retry would publish again', () => {
    const run = retried('same');
    expect(run.state.output).toBe('done');
    expect(emitted(run)).toHaveLength(1);
  });

  it('publishes under another id what a retry says that is new', () => {
    const run = retried('"${ .calls }"');
    expect(emitted(run).map((event) => event['data'])).toEqual([1, 3, 5]);
    expect(new Set(emitted(run).map((event) => event['id'])).size).toBe(3);
  });

  it('says its event with the commit that holds it', () => {
    const run = play('do: [{a: {emit: {event: {with: {type: t, id: e1, ext: 5, data: {a: 1}}}}}}]');
    const said = messagesOf(run.state, run.events, of);
    expect(said).toEqual({
      events: [
        {
          ...{ partition: eventPartition('default', 't', nodeHash), workspace: 'default', at: run.state.at },
          ...{ source: '/test/played/1.0.0', id: 'e1', type: 't', body: JSON.stringify(run.state.output) },
          attributes: {
            ...{ specversion: '1.0', id: 'e1', source: '/test/played/1.0.0', type: 't', ext: '5' },
            time: '2026-11-01T00:00:00.000Z',
          },
        },
      ],
      ...{ messages: [], taken: [], returned: [] },
    });
    expect(messagesOf(run.state, play('do: [{a: {set: {n: 1}}}]').events, of)).toBeUndefined();
  });
});
