import { invariant } from '../errors.ts';
import type { FlowError } from '../flow-error.ts';
import { flowError } from '../flow-error.ts';
import type { Json } from '../json.ts';
import { addDuration } from '../program/durations.ts';
import { evaluateTemplate } from '../program/expression.ts';
import { FlowFault } from '../program/fault.ts';
import type { CompiledFlow } from '../program/nodes.ts';
import { checkSchema } from '../program/schemas.ts';
import { emptyState } from '../state/apply.ts';
import { frameOf, inputOf } from '../state/frames.ts';
import type { Frame, RunState } from '../state/state.ts';
import type { Parent } from '../ports.ts';
import { askAnswered, askDue } from './ask.ts';
import { attemptEnded, attemptLost, decided, resend } from './attempt.ts';
import { startAttempt } from './call.ts';
import { childEnded } from './child.ts';
import { cancelRun, completeTask, finishRun } from './complete.ts';
import { begunAgain, bornIn, reconcile, waitPassed } from './doubt.ts';
import { enterTask } from './enter.ts';
import { extensionDone } from './extended.ts';
import { nextIteration, pageRead } from './for.ts';
import { join } from './fork.ts';
import { overdue } from './held.ts';
import { eventCame, eventHandled, nextEvent } from './listen.ts';
import type { Move } from './machine.ts';
import { listDone, listOf, Machine, taskOf } from './machine.ts';
import { abortRun, faultRun, raise, raiseTryTimeout, reachTimeout, takeCourse } from './raise.ts';
import { readyFrames, runDue } from './ready.ts';
import { startRetry, tryDone } from './try.ts';
import { Scope } from './scope.ts';
import type { Decision, DecideEnv, Stimulus, TimerKind } from './types.ts';

/** A run that is accepted. */
export interface Beginning {
  readonly id: string;
  readonly flowHash: string;
  readonly input: Json;
  /** Time of the start (ms). */
  readonly at: number;
  readonly key?: string;
  /** Who is told of its end. */
  readonly parent?: Parent;
}

/** Starts a run: its first events, up to what it must wait for. An input that its schema refuses faults the run. */
export function beginRun(run: Beginning, flow: CompiledFlow, env: DecideEnv): { state: RunState; decision: Decision } {
  const state = emptyState(run.id);
  const m = new Machine(state, flow, env, run.at);
  // The first event carries what these expressions give, so they see the run as it will be.
  const scope = new Scope({
    state: { ...state, input: run.input, startedAt: run.at },
    flow,
    raw: run.input,
    startedAt: run.at,
    now: run.at,
  });
  let transformed: Json | undefined;
  let failure: FlowFault | undefined;
  let due = run.at + flow.deadlineMs;
  try {
    if (flow.inputSchema !== undefined) checkSchema(flow.inputSchema, run.input, "The flow's input");
    if (flow.inputFrom !== undefined)
      transformed = m.keep(evaluateTemplate(flow.inputFrom, run.input, scope), "The flow's input");
    if (flow.timeout !== undefined)
      due = Math.min(due, addDuration(flow.timeout, run.at, transformed ?? run.input, scope));
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    failure = error;
  }
  m.emit({
    type: 'run.started',
    at: run.at,
    flow: run.flowHash,
    input: run.input,
    ...(transformed === undefined ? {} : { in: transformed }),
    due,
    ...(run.key === undefined ? {} : { key: run.key }),
    ...(run.parent === undefined ? {} : { parent: run.parent }),
    ...bornIn(env, run.id),
  });
  begunAgain(m);
  if (failure !== undefined) m.move({ kind: 'fault', error: failure.error });
  else m.advance(frameOf(state, 0));
  return { state, decision: drive(m) };
}

/** Decides one stimulus. The state is changed through `apply` alone; a stimulus that no longer applies leads to no events. */
export function decide(state: RunState, flow: CompiledFlow, stimulus: Stimulus, env: DecideEnv): Decision {
  const m = new Machine(state, flow, env, stimulus.kind === 'continue' ? state.at : Math.max(stimulus.at, state.at));
  if (state.status !== 'running')
    return { events: [], yielded: false, ...(stimulus.kind === 'event' ? { event: 'returned' as const } : {}) };
  if (stimulus.kind === 'event') {
    const event = eventCame(m, stimulus);
    return { ...drive(m), event };
  }
  if (stimulus.kind !== 'continue') react(m, stimulus);
  else {
    for (const frame of readyFrames(state, flow)) m.advance(frame);
  }
  return drive(m);
}

