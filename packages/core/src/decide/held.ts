import { frameOf } from '../state/apply.ts';
import type { Frame, RunState } from '../state/state.ts';
import type { Machine } from './machine.ts';

/**
 * The outermost step, from this one up, whose deadline has passed while an outcome was unknown: once that is known, its
 * timeout takes its course before anything else does. Frame 0 stands for the run's own deadline.
 */
export function overdue(state: RunState, from: Frame): Frame | undefined {
  let outermost: Frame | undefined;
  for (let frame: Frame | undefined = from; frame !== undefined; frame = frame.p === undefined ? undefined : frameOf(state, frame.p)) {
    if (frame.timedOut || frame.tryTimedOut) outermost = frame;
  }
  return outermost;
}

/** Asks for what was held back until an outcome below this step was known: a cancel, or a timeout. False: nothing was. */
export function takesCourse(m: Machine, frame: Frame): boolean {
  const late = m.state.cancel === undefined ? overdue(m.state, frame) : undefined;
  if (m.state.cancel !== undefined) m.move({ kind: 'cancel' });
  else if (late !== undefined) m.move({ kind: late.timedOut ? 'timeout' : 'tryTimeout', frame: late });
  else return false;
  return true;
}
