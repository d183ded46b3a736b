import { flowError, isAmbiguous } from '../flow-error.ts';
import type { FlowError } from '../flow-error.ts';
import type { Json } from '../json.ts';
import { FlowFault } from '../program/fault.ts';
import type { ForkBody, TaskCommon } from '../program/nodes.ts';
import { contextOf, frameOf, valueOf } from '../state/frames.ts';
import type { Frame, RunState } from '../state/state.ts';
import { cancelBelow, giveUpBelow } from './give-up.ts';
import { overdue } from './held.ts';
import { layOver } from './lay-over.ts';
import { loosenBelow } from './loose.ts';
import type { Machine } from './machine.ts';

/** Starts the branches of a fork, in their order. */
export function startBranches(m: Machine, frame: Frame): void {
  if (frame.fork?.branches === 0) m.move({ kind: 'join', frame });
  for (const branch of branchesOf(m.state, frame)) m.advance(branch);
}

/** A branch has ended: the fork ends with it, or waits for others. */
export function join(m: Machine, frame: Frame): void {
  const { fork } = frame;
  if (fork === undefined) return;
  const node = m.node(frame) as TaskCommon & ForkBody;
  if (!node.compete) {
    if (fork.faulted > 0) failFork(m, frame);
    else if (fork.open === 0) complete(m, frame, branchesOf(m.state, frame));
    return;
  }
  const winner = fork.first === undefined ? undefined : branchesOf(m.state, frame)[fork.first];
  if (winner !== undefined) complete(m, frame, [winner]);
  else if (fork.open === 0 || overdue(m, frame) !== undefined) failFork(m, frame);
}

/**
 * Faults a fork, once every outcome in it is known. An outcome that stayed unknown is its error before any other; then the
 * error of the branch that faulted first, or of competing ones, of the first branch: that does not hang on who was faster.
 */
export function failFork(m: Machine, frame: Frame): void {
  if (!giveUpBelow(m, frame)) return;
  const node = m.node(frame) as TaskCommon & ForkBody;
  const errors = branchesOf(m.state, frame).flatMap(({ error }) => (error === undefined ? [] : [error]));
  const first: FlowError | undefined = node.compete ? errors[0] : frame.error;
  const error = errors.find(isAmbiguous) ?? first ?? flowError('runtime', 'No branch of the fork ended well.');
  cancelBelow(m, frame);
  m.raise(frame, error);
}

/** Ends a fork for a branch whose task ended the run: the others have lost. */
export function endFork(m: Machine, frame: Frame, branch: Frame): void {
  loosenBelow(m, frame);
  joinContext(m, frame, [branch]);
}

function complete(m: Machine, frame: Frame, branches: readonly Frame[]): void {
  const compete = (m.node(frame) as TaskCommon & ForkBody).compete;
  const outputs: readonly Json[] = branches.map((branch) => valueOf(m.state, branch));
  // Losers keep the context as it was.
  if (compete) loosenBelow(m, frame);
  try {
    joinContext(m, frame, branches);
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    return m.raise(frame, error.error);
  }
  m.complete(frame, compete ? (outputs[0] ?? null) : outputs);
}

/** Lays what the exports in branches changed over the context around the fork, in the order of the branches. */
function joinContext(m: Machine, frame: Frame, branches: readonly Frame[]): void {
  const before = contextOf(m.state, frame);
  let joined = before;
  for (const { context } of branches) if (context !== undefined) joined = layOver(joined, before, context);
  if (joined !== before)
    m.emit({ type: 'context.joined', at: m.at, f: frame.id, ctx: m.keep(joined, 'The exported context') });
}

function branchesOf(state: RunState, frame: Frame): Frame[] {
  return Array.from({ length: frame.fork?.branches ?? 0 }, (_, i) => frameOf(state, frame.id + 1 + i));
}