function react(m: Machine, stimulus: Exclude<Stimulus, { kind: 'continue' | 'event' }>): void {
  switch (stimulus.kind) {
    case 'permit':
      return withFrame(m, stimulus.frame, (frame) => startAttempt(m, frame));
    case 'attempt':
    case 'lost':
      return withFrame(m, stimulus.frame, (frame) => {
        const { effect } = frame;
        if (effect === undefined || !effect.open || effect.attempts !== stimulus.attempt) return;
        if (stimulus.kind === 'attempt') attemptEnded(m, frame, effect, stimulus.outcome);
        else attemptLost(m, frame, effect, stimulus);
      });
    case 'page':
      return withFrame(m, stimulus.frame, (frame) => pageRead(m, frame, stimulus.page));
    case 'timer':
      return withFrame(m, stimulus.frame, (frame) => timerDue(m, frame, stimulus.timer));
    case 'child':
      return withFrame(m, stimulus.frame, (frame) => childEnded(m, frame, stimulus.child, stimulus.end));
    case 'decision':
      return decisionMade(m, stimulus);
    case 'cancel':
      if (m.state.cancel !== undefined) return;
      m.emit({
        type: 'cancel.requested',
        at: m.at,
        by: stimulus.by,
        ...(stimulus.reason === undefined ? {} : { reason: stimulus.reason }),
      });
      return m.move({ kind: 'cancel' });
    case 'reconcile':
      return reconcile(m, stimulus);
    case 'rejected':
      return m.move({ kind: 'fault', error: flowError('runtime', stimulus.reason) });
  }
}

function withFrame(m: Machine, id: number, then: (frame: Frame) => void): void {
  const frame = m.state.frames.get(id);
  if (frame !== undefined) then(frame);
}

function timerDue(m: Machine, frame: Frame, timer: TimerKind): void {
  switch (timer) {
    case 'wait':
      if (frame.kind !== 'wait' || !due(m, frame.until)) return;
      waitPassed(m, frame);
      return m.complete(frame, inputOf(m.state, frame));
    case 'retry':
      if (frame.kind === 'try' && due(m, frame.until)) startRetry(m, frame);
      return;
    case 'resend':
      if (due(m, frame.effect?.retryAt)) resend(m, frame);
      return;
    case 'answer':
    case 'remind':
    case 'escalate':
      return askDue(m, frame, timer);
    case 'timeout':
      if (due(m, frame.p === undefined ? runDue(m.state, m.flow) : frame.due) && !frame.timedOut)
        reachTimeout(m, frame);
      return;
    case 'try':
      if (due(m, frame.attemptDue)) raiseTryTimeout(m, frame);
  }
}

function decisionMade(m: Machine, stimulus: Extract<Stimulus, { kind: 'decision' }>): void {
  for (const frame of m.state.frames.values()) {
    if (frame.ask?.open && frame.ask.id === stimulus.id) return askAnswered(m, frame, frame.ask, stimulus);
    if (frame.effect?.question !== stimulus.id) continue;
    const { id, verdict, by, reason } = stimulus;
    // An answer to another kind of question: this one stays open.
    if ('decision' in verdict) return;
    return decided(m, frame, { id, verdict, by, ...(reason === undefined ? {} : { reason }) });
  }
}

/** Makes one move after another until none is asked for, or the run must yield. */
function drive(m: Machine): Decision {
  for (let move = m.next(); move !== undefined && m.state.status === 'running'; move = m.next()) {
    if (isVoid(m, move)) continue;
    if (move.kind === 'advance') {
      if (m.full()) return { events: m.events, yielded: true };
      if (m.state.pure > m.env.limits.pureTasks) move = { kind: 'fault', error: spinning(m) };
    }
    make(m, move);
  }
  return { events: m.events, yielded: false };
}

function make(m: Machine, move: Move): void {
  switch (move.kind) {
    case 'advance':
      return goOn(m, move.frame);
    case 'complete':
      return completeTask(m, move.frame, move.output, move.how);
    case 'raise':
      return raise(m, move.frame, move.error, move.ending);
    case 'course':
      return takeCourse(m, move.frame);
    case 'join':
      return join(m, move.frame);
    case 'cancel':
      return cancelRun(m);
    case 'fault':
      return abortRun(m, move.error);
  }
}

/** Whether another branch has meanwhile ended, or holds back, the step that a move is about. */
function isVoid(m: Machine, move: Move): boolean {
  if (!('frame' in move) || move.frame.loose) return false;
  if (m.state.frames.get(move.frame.id) !== move.frame) return true;
  return m.crowded && move.kind === 'advance' && overdue(m, move.frame) !== undefined;
}

/** Enters the next task of a composite step, or ends its list. */
function goOn(m: Machine, frame: Frame): void {
  if (frame.kind === 'branch') return enterTask(m, frame, taskOf(m.flow, frame));
  if (frame.p === undefined && frame.error !== undefined) return faultRun(m, frame.error);
  if (frame.kind === 'for' && frame.n === -1) return nextIteration(m, frame);
  if (frame.listen !== undefined && frame.cursor === undefined) return nextEvent(m, frame);
  if (!listDone(m.flow, frame)) {
    const node = listOf(m.flow, frame).tasks[frame.cursor?.i ?? 0];
    invariant(node !== undefined, 'the list has a next task');
    return enterTask(m, frame, node);
  }
  const value = frame.cursor?.value ?? null;
  switch (frame.kind) {
    case 'root':
      return finishRun(m, value);
    case 'for':
      return nextIteration(m, frame);
    case 'try':
      return tryDone(m, frame);
    case 'extended':
      return extensionDone(m, frame);
    case 'listen':
      return eventHandled(m, frame);
    default:
      return m.complete(frame, value);
  }
}

function spinning(m: Machine): FlowError {
  return flowError(
    'runtime',
    `The run did ${m.env.limits.pureTasks} tasks without an effect or a wait: it seems to spin.`,
  );
}

function due(m: Machine, time: number | undefined): boolean {
  return time !== undefined && time <= m.at;
}
