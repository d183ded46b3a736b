import type { FlowError } from '../flow-error.ts';
import { errorKindOf } from '../flow-error.ts';
import type { Json } from '../json.ts';
import { addDuration } from '../program/durations.ts';
import type { Expression } from '../program/expression.ts';
import { evaluate, truthy } from '../program/expression.ts';
import { FlowFault } from '../program/fault.ts';
import type { RetryPolicy, TaskCommon, TryBody } from '../program/nodes.ts';
import { inputOf } from '../state/frames.ts';
import type { Frame } from '../state/state.ts';
import { takesCourse } from './held.ts';
import type { Machine, Started } from './machine.ts';
import type { Scope } from './scope.ts';

type TryNode = TaskCommon & TryBody;

/** What a `try` fixes as it starts. */
export function startTry(m: Machine, node: TryNode, scope: Scope): Started {
  const { retry } = node;
  if (retry === undefined) return {};
  return {
    retries: true,
    ...(retry.attemptDuration === undefined
      ? {}
      : { attemptDue: addDuration(retry.attemptDuration, m.at, scope.input, scope) }),
  };
}

/**
 * Offers an error to a `try`. True: it was caught, and the try is retried, goes on with its `catch`, or has ended.
 * Retries come first; only an error that is not retried any more reaches `catch.do`, and where there is none it goes on up.
 */
export function caughtBy(m: Machine, frame: Frame, error: FlowError): boolean {
  const node = m.node(frame) as TryNode & { kind: 'try' };
  const scope = m.scope(frame);
  scope.bound = new Map([[node.as, error]]);
  try {
    if (!matches(node, error, scope)) return false;
    if (node.retry !== undefined && retries(m, frame, node.retry, error, scope)) return true;
    if (node.retry !== undefined && node.caught === undefined && node.caughtThen === undefined) return false;
  } catch (thrown) {
    if (!(thrown instanceof FlowFault)) throw thrown;
    m.raise(frame, thrown.error);
    return true;
  }
  m.emit({ type: 'task.caught', at: m.at, f: frame.id, error, list: node.caught !== undefined });
  if (node.caught === undefined)
    m.complete(frame, inputOf(m.state, frame), node.caughtThen === undefined ? {} : { then: node.caughtThen });
  else if (!takesCourse(m, frame)) m.advance(frame);
  return true;
}

/** The list of a `try`, or of its `catch`, is done. */
export function tryDone(m: Machine, frame: Frame): void {
  const node = m.node(frame) as TryNode & { kind: 'try' };
  const then = frame.cursor?.list === 'catch' ? node.caughtThen : undefined;
  m.complete(frame, frame.cursor?.value ?? null, then === undefined ? {} : { then });
}

/** The delay before a try has passed. */
export function startRetry(m: Machine, frame: Frame): void {
  const node = m.node(frame) as TryNode & { kind: 'try' };
  let attemptDue: number | undefined;
  try {
    attemptDue = attemptDueOf(m, node.retry, m.scope(frame));
  } catch (thrown) {
    if (!(thrown instanceof FlowFault)) throw thrown;
    return m.raise(frame, thrown.error);
  }
  m.emit({ type: 'retry.started', at: m.at, f: frame.id, ...(attemptDue === undefined ? {} : { attemptDue }) });
  m.advance(frame);
}

function matches(node: TryNode, error: FlowError, scope: Scope): boolean {
  const ambiguous = errorKindOf(error.type) === 'ambiguous';
  if (ambiguous && errorKindOf(String(node.filter?.['type'] ?? '')) !== 'ambiguous') return false;
  for (const [field, wanted] of Object.entries(node.filter ?? {})) {
    if (!sameField(field, wanted, (error as Record<string, Json>)[field])) return false;
  }
  return holds(node.when, node.exceptWhen, error, scope);
}

function sameField(field: string, wanted: Json, actual: Json | undefined): boolean {
  if (field === 'type' && typeof wanted === 'string' && typeof actual === 'string')
    return errorKindOf(wanted) === errorKindOf(actual);
  return wanted === actual;
}

function holds(
  when: Expression | undefined,
  exceptWhen: Expression | undefined,
  error: FlowError,
  scope: Scope,
): boolean {
  if (when !== undefined && !truthy(evaluate(when, error, scope))) return false;
  return exceptWhen === undefined || !truthy(evaluate(exceptWhen, error, scope));
}

function retries(m: Machine, frame: Frame, policy: RetryPolicy, error: FlowError, scope: Scope): boolean {
  if (errorKindOf(error.type) === 'ambiguous') return false;
  const n = (frame.retries ?? 0) + 1;
  if (n > Math.min(policy.count ?? m.env.limits.tryRetries, m.env.limits.tryRetries)) return false;
  if (!holds(policy.when, policy.exceptWhen, error, scope)) return false;
  const until = m.at + delayBefore(m, policy, n, scope);
  if (policy.duration !== undefined) {
    const budgetEnd = addDuration(policy.duration, frame.firstErrorAt ?? m.at, scope.input, scope);
    if (until > budgetEnd) return false;
  }
  const waits = until > m.at;
  const attemptDue = waits ? undefined : attemptDueOf(m, policy, scope);
  m.emit({
    type: 'task.retried',
    at: m.at,
    f: frame.id,
    n,
    error,
    ...(waits ? { until } : {}),
    ...(attemptDue === undefined ? {} : { attemptDue }),
  });
  if (!waits) m.advance(frame);
  return true;
}

function attemptDueOf(m: Machine, policy: RetryPolicy | undefined, scope: Scope): number | undefined {
  return policy?.attemptDuration === undefined
    ? undefined
    : addDuration(policy.attemptDuration, m.at, scope.input, scope);
}

/** Delay before the n-th retry (ms): constant, n times, or doubled each time; never above `max`; then jitter is added. */
function delayBefore(m: Machine, policy: RetryPolicy, n: number, scope: Scope): number {
  const length = (duration: RetryPolicy['delay']) =>
    duration === undefined ? 0 : addDuration(duration, m.at, scope.input, scope) - m.at;
  const base = length(policy.delay);
  let delay = base;
  if (policy.backoff === 'linear') delay = base * n;
  if (policy.backoff === 'exponential') delay = base * policy.factor ** (n - 1);
  if (policy.max !== undefined) delay = Math.min(delay, length(policy.max));
  if (policy.jitter !== undefined) {
    const from = length(policy.jitter.from);
    delay += from + m.env.random() * (length(policy.jitter.to) - from);
  }
  return Math.round(Math.min(delay, longestDelay));
}

/** Longest delay between two tries (ms): a year, so that a steep backoff stays a date. */
const longestDelay = 31_536_000_000;
