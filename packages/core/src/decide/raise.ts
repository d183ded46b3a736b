import type { FlowError } from '../flow-error.ts';
import { flowError, isAmbiguous } from '../flow-error.ts';
import { frameOf } from '../state/frames.ts';
import type { Frame } from '../state/state.ts';
import { cancelChild } from './child.ts';
import { join, failFork } from './fork.ts';
import { cancelBelow, giveUpBelow, unknownFork } from './give-up.ts';
import { hasLoose, isLoose, takesCourse } from './held.ts';
import { looseDone } from './loose.ts';
import type { Ending, Machine } from './machine.ts';
import { descendants, located, unresolved } from './machine.ts';
import { caughtBy } from './try.ts';

/** Raises an error at a step: the step faults, and so does every enclosing one up to the `try` that catches it, a fork that waits for other branches, or the run. */
export function raise(m: Machine, frame: Frame, error: FlowError, ending: Ending): void {
  const raised = located(error, frame.step);
  let above = m.parent(frame);
  m.emit({
    type: 'task.faulted',
    at: m.at,
    f: frame.id,
    ...(ending.attempt === undefined ? {} : { a: ending.attempt }),
    error: raised,
    ...(ending.end === undefined || (frame.effect ?? frame.child ?? frame.ask) === undefined
      ? {}
      : { end: ending.end }),
    ...(ending.raw === undefined || (frame.effect ?? frame.child ?? frame.ask)?.place === undefined
      ? {}
      : { raw: ending.raw }),
  });
  // An outcome that stays unknown is no end that a timeout could follow: it goes up as what it is.
  if (m.state.cancel !== undefined || !isAmbiguous(raised) || isLoose(m.state, above)) {
    if (takesCourse(m, above)) return;
  }
  for (;;) {
    if (above.p === undefined) return faultRun(m, raised);
    if (above.kind === 'branch') return join(m, m.parent(above));
    if (above.kind === 'try' && above.cursor?.list === 'try' && caughtBy(m, above, raised)) return;
    const next = m.parent(above);
    m.emit({ type: 'task.faulted', at: m.at, f: above.id, error: raised });
    above = next;
  }
}

/** Ends the run with an error that no step raised; a step whose outcome is unknown is not said to have been cancelled. */
export function abortRun(m: Machine, error: FlowError): void {
  for (const frame of descendants(m.state, frameOf(m.state, 0))) {
    cancelChild(m, frame);
    if (!unresolved(frame) && frame.kind !== 'branch') m.emit({ type: 'task.cancelled', at: m.at, f: frame.id });
  }
  m.emit({ type: 'run.faulted', at: m.at, error });
}

/** Ends the run with an error, once the losers of its races have their answers. */
export function faultRun(m: Machine, error: FlowError): void {
  if (hasLoose(m.state)) {
    if (frameOf(m.state, 0).error === undefined) m.emit({ type: 'run.failing', at: m.at, error });
    return;
  }
  m.emit({ type: 'run.faulted', at: m.at, error });
}

/**
 * A step's timeout has passed. What runs below it is given up, but not while the outcome of an effect is unknown: then
 * the timeout is noted, and takes effect once the answer is known.
 */
export function reachTimeout(m: Machine, frame: Frame): void {
  const waits = unresolved(frame) || descendants(m.state, frame).some(unresolved);
  if (waits && !frame.timedOut) m.emit({ type: 'timeout.reached', at: m.at, f: frame.id });
  cancelChild(m, frame);
  giveUpBelow(m, frame);
  if (!waits) raiseTimeout(m, frame);
}

/** Raises the timeout of a step below which nothing is unknown. */
function raiseTimeout(m: Machine, frame: Frame): void {
  const unknown = unknownFork(m.state, frame);
  if (unknown !== undefined) return failFork(m, unknown);
  const error = flowError(
    'timeout',
    frame.p === undefined
      ? 'The run took longer than its deadline allows.'
      : 'The step took longer than its timeout allows.',
  );
  cancelBelow(m, frame);
  if (frame.p === undefined) faultRun(m, error);
  else raise(m, frame, error, { end: 'unsent' });
}

/** One try of a `try` has taken too long: its list is given up and the `try` meets a timeout. */
export function raiseTryTimeout(m: Machine, frame: Frame): void {
  const waits = descendants(m.state, frame).some(unresolved);
  if (waits && !frame.tryTimedOut) m.emit({ type: 'timeout.reached', at: m.at, f: frame.id, try: true });
  giveUpBelow(m, frame);
  if (waits) return;
  const unknown = unknownFork(m.state, frame);
  if (unknown !== undefined) return failFork(m, unknown);
  cancelBelow(m, frame);
  const error = located(flowError('timeout', 'One try took longer than its policy allows.'), frame.step);
  if (caughtBy(m, frame, error)) return;
  raise(m, frame, error, {});
}

/** An outcome is known: what waited for it takes its course, unless it waits for others too. */
export function takeCourse(m: Machine, frame: Frame): void {
  if (frame.loose) looseDone(m, frame);
  else if (frame.timedOut) reachTimeout(m, frame);
  else if (frame.tryTimedOut) raiseTryTimeout(m, frame);
  else join(m, frame);
}
