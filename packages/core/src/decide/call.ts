import type { Guarantee } from '../guarantee/classes.ts';
import type { JsonObject } from '../json.ts';
import type { ActionBody, TaskCommon } from '../program/nodes.ts';
import { flowError } from '../flow-error.ts';
import { fault, FlowFault } from '../program/fault.ts';
import { isActionCall } from '../program/nodes.ts';
import { frameOf } from '../state/frames.ts';
import { keeperOf } from '../state/tried.ts';
import type { Intent } from '../state/events.ts';
import type { EffectState, Frame, TriedEffect } from '../state/state.ts';
import { endAmbiguous, retention } from './ambiguous.ts';
import { askFirst, doubtEnd, isDoubtful } from './doubt.ts';
import { effectKey } from './effect-key.ts';
import type { Machine, Started } from './machine.ts';
import { argumentsOf, naturalKey, prepare, requestHash } from './request.ts';
import type { Scope } from './scope.ts';
import { sizeOf } from './value-size.ts';

type ActionNode = TaskCommon & ActionBody;

/** An effect at its step's entry: its key, request hash and guarantee are made here, once. */
export function startAction(m: Machine, parent: Frame, node: ActionNode, scope: Scope): Started {
  const args = sendable(m, node, scope);
  const guarantee = node.contract.guarantee ?? node.description.guarantee(args, node.contract.keyIn);
  const target = node.description.target(args);
  const hash = requestHash(node.action, args, m.env.hash);
  const visit = (parent.cursor?.visits[node.i] ?? 0) + 1;
  const place = effectKey(m.state, parent, node.name, visit, 1, m.env.hash);
  const keeper = keeperOf(m.state, parent.id);
  const met = keeper?.tried?.[place];
  if (met !== undefined && (settled(met, hash, guarantee === 'pure') || m.at >= keyEnd(node, guarantee, met))) {
    m.reused = met;
    return {};
  }
  if (met === undefined && (keeper?.triedCount ?? 0) >= m.env.limits.triedEffects) {
    throw fault(
      'runtime',
      `A \`try\` with \`retry\` remembers at most ${m.env.limits.triedEffects} effects, so that none is sent twice; put the retry around fewer of them.`,
    );
  }
  const natural = naturalKey(node, scope);
  const n = met === undefined ? 1 : nextEffect(met, guarantee === 'pure');
  const key = natural ?? (n === 1 ? place : effectKey(m.state, parent, node.name, visit, n, m.env.hash));
  const due = Math.min(attemptDue(m, node, scope, parent), keyEnd(node, guarantee, met), doubtEnd(m, node, guarantee));
  const intent: Intent = {
    key,
    hash,
    guarantee,
    target,
    due,
    ...sender(m, guarantee),
    ...(keeper === undefined ? {} : { place, n }),
  };
  // Nothing is sent before a person has answered, so it needs no permit.
  if (!isDoubtful(m, node, guarantee) && !m.env.acquire(target, node.description.concurrency))
    return { wants: { target, key, guarantee, ...(keeper === undefined ? {} : { place, n }) } };
  m.prepared = args;
  return { intent };
}

/** A permit is in hand: the first attempt of an effect starts, or the next one. */
export function startAttempt(m: Machine, frame: Frame): void {
  const node = m.node(frame);
  const { wants, effect } = frame;
  if (wants === undefined || !isActionCall(node)) return;
  let args: JsonObject;
  try {
    args = sendable(m, node, m.scope(frame, effect?.firstAt ?? m.at));
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    m.env.release(wants.target);
    return effect?.left && effect.guarantee !== 'pure'
      ? endAmbiguous(m, frame)
      : m.raise(frame, error.error, { end: 'unsent' });
  }
  const hash = requestHash(node.action, args, m.env.hash);
  const met = wants.place === undefined ? undefined : keeperOf(m.state, frame.p)?.tried?.[wants.place];
  if (effect !== undefined && (mayNotFollow(effect, hash) || m.at >= keyEnd(node, effect.guarantee, met, effect))) {
    m.env.release(wants.target);
    return endAmbiguous(m, frame);
  }
  // The request was built with the time of the permit: what the retry knows must hold for this one.
  if (
    effect === undefined &&
    met !== undefined &&
    (settled(met, hash, wants.guarantee === 'pure') || m.at >= keyEnd(node, wants.guarantee, met))
  ) {
    m.env.release(wants.target);
    return useTried(m, frame, met);
  }
  m.emit({
    type: 'attempt.started',
    at: m.at,
    f: frame.id,
    a: (effect?.attempts ?? 0) + 1,
    intent: nextIntent(m, frame, node, { hash, effect, met }),
  });
  prepare(frame, args);
  if (askFirst(m, frame, node)) m.env.release(wants.target);
}

