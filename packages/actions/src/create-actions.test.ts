import { PawlError } from '@pawl/core';
import { afterEach, describe, expect, test } from 'vitest';
import { defineAction } from './action.ts';
import type { Action } from './action.ts';
import { attempt, makeActions, requestFor, TestLog } from './actions.fixture.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function actionsWith(run: Action['run'], log = new TestLog()) {
  const extra = defineAction({
    name: 'test.run',
    version: '1.0.0',
    summary: 'A test.',
    input: { type: 'object' },
    output: true,
    guarantee: () => 'once',
    run,
  });
  const actions = makeActions({ extra: [extra], log });
  closers.push(() => actions.close());
  return { actions, log };
}

describe('the Actions port', () => {
  test('lists the built-in actions and those of the process', () => {
    const { actions } = actionsWith(() => ({ kind: 'completed', output: 1 }));
    expect(actions.names()).toEqual([
      'a2a',
      'asyncapi',
      'file.read',
      'grpc',
      'http',
      'log',
      'mcp',
      'openapi',
      'run.container',
      'run.script',
      'run.shell',
      'sql.execute',
      'sql.query',
      'sql.upsert',
      'test.run',
    ]);
    for (const name of actions.names()) expect(actions.describe(name)).toMatchObject({ name, version: '1.0.0' });
    expect(actions.describe('nope')).toBeUndefined();
  });

  test('runs an action of the process and hands on its outcome', async () => {
    const { actions } = actionsWith(({ args, key }, { left }) => {
      left();
      return { kind: 'completed', output: { args, key } };
    });
    expect(await attempt(actions, requestFor('test.run', { a: 1 }))).toEqual({
      left: 1,
      outcome: { kind: 'completed', output: { args: { a: 1 }, key: 'key-1' } },
    });
  });

  test('an action that nobody knows is an error that says so', async () => {
    const { actions } = actionsWith(() => ({ kind: 'completed', output: 1 }));
    expect((await attempt(actions, requestFor('test.other', {}))).outcome).toMatchObject({
      kind: 'terminal',
      error: { code: 'PAWL_ACTION_UNKNOWN', detail: expect.stringContaining('test.other') as string },
    });
  });

  test('never rejects: what an action throws before it left is a failure', async () => {
    const { actions, log } = actionsWith(() => {
      throw new Error('password hunter2');
    });
    const { outcome } = await attempt(actions, requestFor('test.run', {}, { guarantee: 'once' }));
    expect(outcome).toMatchObject({ kind: 'terminal', error: { type: expect.stringMatching(/runtime$/) as string } });
    expect(JSON.stringify(outcome)).not.toContain('hunter2');
    expect(log.lines.length).toBe(1);
  });

  test('never rejects: what an action throws after it left is ambiguous, and retryable where it is pure', async () => {
    const { actions } = actionsWith(async (_request, { left }) => {
      left();
      throw new Error('bug');
    });
    expect((await attempt(actions, requestFor('test.run', {}, { guarantee: 'once' }))).outcome.kind).toBe('ambiguous');
    expect((await attempt(actions, requestFor('test.run', {}, { guarantee: 'pure' }))).outcome).toMatchObject({
      kind: 'retryable',
      left: true,
    });
  });

  test('a PawlError keeps its code and hint', async () => {
    const { actions } = actionsWith(() => {
      throw new PawlError('PAWL_FILE_FORBIDDEN', 'No.', { hint: 'Do this.' });
    });
    expect((await attempt(actions, requestFor('test.run', {}))).outcome).toMatchObject({
      kind: 'terminal',
      error: { code: 'PAWL_FILE_FORBIDDEN', status: 403, detail: 'No. Do this.' },
    });
  });

  test('nets that are none stop the start', () => {
    expect(() => makeActions({ allowNets: 'everything' })).toThrow(
      expect.objectContaining({ code: 'PAWL_USAGE' }) as Error,
    );
  });
});

describe('log', () => {
  test('writes a line with the run and its data', async () => {
    const log = new TestLog();
    const actions = makeActions({ log });
    closers.push(() => actions.close());
    expect(
      (await attempt(actions, requestFor('log', { level: 'warn', message: 'half done', data: { rows: 5 } }))).outcome,
    ).toEqual({ kind: 'completed', output: null });
    expect(log.lines).toEqual([
      {
        level: 'warn',
        message: 'half done',
        fields: { run: 'run-1', step: '/do/0/step', flow: 'tests/flow', data: { rows: 5 } },
      },
    ]);
    expect((await attempt(actions, requestFor('log', { level: 'loud', message: 'x' }))).outcome).toMatchObject({
      kind: 'terminal',
    });
  });
});
