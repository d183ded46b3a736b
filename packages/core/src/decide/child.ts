import type { FlowError } from '../flow-error.ts';
import { flowError, isAmbiguous } from '../flow-error.ts';
import type { Json } from '../json.ts';
import { canonicalJson } from '../json.ts';
import { evaluateTemplate } from '../program/expression.ts';
import { fault, FlowFault } from '../program/fault.ts';
import type { ChildBody, TaskCommon } from '../program/nodes.ts';
import type { ChildEnd, FlowName } from '../ports.ts';
import type { Frame } from '../state/state.ts';
import { useTried } from './call.ts';
import { takesCourse } from './held.ts';
import type { Machine } from './machine.ts';
import { depthOf } from './messages.ts';
import { placeOf } from './place.ts';
import type { Scope } from './scope.ts';

type ChildNode = TaskCommon & ChildBody;

/** Starts a run of another flow, and waits for its end where the step is to. */
export function startChild(m: Machine, frame: Frame, node: ChildNode, scope: Scope): void {
  try {
    const { childDepth } = m.env.limits;
    if (node.awaits && depthOf(m.state) >= childDepth) {
      throw fault(
        'runtime',
        `Runs wait for each other more than ${childDepth} levels deep: \`${node.named.name}\` seems to run itself without an end.`,
      );
    }
    const input = m.keep(evaluateTemplate(node.input, scope.input, scope), 'The input of the other flow');
    const hash = m.env.hash.sha256(canonicalJson([nameOf(node.named), input]));
    const { key, met, remembered } = placeOf(m, frame, node, hash);
    if (met?.end === 'completed' && !node.awaits) return m.complete(frame, scope.input, { reused: true });
    if (met !== undefined) return useTried(m, frame, met);
    m.emit({
      type: 'child.started',
      at: m.at,
      f: frame.id,
      child: childId(m, key),
      named: node.named,
      input,
      ...(node.awaits ? {} : { detached: true as const }),
      hash,
      ...remembered,
    });
    if (!node.awaits) m.complete(frame, scope.input);
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    m.raise(frame, error.error);
  }
}

/** The child run of a step has ended. Its output counts even where the step was about to be given up. */
export function childEnded(m: Machine, frame: Frame, child: string, end: ChildEnd): void {
  if (frame.child?.id !== child || !frame.child.open) return;
  switch (end.status) {
    case 'completed':
      return m.complete(frame, end.output);
    case 'faulted': {
      const error = childError(frame, child, end.error as FlowError);
      return m.raise(frame, frame.timedOut && !isAmbiguous(error) ? stepTimeout() : error, { end: 'refused' });
    }
    case 'cancelled': {
      const asked = frame.child.cancelled === true;
      m.emit({ type: 'child.ended', at: m.at, f: frame.id, child, end });
      if (frame.timedOut) return m.raise(frame, stepTimeout(), { end: 'refused' });
      if (asked && takesCourse(m, frame)) return;
      m.raise(frame, flowError('runtime', `The run ${child} of the other flow was cancelled.`), { end: 'refused' });
    }
  }
}

/** Asks the child run of a step that is given up to cancel, once. The step waits for its end. */
export function cancelChild(m: Machine, frame: Frame): void {
  const { child } = frame;
  if (child?.open && !child.cancelled) m.emit({ type: 'child.stopping', at: m.at, f: frame.id, child: child.id });
}

/** The error of a child run as its parent meets it: raised by the parent's step, with the place in the child told. */
function childError(frame: Frame, child: string, error: FlowError): FlowError {
  const at = error.instance === undefined ? '' : ` at ${error.instance}`;
  const detail = `${error.detail ?? error.title ?? 'It faulted.'} (run ${child}${at})`;
  return { ...error, detail, instance: frame.step };
}

function stepTimeout(): FlowError {
  return flowError('timeout', 'The step took longer than its timeout allows.');
}

function nameOf({ namespace, name, version }: FlowName): Json {
  return [namespace, name, version ?? null];
}

/** A run id (uuid, version 7) made of where the step stands: the same whenever the decision is made again. Its last byte spreads. */
function childId(m: Machine, key: string): string {
  // A run in doubt may have started it before, as another run: made of an earlier time, it is in doubt from its beginning.
  const at = Math.min(m.at, m.state.doubt?.since ?? m.at);
  const time = Math.max(0, Math.floor(at)).toString(16).padStart(12, '0').slice(-12);
  const hex = m.env.hash.sha256(canonicalJson(['child', m.state.id, key]));
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-8${hex.slice(3, 6)}-${hex.slice(6, 18)}`;
}
