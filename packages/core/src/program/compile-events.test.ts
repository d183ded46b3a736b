import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { compileFlow } from './compile.ts';
import type { TaskNode } from './nodes.ts';

function compile(task: JsonObject): TaskNode | undefined {
  const document = { dsl: '1.0.3', namespace: 'test', name: 'events', version: '1.0.0' };
  return compileFlow({ document, do: [{ a: task }] }, { describe: () => undefined }).main.tasks[0];
}

const refused = (message: string) =>
  expect.objectContaining({ code: 'PAWL_FLOW_INVALID', message: expect.stringContaining(message) as string }) as Error;

describe('a task about events, compiled', () => {
  it.each<[string, JsonObject, string]>([
    ['no strategy', { listen: { to: {} } }, 'one, any or all at /do/0/a/listen/to'],
    ['no filter', { listen: { to: { one: 'x' } } }, 'a filter at /do/0/a/listen/to/one'],
    [
      'a broken pattern',
      { listen: { to: { any: [{ with: { type: '^(a$' } }] } } },
      '/do/0/a/listen/to/any/0/with/type',
    ],
    ['a broken test', { listen: { to: { one: { with: { data: '${ ] }' } } } } }, '/do/0/a/listen/to/one/with/data'],
    ['no flow', { run: { workflow: { namespace: 'n' } } }, 'does not say which'],
    ['nothing known', { dance: {} }, 'no kind that Pawl knows'],
  ])('is refused with %s', (_, task, message) => {
    expect(() => compile(task)).toThrow(refused(message));
  });

  it('gives the store what it can compare, and keeps the rest', () => {
    const wanted = {
      type: 't',
      room: 5,
      open: true,
      subject: '${ $input.id }',
      source: '^s.*$',
      time: '${ . > "2" }',
      data: 'x',
    };
    const node = compile({ listen: { to: { one: { with: wanted } } } });
    if (node?.kind !== 'listen') throw new Error('it is no listen');
    const [filter] = node.strategy.filters;
    expect(filter?.match).toEqual({ type: 't', room: '5', open: 'true' });
    expect(filter?.fixed.map(([name]) => name)).toEqual(['subject']);
    expect(filter?.patterns.map(([name]) => name)).toEqual(['source']);
    expect(filter?.tests.map(([name]) => name)).toEqual(['time', 'data']);
  });
});
