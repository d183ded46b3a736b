import type { CompiledFlow } from '../program/nodes.ts';
import { frameOf } from '../state/frames.ts';
import type { Frame, RunState } from '../state/state.ts';
import type { Machine } from './machine.ts';

/**
 * The outermost step, from this one up, that is to end once the outcomes below it are known: its deadline has passed, a
 * branch of it faulted, or it lost the race of its fork. Nothing below it goes on. Frame 0 stands for the run's own deadline.
 */
export function overdue(m: Pick<Machine, 'state' | 'flow'>, from: Frame): Frame | undefined {
  let outermost: Frame | undefined;
  for (
    let frame: Frame | undefined = from;
    frame !== undefined;
    frame = frame.p === undefined ? undefined : frameOf(m.state, frame.p)
  ) {
    if (frame.timedOut || frame.tryTimedOut || isLost(frame) || isFailing(m.flow, frame)) outermost = frame;
  }
  return outermost;
}

/** Whether a step stands in a branch that lost its race. */
export function isLoose(state: RunState, from: Frame): boolean {
  for (
    let frame: Frame | undefined = from;
    frame !== undefined;
    frame = frame.p === undefined ? undefined : frameOf(state, frame.p)
  ) {
    if (isLost(frame)) return true;
  }
  return false;
}

/** Whether a fork is to fault: one branch is enough where they do not compete. */
function isFailing(flow: CompiledFlow, frame: Frame): boolean {
  if (frame.kind !== 'fork' || frame.fork?.faulted === 0) return false;
  const node = flow.nodes.get(frame.step);
  return node?.kind === 'fork' && !node.compete;
}

/** Asks for what was held back until an outcome below this step was known: a cancel, a timeout, a fault. False: nothing was. */
export function takesCourse(m: Machine, frame: Frame): boolean {
  const late = m.state.cancel === undefined ? overdue(m, frame) : undefined;
  if (m.state.cancel !== undefined) m.move({ kind: 'cancel' });
  else if (late !== undefined) m.move({ kind: 'course', frame: late });
  else return false;
  return true;
}

/** Whether a step is a branch that lost its race. The kind is asked first, as every step has one. */
export function isLost(frame: Frame): boolean {
  return frame.kind === 'branch' && frame.loose === true;
}

/** Whether losers of a race still wait at the root for the outcome of an effect. */
export function hasLoose(state: RunState): boolean {
  for (const frame of state.frames.values()) if (isLost(frame)) return true;
  return false;
}
