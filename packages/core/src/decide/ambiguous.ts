import type { FlowError } from '../flow-error.ts';
import { flowError } from '../flow-error.ts';
import type { TaskCommon } from '../program/nodes.ts';
import type { EffectState, Frame } from '../state/state.ts';
import type { Machine } from './machine.ts';

/** Nothing is known and nothing more is done by itself: ask a person, or raise, as the step's contract says. */
export function endAmbiguous(m: Machine, frame: Frame, why?: FlowError): void {
  const { effect } = frame;
  if (effect === undefined) return;
  const error = why ?? ambiguousError(frame, effect);
  if (m.node(frame).contract.onAmbiguous === 'fail') {
    if (effect.open)
      m.emit({
        type: 'attempt.ended',
        at: m.at,
        f: frame.id,
        a: effect.attempts,
        outcome: 'ambiguous',
        error,
        left: true,
      });
    return m.raise(frame, error, { attempt: effect.attempts, end: 'open' });
  }
  m.emit({
    type: 'decision.asked',
    at: m.at,
    f: frame.id,
    a: effect.attempts,
    id: `${m.state.id}.${frame.id}.${m.state.seq}`,
    reason: error.detail ?? '',
  });
}

/** How long after the first attempt a `keyed` effect may be sent again (ms): not up to the end of what its target remembers. */
export function retention(node: TaskCommon): number {
  const { keyIn } = node.contract;
  return keyIn === undefined ? Number.POSITIVE_INFINITY : keyIn.retentionMs * 0.9;
}

/** The error that stands for an unknown outcome. */
export function ambiguousError(frame: Frame, effect: EffectState): FlowError {
  const cause = effect.error?.detail === undefined ? '' : ` ${effect.error.detail}`;
  return flowError(
    'ambiguous',
    `The request of attempt ${effect.attempts} left, and it is not known whether it was applied.${cause}`,
    { instance: frame.step },
  );
}
