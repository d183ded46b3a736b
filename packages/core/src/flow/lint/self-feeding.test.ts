import { describe, expect, it } from 'vitest';
import { told } from './lint.testsuite.ts';

const ended = 'io.serverlessworkflow.workflow.completed.v1';
const warned = (text: string): string[] => told(text).filter((line) => line.includes('FEEDS_ITSELF'));
const started = (on: string): string[] => warned(`do: [{a: {set: {x: 1}}}]\nschedule: {on: ${on}}`);
const listening = (to: string): string[] => warned(`do: [{a: {listen: {to: ${to}}, timeout: {after: PT1S}}}]`);

describe('a flow whose runs publish what it waits for', () => {
  it.each([
    [`{one: {with: {type: ${ended}}}}`, '/schedule/on/one/with/type'],
    [`{any: [{with: {type: mine}}, {with: {type: ${ended}}}]}`, '/schedule/on/any/1/with/type'],
    [`{all: [{with: {type: ${ended}}}]}`, '/schedule/on/all/0/with/type'],
  ])('is warned of where it is started by %s', (on, path) => {
    expect(started(on)).toEqual([expect.stringContaining(path)]);
  });

  it('is warned of where it listens for it', () => {
    expect(listening(`{one: {with: {type: ${ended}}}}`)).toEqual([expect.stringContaining('/do/0/a/listen/to/one')]);
  });

  it('is not warned of where it says whose events it wants, or wants others', () => {
    expect(started(`{one: {with: {type: ${ended}, subject: other}}}`)).toEqual([]);
    expect(listening('{one: {with: {type: com.example.order.paid}}}')).toEqual([]);
  });
});
