import { invariant } from '../errors.ts';
import type { FlowError } from '../flow-error.ts';
import { errorKindOf } from '../flow-error.ts';
import type { Json } from '../json.ts';
import type { Intent, RunEvent } from './events.ts';
import type { EffectState, Frame, RunState, TriedEffect } from './state.ts';

type Of<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

/** The state of a run before its first event. */
export function emptyState(id: string): RunState {
  return { id, flow: '', status: 'running', seq: 0, at: 0, startedAt: 0, input: null, context: null, frames: new Map(), nextFrame: 0, pure: 0 };
}

/**
 * Folds one event into the state. It only copies what the event carries and evaluates nothing, so that any event folds
 * the same under any later version of Pawl.
 */
export function apply(state: RunState, event: RunEvent): void {
  state.seq += 1;
  state.at = event.at;
  (folds[event.type] as (state: RunState, event: RunEvent) => void)(state, event);
}

/** A frame that must exist. */
export function frameOf(state: RunState, id: number): Frame {
  const frame = state.frames.get(id);
  invariant(frame !== undefined, `run ${state.id} has no frame ${id}`);
  return frame;
}

/** Raw input of a step: the running value of its list, or the run's input. */
export function rawInputOf(state: RunState, frame: Frame): Json {
  if (frame.p === undefined) return state.input;
  return frameOf(state, frame.p).cursor?.value ?? null;
}

/** Transformed input of a step. */
export function inputOf(state: RunState, frame: Frame): Json {
  return frame.in === undefined ? rawInputOf(state, frame) : frame.in;
}

const folds: { [Type in RunEvent['type']]: (state: RunState, event: Of<Type>) => void } = {
  'run.started': startRun,
  'task.started': startTask,
  'task.skipped': (state, event) => {
    const { cursor } = frameOf(state, event.p);
    invariant(cursor !== undefined, 'only a list skips a task');
    cursor.i = event.i + 1;
  },
  'task.completed': completeTask,
  'task.faulted': (state, event) => {
    const frame = frameOf(state, event.f);
    if (frame.effect !== undefined) remember(state, frame, { end: event.end ?? 'answered', ...(event.raw === undefined ? {} : { out: event.raw }) });
    state.frames.delete(event.f);
  },
  'task.cancelled': (state, event) => {
    const frame = frameOf(state, event.f);
    if (frame.effect !== undefined) remember(state, frame, { end: 'unsent' });
    state.frames.delete(event.f);
  },
  'permit.wanted': (state, event) => {
    const frame = frameOf(state, event.f);
    const effect = effectOf(frame);
    delete effect.retryAt;
    frame.wants = { target: effect.target, key: effect.key, guarantee: effect.guarantee };
    if (effect.place !== undefined) frame.wants = { ...frame.wants, place: effect.place, n: effect.n ?? 1 };
  },
  'attempt.started': (state, event) => {
    const frame = frameOf(state, event.f);
    delete frame.wants;
    startAttempt(state, frame, event.a, event.intent, event.at);
  },
  'attempt.ended': (state, event) => {
    const effect = effectOf(frameOf(state, event.f));
    effect.open = false;
    effect.error = event.error;
    if (event.left) effect.left = true;
    if (event.outcome === 'ambiguous') effect.unknown = true;
    if (event.retryAt === undefined) delete effect.retryAt;
    else effect.retryAt = event.retryAt;
  },
  'decision.asked': (state, event) => {
    const frame = frameOf(state, event.f);
    delete frame.wants;
    effectOf(frame).question = event.id;
    effectOf(frame).unknown = true;
  },
  'decision.made': (state, event) => {
    const effect = effectOf(frameOf(state, event.f));
    delete effect.question;
    if ('applied' in event.verdict && !event.verdict.applied) {
      effect.unknown = false;
      effect.retryAt = event.at;
    }
  },
  'timeout.reached': (state, event) => {
    const frame = frameOf(state, event.f);
    if (!event.try) frame.timedOut = true;
    else {
      frame.tryTimedOut = true;
      delete frame.attemptDue;
    }
  },
  'iteration.started': (state, event) => {
    const frame = frameOf(state, event.f);
    frame.n = event.n;
    enterList(frame, 'do', frame.cursor?.value ?? null);
  },
  'page.started': (state, event) => {
    const frame = frameOf(state, event.f);
    frame.n = event.n;
    frame.page = { from: event.from, next: event.next, last: event.last, rows: event.rows, total: (frame.page?.total ?? 0) + event.rows };
    enterList(frame, 'do', inputOf(state, frame));
  },
  'task.caught': (state, event) => {
    const frame = frameOf(state, event.f);
    frame.error = event.error;
    delete frame.attemptDue;
    delete frame.tryTimedOut;
    if (event.list) enterList(frame, 'catch', inputOf(state, frame));
  },
  'task.retried': retryTry,
  'retry.started': (state, event) => {
    const frame = frameOf(state, event.f);
    delete frame.until;
    if (event.attemptDue !== undefined) frame.attemptDue = event.attemptDue;
  },
  'cancel.requested': (state, event) => {
    state.cancel = { by: event.by, at: event.at, ...(event.reason === undefined ? {} : { reason: event.reason }) };
  },
  'run.completed': (state, event) => {
    end(state, 'completed', event.at);
    state.output = event.out;
  },
  'run.faulted': (state, event) => {
    end(state, 'faulted', event.at);
    state.error = event.error;
  },
  'run.cancelled': (state, event) => {
    end(state, 'cancelled', event.at);
  },
};

