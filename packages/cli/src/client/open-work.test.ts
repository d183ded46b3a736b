import { expect, test } from 'vitest';
import { eventText } from './event-text.ts';
import { lastSteps, openRows } from './open-work.ts';

const question = { kind: 'decision', decision: 'd1', name: 'pay', step: '/do/0/pay' };
const answer = 'pawl decide d1 --applied|--not-applied|--fail';

test('a question stands with its id, its step and the command that answers it', () => {
  expect(openRows({ open: [question] }, new Map([['d1', 'The connection broke.']]))).toEqual([
    ['question', 'The connection broke.'],
    ['decision', 'd1'],
    ['step', 'pay (/do/0/pay)'],
    ['answer', answer],
  ]);
});

test('what a step asks stands with its title, and with its own answers', () => {
  const [title, , , line] = openRows({ open: [{ ...question, asks: 'Refund 7?' }] }, new Map());
  expect([title, line]).toEqual([
    ['question', 'Refund 7?'],
    ['answer', 'pawl decide d1 --approve|--reject'],
  ]);
  expect(lastSteps({ open: [{ ...question, asks: 'Refund 7?' }] })).toEqual([]);
});

test('a timer stands with its end', () => {
  const timer = { kind: 'timer', name: 'pause', step: '/do/0/pause', until: '2026-11-24T18:33:01.000Z' };
  expect(openRows({ open: [timer] }, new Map())).toEqual([['waits', 'pause (/do/0/pause) until 2026-11-24 18:33:01Z']]);
});

test('what waits for events or another run says for which', () => {
  const listens = { kind: 'event', name: 'hear', step: '/do/0/hear', events: [{ type: 'a.paid', subject: '7' }, {}] };
  const parent = { kind: 'child', name: 'ship', step: '/do/1/ship', child: '0193-1' };
  expect(openRows({ open: [listens, parent] }, new Map())).toEqual([
    ['waits', 'hear (/do/0/hear) for an event (a.paid subject=7; any type)'],
    ['waits', 'ship (/do/1/ship) for run 0193-1'],
  ]);
});

test('a run that is being cancelled ends once its question is answered', () => {
  expect(lastSteps({ open: [question] })).toEqual([`It ends once the question d1 is answered: ${answer}`]);
});

test('a decision is shown with its verdict, by whom and why', () => {
  const event = { type: 'decision.made', verdict: { applied: false }, by: 'local', reason: 'not in the list' };
  expect(eventText(event)).toBe('not applied, by local: not in the list');
  const approved = { type: 'decision.made', verdict: { decision: 'approved', data: { n: 1 } }, by: 'lena' };
  expect(eventText(approved)).toBe('approved {"n":1}, by lena');
  expect(eventText({ type: 'decision.refused', by: 'max', reason: 'n is missing' })).toBe('by max: n is missing');
});
