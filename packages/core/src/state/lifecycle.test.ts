import { describe, expect, it } from 'vitest';
import { play } from '../decide/play.fixture.ts';
import { LifecycleView, lifecycleTypes } from './lifecycle.ts';

const of = { run: 'r1', namespace: 'test', name: 'flow', version: '1.0.0' };

function told(flow: string) {
  const view = new LifecycleView(of);
  return play(flow).events.flatMap((event) => view.push(event));
}

describe('the life of a run', () => {
  it('is told from its start to its end, task by task', () => {
    const events = told('do: [{a: {set: {x: 1}}}]');
    expect(events.map(({ type }) => String(type).replace('io.serverlessworkflow.', ''))).toEqual([
      'workflow.started.v1',
      'task.created.v1',
      'task.started.v1',
      'task.completed.v1',
      'workflow.completed.v1',
    ]);
    expect(events[0]).toMatchObject({
      subject: 'flow-r1.test',
      source: '/test/flow/1.0.0',
      data: { name: 'flow-r1.test' },
    });
    expect(events[3]).toMatchObject({ data: { workflow: 'flow-r1.test', task: '/do/0/a' } });
  });

  it('tells an error', () => {
    const raised = 'raise: {error: {type: "https://x.test/e", status: 400}}';
    const events = told(`do: [{a: {${raised}}}]`);
    expect(events.at(-1)).toMatchObject({
      type: 'io.serverlessworkflow.workflow.faulted.v1',
      data: { error: { type: 'https://x.test/e', status: 400 } },
    });
  });

  it('has its own id for each fact, the same whenever it is derived', () => {
    const ids = told('do: [{a: {set: {x: 1}}}, {b: {set: {x: 2}}}]').map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(told('do: [{a: {set: {x: 1}}}, {b: {set: {x: 2}}}]').map(({ id }) => id)).toEqual(ids);
  });

  it('goes on from a state as from the beginning', () => {
    const { events } = play('do: [{a: {set: {x: 1}}}, {l: {do: [{b: {set: {x: 2}}}]}}]');
    const whole = new LifecycleView(of);
    const all = events.map((event) => whole.push(event));
    const frame = { id: 2, step: '/do/1/l', kind: 'do', i: 1, v: 1, at: 0 } as const;
    const later = new LifecycleView(of, { seq: events.length - 2, frames: new Map([[2, frame]]) });
    expect(events.slice(-2).map((event) => later.push(event))).toEqual(all.slice(-2));
  });

  it('names its types', () => {
    expect(lifecycleTypes).toHaveLength(12);
    for (const { type } of told('do: [{a: {set: {x: 1}}}]')) expect(lifecycleTypes).toContain(type);
  });
});