function startRun(state: RunState, event: Of<'run.started'>): void {
  state.flow = event.flow;
  state.startedAt = event.at;
  state.input = event.input;
  if (event.in !== undefined) state.in = event.in;
  if (event.due !== undefined) state.due = event.due;
  if (event.key !== undefined) state.key = event.key;
  const value = event.in === undefined ? event.input : event.in;
  state.frames.set(0, { id: 0, step: '', kind: 'root', i: 0, v: 1, at: event.at, cursor: { list: 'do', i: 0, value, visits: [] } });
  state.nextFrame = 1;
}

function startTask(state: RunState, event: Of<'task.started'>): void {
  const parent = frameOf(state, event.p);
  const { cursor } = parent;
  invariant(cursor !== undefined, 'only a list starts a task');
  cursor.i = event.i;
  while (cursor.visits.length <= event.i) cursor.visits.push(0);
  cursor.visits[event.i] = event.v;
  const frame: Frame = { id: event.f, p: event.p, step: event.step, kind: event.kind, i: event.i, v: event.v, at: event.at };
  if (event.in !== undefined) frame.in = event.in;
  if (event.due !== undefined) frame.due = event.due;
  state.frames.set(event.f, frame);
  state.nextFrame = event.f + 1;
  fillFrame(state, frame, event);
}

function fillFrame(state: RunState, frame: Frame, event: Of<'task.started'>): void {
  if (event.until !== undefined) {
    frame.until = event.until;
    // A wait for no time is none: a loop around it spins.
    if (event.until > event.at) state.pure = 0;
  }
  if (event.kind === 'do') enterList(frame, 'do', inputOf(state, frame));
  if (event.kind === 'try') {
    enterList(frame, 'try', inputOf(state, frame));
    if (event.retries) {
      frame.tried = {};
      frame.contextBefore = state.context;
    }
    if (event.attemptDue !== undefined) frame.attemptDue = event.attemptDue;
  }
  if (event.arg !== undefined) enterList(frame, 'do', event.arg);
  if (event.kind === 'for') {
    enterList(frame, 'do', inputOf(state, frame));
    frame.n = -1;
    if (event.items !== undefined) frame.items = event.items;
    if (event.dataset !== undefined) frame.dataset = event.dataset;
  }
  if (event.intent !== undefined) startAttempt(state, frame, 1, event.intent, event.at);
  if (event.wants !== undefined) frame.wants = event.wants;
}

