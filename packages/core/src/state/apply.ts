import { invariant } from '../errors.ts';
import type { Json } from '../json.ts';
import { endBranch, holderOf, loosen, remove, setContext, startBranches } from './branches.ts';
import type { Intent, ListName, RunEvent } from './events.ts';
import { contextOf, frameOf, inputOf, valueOf } from './frames.ts';
import { answerAsk, approveAsk, escalateAsk, refuseAsk, rememberAsk, remindAsk, startAsk } from './asks.ts';
import { completeIteration, itemOf, returnEvents, startChild, startListen, takeEvent } from './gather.ts';
import type { EffectState, Frame, RunState } from './state.ts';
import { effectOf, remember, rememberDone } from './tried.ts';

type Of<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

/** The state of a run before its first event. */
export function emptyState(id: string): RunState {
  return {
    id,
    flow: '',
    status: 'running',
    seq: 0,
    at: 0,
    startedAt: 0,
    input: null,
    context: null,
    frames: new Map(),
    nextFrame: 0,
    pure: 0,
  };
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

const folds: { [Type in RunEvent['type']]: (state: RunState, event: Of<Type>) => void } = {
  'run.started': startRun,
  'task.started': startTask,
  'task.skipped': (state, event) => {
    const holder = holderOf(state, event);
    if (holder.kind === 'branch') return endBranch(state, holder, 'completed');
    invariant(holder.cursor !== undefined, 'only a list skips a task');
    holder.cursor.i = event.i + 1;
  },
  'task.completed': completeTask,
  'task.faulted': (state, event) => {
    const frame = frameOf(state, event.f);
    if (frame.ask !== undefined && event.end === 'completed' && event.raw !== undefined)
      rememberAsk(state, frame, event.raw);
    if (frame.effect !== undefined || frame.child !== undefined)
      remember(state, frame, { end: event.end ?? 'answered', ...(event.raw === undefined ? {} : { out: event.raw }) });
    remove(state, frame);
    const holder = state.frames.get(frame.p ?? 0);
    if (holder?.kind !== 'branch') return;
    holder.error = event.error;
    endBranch(state, holder, 'faulted');
  },
  'task.cancelled': (state, event) => {
    const frame = frameOf(state, event.f);
    if (frame.effect !== undefined) remember(state, frame, { end: 'unsent' });
    // The child has ended without an output: another one may follow.
    if (frame.child !== undefined) remember(state, frame, { end: 'refused' });
    remove(state, frame);
    const holder = state.frames.get(frame.p ?? 0);
    if (holder?.kind === 'branch') endBranch(state, holder, 'cancelled');
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
    if (event.lost) effect.lost = true;
    if (event.retryAt === undefined) delete effect.retryAt;
    else effect.retryAt = event.retryAt;
  },
  'decision.asked': (state, event) => {
    const frame = frameOf(state, event.f);
    if (event.ask !== undefined) return startAsk(state, frame, event, event.ask);
    delete frame.wants;
    effectOf(frame).question = event.id;
    effectOf(frame).unknown = true;
  },
  'decision.made': (state, event) => {
    const frame = frameOf(state, event.f);
    if (frame.ask !== undefined) return answerAsk(frame.ask);
    const effect = effectOf(frame);
    delete effect.question;
    if ('applied' in event.verdict && !event.verdict.applied) {
      if (state.doubt !== undefined) effect.denied = true;
      effect.unknown = false;
      effect.retryAt = event.retryAt ?? event.at;
    }
  },
  'decision.approved': approveAsk,
  'decision.refused': refuseAsk,
  'decision.reminded': remindAsk,
  'decision.escalated': escalateAsk,
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
    if (frame.listen === undefined) enterList(frame, 'do', frame.cursor?.value ?? null);
    else enterList(frame, 'foreach', itemOf(frame, event.n));
  },
  'iteration.ended': completeIteration,
  'event.emitted': (state, event) => rememberDone(state, event, { key: String(event.event['id']), out: event.event }),
  'event.taken': takeEvent,
  'event.returned': returnEvents,
  'child.started': startChild,
  'child.stopping': (state, event) => {
    const { child } = frameOf(state, event.f);
    if (child !== undefined) child.cancelled = true;
  },
  'child.ended': (state, event) => {
    const { child } = frameOf(state, event.f);
    if (child !== undefined) child.open = false;
  },
  'list.entered': (state, event) => {
    const frame = frameOf(state, event.f);
    const value = frame.cursor?.value ?? null;
    if (event.list === 'after') frame.out = value;
    enterList(frame, event.list, event.list === 'after' ? value : inputOf(state, frame));
  },
  'page.started': (state, event) => {
    const frame = frameOf(state, event.f);
    frame.n = event.n;
    frame.page = {
      from: event.from,
      next: event.next,
      last: event.last,
      rows: event.rows,
      total: (frame.page?.total ?? 0) + event.rows,
    };
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
  'context.joined': (state, event) => setContext(state, frameOf(state, event.f), event.ctx),
  'task.loosed': loosen,
  'run.reconciled': (state, { lineage, since, until, frame }) => {
    state.lineage = lineage;
    state.doubt = { since, until, frame };
    for (const { effect } of state.frames.values()) delete effect?.denied;
  },
  'doubt.ended': (state) => {
    delete state.doubt;
  },
  'run.failing': (state, event) => {
    frameOf(state, 0).error = event.error;
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
  if (event.lineage !== undefined) state.lineage = event.lineage;
  if (event.parent !== undefined) state.parent = event.parent;
  const value = event.in === undefined ? event.input : event.in;
  state.frames.set(0, {
    id: 0,
    step: '',
    kind: 'root',
    i: 0,
    v: 1,
    at: event.at,
    cursor: { list: 'do', i: 0, value, visits: [] },
  });
  state.nextFrame = 1;
}

function startTask(state: RunState, event: Of<'task.started'>): void {
  const parent = holderOf(state, event);
  const { cursor } = parent;
  invariant(cursor !== undefined || parent.kind === 'branch', 'only a list or a branch starts a task');
  if (cursor !== undefined) {
    cursor.i = event.i;
    while (cursor.visits.length <= event.i) cursor.visits.push(0);
    cursor.visits[event.i] = event.v;
  }
  const frame: Frame = {
    id: event.f,
    p: parent.id,
    step: event.step,
    kind: event.kind,
    i: event.i,
    v: event.v,
    at: event.at,
  };
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
  if (event.kind === 'extended') enterList(frame, event.before ? 'before' : 'extended', inputOf(state, frame));
  if (event.kind === 'try') {
    enterList(frame, 'try', inputOf(state, frame));
    if (event.retries) {
      frame.tried = {};
      frame.contextBefore = contextOf(state, frame);
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
  if (event.kind === 'listen') startListen(frame, event.terms, event.items);
  if (event.branches !== undefined) startBranches(state, frame, event.branches);
  if (event.intent !== undefined) startAttempt(state, frame, 1, event.intent, event.at);
  if (event.wants !== undefined) frame.wants = event.wants;
}

function completeTask(state: RunState, event: Of<'task.completed'>): void {
  const frame = frameOf(state, event.f);
  const parent = frameOf(state, frame.p ?? 0);
  const { cursor } = parent;
  if (frame.effect === undefined && (frame.until === undefined || frame.until <= frame.at)) state.pure += 1;
  if (frame.effect !== undefined) {
    const out = event.out === undefined ? valueOf(state, parent) : event.out;
    const raw = event.raw === undefined ? out : event.raw;
    if (event.pure) remember(state, frame, { end: 'unsent' });
    else
      remember(state, frame, frame.effect.guarantee === 'pure' ? { end: 'completed' } : { end: 'completed', out: raw });
  }
  if (frame.child !== undefined) {
    const out = event.out === undefined ? valueOf(state, parent) : event.out;
    remember(state, frame, { end: 'completed', out: event.raw === undefined ? out : event.raw });
  }
  if (frame.ask !== undefined) {
    const out = event.out === undefined ? valueOf(state, parent) : event.out;
    rememberAsk(state, frame, event.raw === undefined ? out : event.raw);
  }
  if (event.ctx !== undefined) setContext(state, frame, event.ctx);
  remove(state, frame);
  if (cursor === undefined) {
    invariant(parent.kind === 'branch', 'only a list or a branch completes a task');
    parent.out = event.out === undefined ? valueOf(state, parent) : event.out;
    return endBranch(state, parent, 'completed');
  }
  if (event.out !== undefined) cursor.value = event.out;
  if (event.goes !== undefined) parent.goes = event.goes;
  cursor.i = event.to ?? frame.i + 1;
}

function retryTry(state: RunState, event: Of<'task.retried'>): void {
  const frame = frameOf(state, event.f);
  frame.retries = event.n;
  frame.firstErrorAt ??= event.at;
  setContext(state, frame, frame.contextBefore ?? null);
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
  if (before?.denied) effect.denied = true;
  if (intent.by !== undefined) effect.by = intent.by;
  if (intent.place !== undefined) effect.place = intent.place;
  if (intent.n !== undefined) effect.n = intent.n;
  frame.effect = effect;
}

function enterList(frame: Frame, list: Exclude<ListName, 'branches'>, value: Json): void {
  frame.cursor = { list, i: 0, value, visits: [] };
}

function end(state: RunState, status: 'completed' | 'faulted' | 'cancelled', at: number): void {
  state.status = status;
  state.endedAt = at;
  state.frames.clear();
}
