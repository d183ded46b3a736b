import type { CompiledFlow } from '../program/nodes.ts';
import type { AskState, Frame, RunState, RunStatus, WaitingFor } from '../state/state.ts';
import { askTimes } from './ask.ts';
import { pageDone, pageLost } from './for.ts';
import { readyFrames, runDue } from './ready.ts';
import type { Pending } from './types.ts';

/** What must be under way for a run, read off its state. A run that has ended needs nothing. */
export function pending(state: RunState, flow: CompiledFlow): readonly Pending[] {
  if (state.status !== 'running') return [];
  const found: Pending[] = [];
  const due = runDue(state, flow);
  if (due !== undefined) found.push({ kind: 'timer', frame: 0, timer: 'timeout', at: due });
  for (const frame of state.frames.values()) addFrame(found, state, flow, frame);
  if (readyFrames(state, flow, 1).length > 0) found.push({ kind: 'continue' });
  return found;
}

/** Running or waiting, and why it waits: the worst cause first. `list`: what is pending, where the caller has it. */
export function statusOf(
  state: RunState,
  flow: CompiledFlow,
  list: readonly Pending[] = pending(state, flow),
): { status: RunStatus; waitingFor: WaitingFor | null } {
  if (state.status !== 'running') return { status: state.status, waitingFor: null };
  let waitingFor: WaitingFor | null = null;
  for (const one of list) {
    if (one.kind === 'attempt' || one.kind === 'page' || one.kind === 'continue')
      return { status: 'running', waitingFor: null };
    if (one.kind === 'decision')
      waitingFor = one.ask === undefined || waitingFor === 'decision' ? 'decision' : 'approval';
    else if (one.kind === 'event') waitingFor ??= 'event';
    else if (one.kind === 'child') waitingFor ??= 'child';
    else if (one.kind === 'permit') waitingFor ??= 'capacity';
    else if (one.timer === 'resend') waitingFor ??= 'target';
    else if (one.timer === 'wait' || one.timer === 'retry') waitingFor ??= 'timer';
  }
  return waitingFor === null ? { status: 'running', waitingFor } : { status: 'waiting', waitingFor };
}

function addFrame(found: Pending[], state: RunState, flow: CompiledFlow, frame: Frame): void {
  if (frame.due !== undefined && !frame.timedOut)
    found.push({ kind: 'timer', frame: frame.id, timer: 'timeout', at: frame.due });
  if (frame.attemptDue !== undefined)
    found.push({ kind: 'timer', frame: frame.id, timer: 'try', at: frame.attemptDue });
  if (frame.until !== undefined)
    found.push({ kind: 'timer', frame: frame.id, timer: frame.kind === 'wait' ? 'wait' : 'retry', at: frame.until });
  if (frame.listen !== undefined && !frame.listen.last)
    found.push({ kind: 'event', frame: frame.id, step: frame.step });
  if (frame.ask?.open) addQuestion(found, frame, frame.ask);
  if (frame.child?.open) found.push({ kind: 'child', frame: frame.id, child: frame.child.id });
  if (frame.dataset !== undefined) addPage(found, flow, frame, state);
  if (frame.wants !== undefined) addPermit(found, flow, frame, frame.wants.target);
  const { effect } = frame;
  if (effect === undefined) return;
  if (effect.open)
    found.push({ kind: 'attempt', frame: frame.id, attempt: effect.attempts, due: effect.due, target: effect.target });
  if (effect.retryAt !== undefined) found.push({ kind: 'timer', frame: frame.id, timer: 'resend', at: effect.retryAt });
  if (effect.question !== undefined) {
    found.push({
      kind: 'decision',
      frame: frame.id,
      id: effect.question,
      step: frame.step,
      reason: effect.error?.detail ?? '',
      askedAt: state.at,
    });
  }
}

function addQuestion(found: Pending[], { id: frame, step }: Frame, ask: AskState): void {
  for (const { timer, at } of askTimes(ask)) found.push({ kind: 'timer', frame, timer, at });
  found.push({ kind: 'decision', frame, id: ask.id, step, reason: ask.terms.title, askedAt: ask.askedAt, ask });
}

function addPermit(found: Pending[], flow: CompiledFlow, frame: Frame, target: string): void {
  const node = flow.nodes.get(frame.step);
  const concurrency = node !== undefined && 'description' in node ? node.description.concurrency : 1;
  found.push({ kind: 'permit', frame: frame.id, target, concurrency });
}

function addPage(found: Pending[], flow: CompiledFlow, frame: Frame, state: RunState): void {
  const node = flow.nodes.get(frame.step);
  const size = node?.contract.batch?.size ?? 1;
  const dataset = frame.dataset ?? null;
  if (pageLost({ flow }, frame)) {
    found.push({ kind: 'page', frame: frame.id, dataset, cursor: frame.page?.from ?? null, size, reload: true });
    return;
  }
  if (!pageDone({ flow }, frame) || frame.page?.last) return;
  for (const other of state.frames.values()) if (other.p === frame.id) return;
  found.push({ kind: 'page', frame: frame.id, dataset, cursor: frame.page?.next ?? null, size, reload: false });
}
