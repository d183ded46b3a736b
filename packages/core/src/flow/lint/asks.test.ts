import { describe, expect, it } from 'vitest';
import { checkBody, told } from './lint.testsuite.ts';

const ask = (more: string, task = '') => `do: [{a: {call: ask, with: {title: x, ${more}}${task}}}]`;

describe('questions to people', () => {
  it('are an action of the default catalog, in its version', () => {
    expect(told(ask('deadline: PT8H'), 'deploy')).toEqual([]);
    expect(told('do: [{a: {call: "ask:1.0.0@default", with: {title: x, deadline: PT8H}}}]', 'deploy')).toEqual([]);
    expect(told('do: [{a: {call: "ask:2.0.0", with: {title: x, deadline: PT8H}}}]', 'deploy')).toEqual([
      'error ACTION_UNKNOWN /do/0/a/call',
    ]);
  });

  it('say what they ask, and nothing that does not exist', () => {
    expect(told('do: [{a: {call: ask, with: {titel: x, deadline: PT8H}}}]')).toEqual([
      'error ACTION_INPUT /do/0/a/with/title',
      'error ACTION_INPUT /do/0/a/with/titel',
    ]);
    expect(told(ask('deadline: PT8H, to: ["user:lena", "${ .team }", ""]'))).toEqual([
      'error ACTION_INPUT /do/0/a/with/to/2',
    ]);
  });

  it('have an end', () => {
    expect(told(ask('to: [finance]'))).toEqual(['warning WAIT_ENDLESS /do/0/a/with']);
    expect(told(ask('to: [finance]', ', timeout: {after: PT1H}'))).toEqual([]);
  });

  it('have a form that is a schema, and a value of the deadline that fits it', () => {
    expect(told(ask('deadline: PT8H, form: {type: nothing}'))).toEqual(['error ACTION_INPUT /do/0/a/with/form']);
    const form = 'form: {type: object, required: [n]}';
    expect(told(ask(`deadline: PT8H, ${form}, onDeadline: {value: {}}`))).toEqual([
      'error ACTION_INPUT /do/0/a/with/onDeadline/value',
    ]);
    expect(told(ask(`deadline: PT8H, ${form}, onDeadline: {value: {n: "\${ .n }"}}`))).toEqual([]);
  });

  it('have durations, and times before the deadline', () => {
    expect(told(ask('deadline: soon'))).toEqual(['error ACTION_INPUT /do/0/a/with/deadline']);
    expect(told(ask('deadline: PT1H, remind: PT2H, escalate: {after: PT1H, to: [cfo]}'))).toEqual([
      'warning ACTION_INPUT /do/0/a/with/remind',
      'warning ACTION_INPUT /do/0/a/with/escalate/after',
    ]);
    expect(told(ask('onDeadline: reject', ', timeout: {after: PT1H}'))).toEqual([
      'warning ACTION_INPUT /do/0/a/with/onDeadline',
    ]);
  });

  it('are not approved by nobody where two people must', () => {
    const problems = checkBody(ask('deadline: PT1H, fourEyes: true, onDeadline: {value: null}')).problems;
    expect(problems.map(({ hint }) => hint)).toEqual(['write onDeadline: fail, or reject']);
  });

  it('give a decision, and data as the form says', () => {
    const then = (read: string) =>
      told(
        `do: [{a: {call: ask, with: {title: x, deadline: PT1H, form: {type: object, additionalProperties: false, properties: {n: {type: number}}}}}}, {b: {set: {x: "\${ ${read} }"}}}]`,
      );
    expect(then('[.decision, .by, .reason, .data.n, .approvals[0].by]')).toEqual([]);
    expect(then('.decison')).toHaveLength(1);
    expect(then('.data.m')).toHaveLength(1);
  });

  it('may have a form that is made by expressions', () => {
    const made = 'form: {type: object, properties: {n: {enum: "${ .list }"}}}';
    expect(
      told(`do: [{a: {call: ask, with: {title: x, deadline: PT1H, ${made}}}}, {b: {set: {x: "\${ .data.m }"}}}]`),
    ).toEqual([]);
  });

  it('take no contract of an effect, and show no secret', () => {
    expect(told(ask('deadline: PT1H', ', metadata: {pawl: {guarantee: once}}'))).toEqual([
      'error CONTRACT_PLACE /do/0/a/metadata/pawl/guarantee',
    ]);
    expect(
      told('use: {secrets: [s]}\ndo: [{a: {call: ask, with: {title: "${ $secrets.s }", deadline: PT1H}}}]'),
    ).toContain('error SECRET_PLACE /do/0/a/with/title');
  });
});