function completeTask(state: RunState, event: Of<'task.completed'>): void {
  const frame = frameOf(state, event.f);
  const parent = frameOf(state, frame.p ?? 0);
  const { cursor } = parent;
  invariant(cursor !== undefined, 'only a list completes a task');
  if (frame.effect === undefined && (frame.until === undefined || frame.until <= frame.at)) state.pure += 1;
  if (frame.effect !== undefined) {
    const out = event.out === undefined ? cursor.value : event.out;
    const raw = event.raw === undefined ? out : event.raw;
    remember(state, frame, frame.effect.guarantee === 'pure' ? { end: 'completed' } : { end: 'completed', out: raw });
  }
  if (event.out !== undefined) cursor.value = event.out;
  cursor.i = event.to ?? frame.i + 1;
  if (event.ctx !== undefined) state.context = event.ctx;
  state.frames.delete(event.f);
}

function retryTry(state: RunState, event: Of<'task.retried'>): void {
  const frame = frameOf(state, event.f);
  frame.retries = event.n;
  frame.firstErrorAt ??= event.at;
  state.context = frame.contextBefore ?? null;
  delete frame.attemptDue;
  delete frame.tryTimedOut;
  if (event.until !== undefined) frame.until = event.until;
  if (event.attemptDue !== undefined) frame.attemptDue = event.attemptDue;
  enterList(frame, 'try', inputOf(state, frame));
}

function startAttempt(state: RunState, frame: Frame, attempt: number, intent: Intent, at: number): void {
  state.pure = 0;
  const before = frame.effect;
  const effect: EffectState = {
    key: intent.key,
    hash: intent.hash,
    guarantee: intent.guarantee,
    target: intent.target,
    attempts: attempt,
    open: true,
    due: intent.due,
    firstAt: before?.firstAt ?? at,
    unknown: before?.unknown ?? false,
    left: before?.left ?? false,
  };
  if (intent.by !== undefined) effect.by = intent.by;
  if (intent.place !== undefined) effect.place = intent.place;
  if (intent.n !== undefined) effect.n = intent.n;
  frame.effect = effect;
}

/** Records an effect's end with the outermost enclosing `try` that may meet it again. */
function remember(state: RunState, frame: Frame, ending: { end: TriedEffect['end']; out?: Json }): void {
  const effect = effectOf(frame);
  if (effect.place === undefined) return;
  const keeper = keeperOf(state, frame.p);
  if (keeper?.tried === undefined) return;
  if (keeper.tried[effect.place] === undefined) keeper.triedCount = (keeper.triedCount ?? 0) + 1;
  keeper.tried[effect.place] = { key: effect.key, hash: effect.hash, n: effect.n ?? 1, left: effect.left || ending.end !== 'unsent', ...ending };
}

/** The outermost `try` with `retry` around a place: it remembers every effect that it may meet again. */
export function keeperOf(state: RunState, parent: number | undefined): Frame | undefined {
  let keeper: Frame | undefined;
  for (let id = parent; id !== undefined; id = frameOf(state, id).p) {
    const above = frameOf(state, id);
    if (above.tried !== undefined && above.cursor?.list === 'try') keeper = above;
  }
  return keeper;
}

function enterList(frame: Frame, list: 'do' | 'try' | 'catch', value: Json): void {
  frame.cursor = { list, i: 0, value, visits: [] };
}

function effectOf(frame: Frame): EffectState {
  invariant(frame.effect !== undefined, `frame ${frame.id} has no effect`);
  return frame.effect;
}

function end(state: RunState, status: 'completed' | 'faulted' | 'cancelled', at: number): void {
  state.status = status;
  state.endedAt = at;
  state.frames.clear();
}

/** Whether an error says that it is not known whether an effect was applied. */
export function isAmbiguous(error: FlowError): boolean {
  return errorKindOf(error.type) === 'ambiguous';
}
