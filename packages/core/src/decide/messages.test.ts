import { describe, expect, it } from 'vitest';
import { emptyState } from '../state/apply.ts';
import type { RunEvent } from '../state/events.ts';
import type { RunState } from '../state/state.ts';
import { messagesOf } from './messages.ts';
import { nodeHash } from './play.fixture.ts';

const child = '01900000-0000-7000-8000-000000000003';
const started: RunEvent = {
  type: 'child.started',
  at: 1,
  f: 2,
  child,
  named: { namespace: 'n', name: 'f' },
  input: null,
  hash: 'h',
};

function parentOf(parent: RunState['parent']): unknown {
  const state = emptyState('01900000-0000-7000-8000-000000000002');
  if (parent !== undefined) state.parent = parent;
  const said = messagesOf(state, [started], { workspace: 'default', hash: nodeHash });
  return said?.messages.map(({ message }) => (message.kind === 'start' ? message.parent : undefined));
}

describe('the start of a child run', () => {
  it('names the run at the head of all its parents, so that whoever runs that one knows it for its own', () => {
    expect(parentOf(undefined)).toEqual([expect.not.objectContaining({ root: expect.anything() })]);
    expect(parentOf({ run: 'a', frame: 1 })).toEqual([expect.objectContaining({ root: 'a' })]);
    expect(parentOf({ run: 'b', frame: 1, root: 'a' })).toEqual([expect.objectContaining({ root: 'a' })]);
  });

  it('begins a head of its own below a schedule', () => {
    expect(parentOf({ run: 's', frame: 0 })).toEqual([expect.not.objectContaining({ root: expect.anything() })]);
  });
});
