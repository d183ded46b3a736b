import { invariant } from '../errors.ts';
import type { Json } from '../json.ts';
import type { RunEvent } from './events.ts';
import { contextOf, frameOf, inputOf } from './frames.ts';
import type { Frame, RunState } from './state.ts';
import { keeperOf, remember } from './tried.ts';

/** Makes the frames of a fork's branches: their ids follow its own. */
export function startBranches(state: RunState, fork: Frame, branches: number): void {
  fork.fork = { branches, open: branches, faulted: 0 };
  for (let i = 0; i < branches; i += 1) {
    const id = fork.id + 1 + i;
    state.frames.set(id, { id, p: fork.id, step: fork.step, kind: 'branch', i, v: 1, at: fork.at });
  }
  state.nextFrame = fork.id + 1 + branches;
}

/** What holds the task of an event: the list of its parent, or where that is a fork, one of its branches. */
export function holderOf(state: RunState, event: { readonly p: number; readonly i: number }): Frame {
  const parent = frameOf(state, event.p);
  return parent.kind === 'fork' ? frameOf(state, parent.id + 1 + event.i) : parent;
}

/** The task of a branch has ended. A loose branch is gone with it: its fork has ended before. */
export function endBranch(state: RunState, branch: Frame, how: 'completed' | 'faulted' | 'cancelled'): void {
  if (branch.loose) {
    state.frames.delete(branch.id);
    return;
  }
  branch.over = true;
  const around = frameOf(state, branch.p ?? 0);
  const { fork } = around;
  invariant(fork !== undefined, 'a branch stands in a fork');
  fork.open -= 1;
  if (how === 'completed') fork.first ??= branch.i;
  if (how !== 'faulted') return;
  fork.faulted += 1;
  if (branch.error !== undefined) around.error ??= branch.error;
}

/** Removes a step that has ended; a fork goes with the branches that are still its own. */
export function remove(state: RunState, frame: Frame): void {
  state.frames.delete(frame.id);
  for (let i = 1; i <= (frame.fork?.branches ?? 0); i += 1) {
    if (state.frames.get(frame.id + i)?.p === frame.id) state.frames.delete(frame.id + i);
  }
}

/** Moves a losing branch to the root. It keeps what it sees: input, context and variables as they are now. */
export function loosen(state: RunState, event: Extract<RunEvent, { type: 'task.loosed' }>): void {
  const branch = frameOf(state, frameOf(state, event.f).p ?? 0);
  const fork = frameOf(state, branch.p ?? 0);
  const keeper = keeperOf(state, fork.p);
  // A retry of a `try` around the fork must not send these again.
  for (const frame of state.frames.values()) {
    if (frame.effect === undefined && frame.child === undefined) continue;
    if (isWithin(state, frame, branch)) remember(state, frame, { end: 'open' });
  }
  branch.in = inputOf(state, fork);
  branch.context = contextOf(state, branch);
  if (event.vars !== undefined) branch.vars = event.vars;
  if (keeper !== undefined) branch.keeper = keeper.id;
  branch.loose = true;
  branch.p = 0;
}

/** Sets the context that a step exports to: its branch's own copy, or the run's. */
export function setContext(state: RunState, frame: Frame, context: Json): void {
  for (let id = frame.p; id !== undefined; ) {
    const above = frameOf(state, id);
    if (above.kind === 'branch') {
      above.context = context;
      return;
    }
    id = above.p;
  }
  state.context = context;
}

function isWithin(state: RunState, frame: Frame, around: Frame): boolean {
  for (let id = frame.p; id !== undefined; id = frameOf(state, id).p) if (id === around.id) return true;
  return false;
}
