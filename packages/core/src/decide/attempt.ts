import type { FlowError } from '../flow-error.ts';
import { flowError } from '../flow-error.ts';
import type { Outcome } from '../outcome.ts';
import { keeperOf } from '../state/tried.ts';
import type { Answer, Verdict } from '../state/events.ts';
import type { EffectState, Frame } from '../state/state.ts';
import { ambiguousError, endAmbiguous, retention } from './ambiguous.ts';
import { startAttempt } from './call.ts';
import { denied, lostEnd } from './doubt.ts';
import { overdue } from './held.ts';
import type { Machine } from './machine.ts';
import { located, unresolved } from './machine.ts';

/**
 * An attempt ended. What never left is sent again for every class; what is open is sent again for every class but
 * `once`; every answer goes to the flow at once. An unknown outcome never becomes an error by itself.
 */
export function attemptEnded(m: Machine, frame: Frame, effect: EffectState, outcome: Outcome): void {
  switch (outcome.kind) {
    case 'completed':
      return m.complete(frame, outcome.output, {
        attempt: effect.attempts,
        ...(outcome.pure === true && effect.guarantee !== 'pure' ? { pure: true as const } : {}),
      });
    case 'terminal':
      return answered(m, frame, effect, outcome.error, 'refused');
    case 'retryable':
      if (!outcome.left) return unsent(m, frame, effect, outcome.error);
      if (effect.unknown) return unanswered(m, frame, effect, outcome.error, outcome.afterMs);
      return answered(m, frame, effect, outcome.error, 'answered');
    case 'ambiguous':
      return unanswered(m, frame, effect, outcome.error);
    case 'cancelled':
      return unsent(m, frame, effect, flowError('timeout', 'The attempt was given up before anything was sent.'));
  }
}

/** An attempt whose worker is gone, or that this process knows it never sent. */
export function attemptLost(
  m: Machine,
  frame: Frame,
  effect: EffectState,
  { unsent: unsentForSure, dead }: { readonly unsent: boolean; readonly dead?: boolean },
): void {
  const error = flowError('communication', 'The worker that sent the request ended before the answer was recorded.');
  if (!unsentForSure) return unanswered(m, frame, effect, error, 0, dead !== true);
  if (!effect.unknown && overdue(m, frame) !== undefined) return unsent(m, frame, effect, error);
  again(m, frame, effect, error, { left: false, delay: 0 });
}

/**
 * A person has decided an ambiguous step. What was not applied is sent again; where its first sender was not seen to
 * end, only once nothing of it can arrive any more.
 */
export function decided(
  m: Machine,
  frame: Frame,
  how: { id: string; verdict: Exclude<Verdict, Answer>; by: string; reason?: string },
): void {
  const effect = frame.effect as EffectState;
  const clearAt = Math.max(effect.lost ? effect.due + m.env.limits.lostSender : m.at, lostEnd(m, frame));
  const waits = clearAt > m.at && 'applied' in how.verdict && !how.verdict.applied;
  m.emit({ type: 'decision.made', at: m.at, f: frame.id, ...how, ...(waits ? { retryAt: clearAt } : {}) });
  if ('applied' in how.verdict && !how.verdict.applied) denied(m, frame);
  if ('fail' in how.verdict) return m.raise(frame, ambiguousError(frame, effect), { end: 'open' });
  if (how.verdict.applied) return m.complete(frame, how.verdict.output);
  if (m.state.cancel !== undefined) return m.move({ kind: 'cancel' });
  if (overdue(m, frame) !== undefined) return m.raise(frame, givenUp(m, frame), { end: 'refused' });
  if (!waits) resend(m, frame);
}

/** The delay before a resend has passed: take a permit and send, or wait for one. */
export function resend(m: Machine, frame: Frame): void {
  const { effect } = frame;
  if (effect?.retryAt === undefined) return;
  m.emit({ type: 'permit.wanted', at: m.at, f: frame.id });
  const node = m.node(frame);
  const concurrency = 'description' in node ? node.description.concurrency : 1;
  if (m.env.acquire(effect.target, concurrency)) startAttempt(m, frame);
}

