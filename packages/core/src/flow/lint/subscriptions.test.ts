import { describe, expect, it } from 'vitest';
import { told } from './lint.testsuite.ts';

const call = (subscription: string, more = '') =>
  `do: [{a: {call: asyncapi, with: {document: {endpoint: "https://x"}, operation: o, subscription: ${subscription}}${more}}}]`;

describe('a subscription', () => {
  it('should have an end where no message comes', () => {
    const endless = ['warning WAIT_ENDLESS /do/0/a/with/subscription/consume'];
    for (const consume of ['amount: 3', 'until: "${ length > 3 }"', 'while: "${ length < 3 }"']) {
      expect(told(call(`{consume: {${consume}}}`), 'deploy')).toEqual(endless);
      expect(told(call(`{consume: {for: {seconds: 5}, ${consume}}}`), 'deploy')).toEqual([]);
      expect(told(call(`{consume: {${consume}}}`, ', timeout: {after: PT5M}'), 'deploy')).toEqual([]);
    }
    const attempts = ', metadata: {pawl: {attempts: {timeout: PT5M}}}';
    expect(told(call('{consume: {amount: 3}}', attempts), 'deploy')).toEqual([]);
  });

  it('asks its messages for no secret, and keeps none', () => {
    const named = (subscription: string) => `use: {secrets: [s]}\n${call(subscription)}`;
    for (const [subscription, at] of [
      ['{filter: "${ .payload == $secrets.s }", consume: {for: PT5S, amount: 1}}', 'filter'],
      ['{consume: {for: PT5S, until: "${ .[0].payload == $secrets.s }"}}', 'consume/until'],
      ['{consume: {for: PT5S, amount: 1}, foreach: {output: {as: "${ $secrets.s }"}}}', 'foreach/output/as'],
    ] as const)
      expect(told(named(subscription))).toContain(`error SECRET_PLACE /do/0/a/with/subscription/${at}`);
  });

  it('has its expressions and names looked at', () => {
    const foreach = (name: string) =>
      call(
        `{consume: {for: PT5S, amount: 1}, foreach: {item: ${name}, do: [{b: {set: "\${ $m }"}}], output: {as: $m}}}`,
      );
    expect(told(foreach('m'))).toEqual([]);
    expect(told(foreach('x'))).toContain('error EXPRESSION /do/0/a/with/subscription/foreach/output/as');
    expect(told(foreach('task'))).toContain('error VARIABLE_RESERVED /do/0/a/with/subscription/foreach/item');
    expect(told(call('{filter: "${ .a | }", consume: {for: PT5S, amount: 1}}'))).toEqual([
      'error EXPRESSION /do/0/a/with/subscription/filter',
    ]);
    expect(told(call('{consume: {for: PT5S, until: "${ $nobody }"}}'))).toEqual([
      'error EXPRESSION /do/0/a/with/subscription/consume/until',
    ]);
  });
});
