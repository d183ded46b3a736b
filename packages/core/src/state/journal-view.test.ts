import { describe, expect, it } from 'vitest';
import { flowError } from '../flow-error.ts';
import { play } from '../decide/play.fixture.ts';
import { JournalView, nameOf } from './journal-view.ts';

function view(events: ReturnType<typeof play>['events']) {
  const journal = new JournalView();
  return events.map((event) => journal.push(event));
}

describe('the journal as people and programs see it', () => {
  it('numbers events from 1 and names step, task and visit on each event of a step', () => {
    const shown = view(play('do: [{setRed: {set: {color: red}}}]').events);
    expect(shown.map(({ seq, type, step, name, visit }) => [seq, type, step, name, visit])).toEqual([
      [1, 'run.started', undefined, undefined, undefined],
      [2, 'task.started', '/do/0/setRed', 'setRed', 1],
      [3, 'task.completed', '/do/0/setRed', 'setRed', 1],
      [4, 'run.completed', undefined, undefined, undefined],
    ]);
    expect(shown[2]?.['output']).toEqual({ color: 'red' });
  });

  it('closes each task with an event whose type says how', () => {
    const faulted = view(play('do: [{a: {raise: {error: {type: "https://x.test/e", status: 400}}}}]').events);
    expect(faulted.find((event) => event['name'] === 'a' && event.type.includes('fault'))).toBeDefined();
  });

  it('has no event of a task that never ran', () => {
    const shown = view(play('do: [{a: {if: "false", set: {x: 1}}}, {b: {set: {y: 1}}}]').events);
    expect(shown.some((event) => event['name'] === 'a')).toBe(false);
  });

  it('shows each attempt that went on the wire, and the iteration that it belongs to', () => {
    let calls = 0;
    const run = play("do: [{l: {for: {in: '[1, 2]'}, do: [{a: {call: idempotent}}]}}]", {
      answer: () =>
        ++calls === 1
          ? { kind: 'ambiguous', error: flowError('communication', 'lost') }
          : { kind: 'completed', output: {} },
    });
    const attempts = view(run.events).filter((event) => event['name'] === 'a');
    expect(attempts.map((event) => [event.type, event['attempt'], event['iteration']])).toEqual([
      ['task.started', 1, 0],
      ['attempt.ended', 1, 0],
      ['permit.wanted', 1, 0],
      ['attempt.started', 2, 0],
      ['task.completed', 2, 0],
      ['task.started', 1, 1],
      ['task.completed', 1, 1],
    ]);
  });

  it('unescapes names of JSON pointers', () => {
    expect(nameOf('/do/0/a~1b~0c')).toBe('a/b~c');
  });
});