/** The target answered, and not with success: the flow meets the error at once. */
function answered(m: Machine, frame: Frame, effect: EffectState, error: FlowError, end: 'refused' | 'answered'): void {
  const raised = frame.timedOut ? stepTimeout() : error;
  m.raise(frame, raised, { attempt: effect.attempts, end });
}

/** Nothing left in this attempt. */
function unsent(m: Machine, frame: Frame, effect: EffectState, error: FlowError): void {
  if (effect.unknown) return unanswered(m, frame, effect, error);
  const late = overdue(m, frame) !== undefined;
  const retriedOutside = keeperOf(m.state, frame.p) !== undefined;
  if (late || retriedOutside || !m.node(frame).contract.resend || m.at - effect.firstAt >= m.env.limits.resendFor) {
    return m.raise(frame, frame.timedOut ? stepTimeout() : error, {
      attempt: effect.attempts,
      end: effect.left ? 'answered' : 'unsent',
    });
  }
  again(m, frame, effect, error, { left: false });
}

/** The request left, or may have left, and nobody knows whether it was applied. */
function unanswered(
  m: Machine,
  frame: Frame,
  effect: EffectState,
  error: FlowError,
  delay?: number,
  lost = false,
): void {
  const pure = effect.guarantee === 'pure';
  // A target may ask for a pause that ends after the time in which it still knows the key.
  const next = m.at + (delay ?? 0);
  const open =
    effect.guarantee !== 'once' &&
    m.node(frame).contract.resend &&
    next - effect.firstAt < resendWindow(m, frame, effect);
  if (open) return again(m, frame, effect, error, { left: true, ...(delay === undefined ? {} : { delay }) });
  if (pure)
    return m.raise(
      frame,
      { ...flowError('communication', error.detail ?? 'The target did not answer.'), status: error.status },
      { attempt: effect.attempts, end: 'answered' },
    );
  m.emit({
    type: 'attempt.ended',
    at: m.at,
    f: frame.id,
    a: effect.attempts,
    outcome: 'ambiguous',
    error: located(error, frame.step),
    left: true,
    ...(lost ? { lost: true as const } : {}),
  });
  endAmbiguous(m, frame);
}

/** How long an unanswered effect is sent again by itself: not past 0.9 of what a keyed target remembers. */
function resendWindow(m: Machine, frame: Frame, effect: EffectState): number {
  if (effect.guarantee !== 'keyed') return m.env.limits.resendFor;
  const firstAt = Math.min(effect.firstAt, m.state.doubt?.since ?? effect.firstAt);
  return Math.min(m.env.limits.resendFor, retention(m.node(frame)) - (effect.firstAt - firstAt));
}

function again(
  m: Machine,
  frame: Frame,
  effect: EffectState,
  error: FlowError,
  how: { left: boolean; delay?: number },
): void {
  const { resendBase, resendCap } = m.env.limits;
  const delay =
    how.delay ?? Math.round(m.env.random() * Math.min(resendCap, resendBase * 2 ** Math.min(effect.attempts, 20)));
  m.emit({
    type: 'attempt.ended',
    at: m.at,
    f: frame.id,
    a: effect.attempts,
    outcome: how.left ? 'ambiguous' : 'retryable',
    error: located(error, frame.step),
    left: how.left,
    retryAt: m.at + delay,
  });
  if (m.state.cancel !== undefined && !unresolved(frame)) return m.move({ kind: 'cancel' });
  if (delay === 0) resend(m, frame);
}

/** Why a step ends that is not sent again though it was not applied. */
function givenUp(m: Machine, frame: Frame): FlowError {
  const late = overdue(m, frame);
  if (late?.timedOut || late?.tryTimedOut) return stepTimeout();
  return flowError('runtime', 'The step was given up: its fork had ended, or was about to.');
}

function stepTimeout(): FlowError {
  return flowError('timeout', 'The step took longer than its timeout allows.');
}