/** The arguments of an action, no larger or deeper than what a run keeps. */
function sendable(m: Machine, node: ActionNode, scope: Scope): JsonObject {
  const args = argumentsOf(node, scope);
  sizeOf(args, 'What the action is given', m.env.limits);
  return args;
}

function nextIntent(
  m: Machine,
  frame: Frame,
  node: ActionNode,
  known: { hash: string; effect: EffectState | undefined; met: TriedEffect | undefined },
): Intent {
  const { wants } = frame;
  const { hash, effect, met } = known;
  const from = effect ?? wants;
  const scope = m.scope(frame);
  return {
    key: from?.key ?? '',
    hash,
    guarantee: from?.guarantee ?? 'once',
    target: from?.target ?? '',
    due: Math.min(
      attemptDue(m, node, scope, m.parent(frame), frame),
      keyEnd(node, from?.guarantee, met, effect),
      doubtEnd(m, node, from?.guarantee, effect),
    ),
    ...sender(m, from?.guarantee ?? 'once'),
    ...(from?.place === undefined ? {} : { place: from.place, n: from.n ?? 1 }),
  };
}

/**
 * When nothing more may leave under an effect's key, as its target may have it already and will forget it (ms): it left in
 * an earlier try that was answered neither with success nor a certain refusal, or in this one, and nobody knows.
 */
function keyEnd(
  node: ActionNode,
  guarantee: Guarantee | undefined,
  met: TriedEffect | undefined,
  effect?: EffectState,
): number {
  const never = Number.POSITIVE_INFINITY;
  if (guarantee !== 'keyed' || effect?.unknown === false) return never;
  const triedAt = met === undefined || met.end === 'completed' || met.end === 'refused' ? never : (met.keyAt ?? never);
  return Math.min(triedAt, effect?.firstAt ?? never) + retention(node);
}

function sender(m: Machine, guarantee: Guarantee): { by?: string } {
  return guarantee === 'once' && m.env.worker !== undefined ? { by: m.env.worker } : {};
}

/**
 * When an attempt is given up: its timeout, or the deadline of the step, of an enclosing one, or of the run, whichever
 * comes first.
 */
function attemptDue(m: Machine, node: ActionNode, scope: Scope, parent: Frame, frame?: Frame): number {
  const timeout = node.contract.attemptTimeoutMs ?? node.description.timeoutMs;
  let due = m.at + timeout;
  const own = frame?.due ?? (node.timeout === undefined || frame !== undefined ? undefined : scope.due);
  if (own !== undefined && own > m.at) due = Math.min(due, own);
  for (
    let above: Frame | undefined = parent;
    above !== undefined;
    above = above.p === undefined ? undefined : frameOf(m.state, above.p)
  ) {
    if (above.due !== undefined && above.due > m.at) due = Math.min(due, above.due);
    if (above.attemptDue !== undefined && above.attemptDue > m.at) due = Math.min(due, above.attemptDue);
  }
  if (m.state.due !== undefined && m.state.due > m.at) due = Math.min(due, m.state.due);
  return due;
}

/** An effect that an enclosing retry has met before: its recorded end stands, nothing is sent. */
export function useTried(m: Machine, frame: Frame, met: TriedEffect): void {
  if (met.end === 'completed' && met.out !== undefined) return m.complete(frame, met.out, { reused: true });
  if (met.end === 'completed')
    return m.raise(
      frame,
      flowError('runtime', 'The effect completed in an earlier try, but its output was too large to be kept.'),
    );
  m.raise(frame, flowError('ambiguous', 'It is still not known whether the effect of the earlier try was applied.'), {
    end: 'open',
  });
}

/**
 * Whether nothing may be sent for an effect that was met before: it completed with the same request, is still unknown, or
 * had another request under the key that this one would have.
 */
function settled(met: TriedEffect, hash: string, pure: boolean): boolean {
  if (pure || met.end === 'refused') return false;
  if (met.end === 'completed') return met.hash === hash;
  return met.end === 'open' || (met.left && met.hash !== hash);
}

/** Whether an effect that left must not be sent with this request, as it is not the frozen one. */
function mayNotFollow(effect: EffectState, hash: string): boolean {
  return effect.left && effect.guarantee !== 'pure' && effect.hash !== hash;
}

/** Number of the effect that follows one that ended: a new one after a completion or certain refusal, else the same. */
function nextEffect(met: TriedEffect, pure: boolean): number {
  return !pure && (met.end === 'completed' || met.end === 'refused') ? met.n + 1 : met.n;
}
