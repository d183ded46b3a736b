import { describe, expect, it } from 'vitest';
import { checkBody, told } from './lint.testsuite.ts';

const listen = (to: string, more = ', timeout: {after: P1D}') => `do: [{a: {listen: {to: ${to}}${more}}}]`;

describe('events that a flow publishes and waits for', () => {
  it('are built, and so are runs of other flows', () => {
    expect(told(listen('{one: {with: {type: t, data: "${ .n > 1 }"}}}'), 'deploy')).toEqual([]);
    expect(told('do: [{a: {emit: {event: {with: {type: t, data: {n: "${ .n }"}}}}}}]', 'deploy')).toEqual([]);
    const workflow = 'workflow: {namespace: n, name: f, version: 1.0.0, input: {n: "${ .n }"}}';
    expect(told(`do: [{a: {run: {${workflow}}}}, {b: {run: {${workflow}, await: false}}}]`, 'deploy')).toEqual([]);
  });

  it('have names of lower-case letters and digits', () => {
    expect(told(listen('{one: {with: {type: t, roomId: x}}}'), 'deploy')).toEqual([
      'warning EVENT_ATTRIBUTE /do/0/a/listen/to/one/with/roomId',
    ]);
    const emit = 'do: [{a: {emit: {event: {with: {type: t, room-id: x}}}}}]';
    expect(told(emit)).toEqual(['warning EVENT_ATTRIBUTE /do/0/a/emit/event/with/room-id']);
    expect(told(emit, 'deploy')).toEqual(['error EVENT_ATTRIBUTE /do/0/a/emit/event/with/room-id']);
    expect(checkBody(emit).problems[0]?.hint).toBe('write roomid, or put the value into data');
  });

  it.each([
    ['nothing in particular', '{any: []}', '/do/0/a/listen/to/any'],
    ['no type', '{one: {with: {source: s}}}', '/do/0/a/listen/to/one/with'],
    ['a pattern of types', '{any: [{with: {type: t}}, {with: {type: "^a.*$"}}]}', '/do/0/a/listen/to/any/1/with'],
    ['types of which an expression tells', '{all: [{with: {type: "${ . == $x }"}}]}', '/do/0/a/listen/to/all/0/with'],
    [
      'no type at the end',
      '{any: [{with: {type: t}}], until: {one: {with: {source: s}}}}',
      '/do/0/a/listen/to/until/one/with',
    ],
  ])('are pointed at where a filter names %s', (_, to, path) => {
    expect(told(listen(to))).toContain(`warning EVENTS_BROAD ${path}`);
  });

  it('may have a type that is known once the listen begins', () => {
    expect(told(listen('{one: {with: {type: "${ $input.type }"}}}'))).toEqual([]);
    expect(told(listen('{one: {with: {type: "com.acme.${ $input.type }"}}}'))).toEqual([]);
  });

  it('have regular expressions that compile', () => {
    expect(told(listen('{one: {with: {type: t, subject: "^(a$"}}}'))).toEqual([
      'error EXPRESSION /do/0/a/listen/to/one/with/subject',
    ]);
  });

  it('have expressions that compile', () => {
    const filters = '[{with: {type: a, data: "${ ] }"}, correlate: {c: {from: "]", expect: "${ ] }"}}}]';
    expect(told(listen(`{all: ${filters}}`))).toEqual([
      ...['error EXPRESSION /do/0/a/listen/to/all/0/with/data'],
      ...[
        'error EXPRESSION /do/0/a/listen/to/all/0/correlate/c/from',
        'error EXPRESSION /do/0/a/listen/to/all/0/correlate/c/expect',
      ],
    ]);
    expect(told(listen('{any: [{with: {type: a}}], until: "$nothing"}'))).toEqual([
      'error EXPRESSION /do/0/a/listen/to/until',
    ]);
    expect(told(`schedule: {on: {one: {with: {type: t, data: "\${ $input }"}}}}\ndo: [{b: {set: {x: 1}}}]`)).toContain(
      'error EXPRESSION /schedule/on/one/with/data',
    );
  });

  it('are bound to names in the tasks of a foreach alone', () => {
    const foreach = (names: string, set: string) =>
      listen(
        '{any: [{with: {type: t}}], until: "false"}',
        `, timeout: {after: P1D}, foreach: {${names}, do: [{b: {set: "\${ ${set} }"}}]}`,
      );
    expect(told(foreach('item: e, at: i', '[$e, $i]'))).toEqual([]);
    expect(told(foreach('item: e', '$item'))).toEqual(['error EXPRESSION /do/0/a/foreach/do/0/b/set']);
    expect(told(foreach('item: task', '$task'))).toContain('error VARIABLE_RESERVED /do/0/a/foreach/item');
  });
});

describe('a wait for events', () => {
  const to = '{one: {with: {type: t}}}';
  const endless = ['warning WAIT_ENDLESS /do/0/a/listen'];

  it('has an end', () => {
    expect(told(listen(to, ''))).toEqual(endless);
    expect(told(listen(to, ', timeout: {after: P1D}'))).toEqual([]);
  });

  it('may have that of a task around it, or of the run', () => {
    const inside = (timeout: string) => `do: [{d: {do: [{a: {listen: {to: ${to}}}}]${timeout}}}]`;
    expect(told(inside(''))).toEqual(['warning WAIT_ENDLESS /do/0/d/do/0/a/listen']);
    expect(told(inside(', timeout: {after: P1D}'))).toEqual([]);
    expect(told(`timeout: {after: P1D}\n${listen(to, '')}`)).toEqual([]);
    expect(told(listen(to, ''), 'check', ', metadata: {pawl: {deadline: P90D}}')).toEqual([]);
    const beside = `do: [{a: {listen: {to: ${to}}}}, {b: {wait: PT1S, timeout: {after: P1D}}}]`;
    expect(told(beside)).toEqual(endless);
  });
});
