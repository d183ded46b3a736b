import { invariant } from '../errors.ts';
import type { Json } from '../json.ts';
import type { Frame, RunState } from './state.ts';

/** A frame that must exist. */
export function frameOf(state: RunState, id: number): Frame {
  const frame = state.frames.get(id);
  invariant(frame !== undefined, `run ${state.id} has no frame ${id}`);
  return frame;
}

/** Raw input of a step: the running value of its list, or the run's input. */
export function rawInputOf(state: RunState, frame: Frame): Json {
  if (frame.p === undefined) return state.input;
  return valueOf(state, frameOf(state, frame.p));
}

/** The running value of what holds tasks: of a list, or of a branch, which has its fork's input until its task has ended. */
export function valueOf(state: RunState, holder: Frame): Json {
  if (holder.cursor !== undefined) return holder.cursor.value;
  if (holder.out !== undefined) return holder.out;
  if (holder.in !== undefined || holder.p === undefined) return holder.in ?? null;
  return inputOf(state, frameOf(state, holder.p));
}

/** The context that a step sees: its branch's own copy, once that differs, or the run's. */
export function contextOf(state: RunState, frame: Frame | undefined): Json {
  for (let above = frame; above?.p !== undefined; above = frameOf(state, above.p)) {
    if (above.context !== undefined) return above.context;
  }
  return state.context;
}

/** Transformed input of a step. */
export function inputOf(state: RunState, frame: Frame): Json {
  return frame.in === undefined ? rawInputOf(state, frame) : frame.in;
}
