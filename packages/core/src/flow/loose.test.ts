import { describe, expect, it } from 'vitest';
import { play } from '../decide/play.fixture.ts';
import type { Json } from '../json.ts';
import { told } from './lint/lint.testsuite.ts';

const run = (tasks: string, input: Json = null) => play(`evaluate: {mode: loose}\ndo: [${tasks}]`, { input }).state;

describe('the loose mode', () => {
  it.each<[text: string, value: Json]>([
    ['.name', 'lena'],
    ['.name + "!"', 'lena!'],
    ['.n + 1', 42],
    ['42', 42],
    ['true', true],
    ['.missing', null],
    ['empty', null],
    ['[.n, 1] # a comment', [41, 1]],
  ])('takes the text %j for the expression that it is', (text, value) => {
    expect(run(`{a: {set: {x: ${JSON.stringify(text)}}}}`, { name: 'lena', n: 41 }).output).toEqual({ x: value });
  });

  it.each([
    'hello world',
    'https://api.example/{id}',
    'Dear customer, your order (no. 5) is on its way.',
    '.name | error',
    '.n, .name',
    '.n.x',
    'a "quoted" \\(text)',
    '',
  ])('keeps the text %j, which is none or fails', (text) => {
    expect(run(`{a: {set: {x: ${JSON.stringify(text)}}}}`, { name: 'lena', n: 41 }).output).toEqual({ x: text });
  });

  it('holds in all that a step says, and leaves what is marked as an expression as it is', () => {
    const played = play(
      'evaluate: {mode: loose}\ndo: [{a: {call: pure, with: {to: .to, n: "${ .n }", list: [.n, {deep: .to}]}}}]',
      { input: { to: 'x', n: 2 } },
    );
    expect(played.requests[0]?.args).toEqual({ to: 'x', n: 2, list: [2, { deep: 'x' }] });
    const faulted = run('{a: {set: {x: "${ .n.x }"}}}', { n: 1 });
    expect(faulted.error?.type).toContain('/errors/expression');
  });

  it('is not what a flow has that does not ask for it', () => {
    expect(play('do: [{a: {set: {x: .name}}}]', { input: { name: 'lena' } }).state.output).toEqual({ x: '.name' });
  });

  it('is warned of where a plain word is a function of jq', () => {
    const flow = (text: string): string => `evaluate: {mode: loose}\ndo: [{a: {set: {x: ${text}}}}]`;
    expect(told(flow('now'), 'deploy')).toEqual(['warning EXPRESSION_BARE /do/0/a/set/x']);
    expect(told(flow('later'), 'deploy')).toEqual([]);
    expect(told(flow('.now'), 'deploy')).toEqual([]);
  });
});
