import { flowError } from '../flow-error.ts';
import type { Guarantee } from '../guarantee/classes.ts';
import type { TaskCommon } from '../program/nodes.ts';
import { frameOf } from '../state/frames.ts';
import type { Doubt, EffectState, Frame } from '../state/state.ts';
import { endAmbiguous, retention } from './ambiguous.ts';
import type { Machine } from './machine.ts';
import type { DecideEnv } from './types.ts';
import { listOf } from './machine.ts';

/**
 * The database went back to an earlier point, or may have. What the run did after it is not in its journal any more, but
 * was done: from here on a `once` effect that is about to be sent may have been sent, and a person says whether it was,
 * until the run is where it surely never came before.
 */
export function reconcile(m: Machine, { lineage, until }: { readonly lineage: number; readonly until: number }): void {
  const { state } = m;
  if (lineage <= (state.lineage ?? 0)) return;
  const { since, frame } = state.doubt ?? { since: state.at, frame: state.nextFrame };
  m.emit({ type: 'run.reconciled', at: m.at, lineage, since, until, frame });
}

/** What a run's first event says of its lineage: nothing in the first one. A run that may have been begun before is of none yet. */
export function bornIn({ lineage }: DecideEnv, run: string): { lineage?: number } {
  if (lineage === undefined || lineage.number === 0 || timeOf(run) < lineage.at) return {};
  return { lineage: lineage.number };
}

/** A start with an id that was made before the database went back: it may have begun, and gone on, in what is lost. */
export function begunAgain(m: Machine): void {
  const { env, state } = m;
  if (env.lineage === undefined || (state.lineage ?? 0) >= env.lineage.number) return;
  const { number, until } = env.lineage;
  const since = Math.min(timeOf(state.id), m.at);
  m.emit({ type: 'run.reconciled', at: m.at, lineage: number, since, until, frame: state.nextFrame });
}

/** When a run's id was made (ms): it begins with the time. */
function timeOf(run: string): number {
  return Number.parseInt(run.slice(0, 8) + run.slice(9, 13), 16);
}

/** When no attempt that the database has lost can arrive any more (ms). */
export function lostEnd(m: Machine, frame: Frame): number {
  const { doubt } = m.state;
  const node = m.node(frame);
  if (doubt === undefined || !('description' in node)) return Number.NEGATIVE_INFINITY;
  return doubt.until + (node.contract.attemptTimeoutMs ?? node.description.timeoutMs);
}

/** Whether an effect may have been applied before the database went back, and its target would not notice a repeat. */
export function isDoubtful(m: Machine, node: TaskCommon, guarantee: Guarantee, effect?: EffectState): boolean {
  if (m.state.doubt === undefined || effect?.denied) return false;
  return guarantee === 'once' || m.at >= doubtEnd(m, node, guarantee, effect);
}

/** When a `keyed` target may forget a key that it may have had from before the database went back (ms). */
export function doubtEnd(
  { state }: Pick<Machine, 'state'>,
  node: TaskCommon,
  guarantee: Guarantee | undefined,
  effect?: EffectState,
): number {
  if (state.doubt === undefined || guarantee !== 'keyed' || effect?.denied) return Number.POSITIVE_INFINITY;
  return Math.min(state.doubt.since, effect?.firstAt ?? state.doubt.since) + retention(node);
}

/** Lets a person say what became of an attempt that has just started, where it is doubtful, instead of sending it. */
export function askFirst(m: Machine, frame: Frame, node: TaskCommon): boolean {
  const { effect } = frame;
  if (effect === undefined || !effect.open || !isDoubtful(m, node, effect.guarantee, effect)) return false;
  const error = flowError(
    'ambiguous',
    'The database was restored to an earlier point; this step may already have been sent.',
    { instance: frame.step },
  );
  m.emit({
    type: 'attempt.ended',
    at: m.at,
    f: frame.id,
    a: effect.attempts,
    outcome: 'ambiguous',
    error,
    left: true,
  });
  endAmbiguous(m, frame, error);
  return true;
}

/** A person has said that an effect was not applied: if all that follows can only follow its completion, nothing of that was done. */
export function denied(m: Machine, frame: Frame): void {
  const { doubt } = m.state;
  if (doubt !== undefined && isGate(m, frame, doubt)) m.emit({ type: 'doubt.ended', at: m.at });
}

/** A wait has passed: if it began before the database went back, and ended after, nothing that follows was done. */
export function waitPassed(m: Machine, frame: Frame): void {
  const { doubt } = m.state;
  if (doubt === undefined || frame.id >= doubt.frame || (frame.until ?? 0) <= doubt.until) return;
  if (above(m, frame).every(({ kind }) => kind !== 'branch')) m.emit({ type: 'doubt.ended', at: m.at });
}

/**
 * Whether the run cannot get past a step without completing it. Within a branch it can, as the others go on; within a
 * `try` it can, by an error. A step that was active at the recovered point has surely been met on the way that is lost;
 * for another one no condition, jump or loop may have led around it.
 */
function isGate(m: Machine, frame: Frame, doubt: Doubt): boolean {
  const met = frame.id < doubt.frame;
  return [frame, ...above(m, frame)].every((one) => {
    if (one.kind === 'branch' || one.kind === 'try') return false;
    return met || one.p === undefined || one.id < doubt.frame || isStraight(m, one);
  });
}

/** Whether every run of a step's list comes to the step, once. */
function isStraight(m: Machine, frame: Frame): boolean {
  const holder = m.parent(frame);
  const node = m.flow.nodes.get(holder.step);
  // Its items, and so how often its list runs, were the same only if it was active already.
  const loops = node?.kind === 'for' && (node.condition !== undefined || holder.id >= (m.state.doubt?.frame ?? 0));
  if (loops || !straightHolders.has(holder.kind)) return false;
  const { tasks } = listOf(m.flow, holder);
  return (
    tasks[frame.i]?.condition === undefined && tasks.every((task) => task.kind !== 'switch' && task.then === 'continue')
  );
}

/** Kinds of step that run their list to its end. */
const straightHolders = new Set<Frame['kind']>(['root', 'do', 'call', 'for']);

/** The steps around a step, innermost first. */
function above(m: Machine, frame: Frame): Frame[] {
  const found: Frame[] = [];
  for (let p = frame.p; p !== undefined; p = found.at(-1)?.p) found.push(frameOf(m.state, p));
  return found;
}
