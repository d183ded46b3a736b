import { isAmbiguous } from '../flow-error.ts';
import type { Frame, RunState } from '../state/state.ts';
import { cancelChild } from './child.ts';
import type { Machine } from './machine.ts';
import { descendants, unresolved } from './machine.ts';

/**
 * Gives up what runs below a step, but for effects whose outcome is not known, branches that ended with such an outcome,
 * and the steps around them. True: no outcome is unknown any more.
 */
export function giveUpBelow(m: Machine, frame: Frame): boolean {
  const kept = new Set<number>();
  let known = true;
  for (const below of descendants(m.state, frame)) {
    const open = unresolved(below);
    if (open) {
      known = false;
      cancelChild(m, below);
    }
    if (open || kept.has(below.id) || endedUnknown(below)) kept.add(below.p ?? 0);
    else cancelStep(m, below);
  }
  return known;
}

/** Cancels every step below a frame, deepest first. */
export function cancelBelow(m: Machine, frame: Frame): void {
  for (const below of descendants(m.state, frame)) cancelStep(m, below);
}

/** The fork below a step in which a branch ended with an unknown outcome: no other end may hide it. */
export function unknownFork(state: RunState, frame: Frame): Frame | undefined {
  const branch = descendants(state, frame).find(endedUnknown);
  return branch?.p === undefined ? undefined : state.frames.get(branch.p);
}

/** A branch has no event of its own: it ends with its task, or goes with its fork. */
function cancelStep(m: Machine, frame: Frame): void {
  if (frame.kind !== 'branch') m.emit({ type: 'task.cancelled', at: m.at, f: frame.id });
}

function endedUnknown(frame: Frame): boolean {
  return frame.kind === 'branch' && frame.error !== undefined && isAmbiguous(frame.error);
}
