import { invariant } from '../errors.ts';
import type { AskTerms, RunEvent } from './events.ts';
import type { Json } from '../json.ts';
import { frameOf } from './frames.ts';
import { rememberDone } from './tried.ts';
import type { AskState, Frame, RunState } from './state.ts';

type Of<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

/** A step asks. It waits: a loop around it does not spin. */
export function startAsk(state: RunState, frame: Frame, event: Of<'decision.asked'>, terms: AskTerms): void {
  state.pure = 0;
  const { remind, escalate, to } = terms;
  frame.ask = {
    id: event.id,
    terms,
    hash: event.hash ?? '',
    askedAt: event.at,
    open: true,
    to,
    reminders: 0,
    approvals: [],
    refusals: 0,
    ...(remind === undefined ? {} : { remindAt: event.at + remind }),
    ...(escalate === undefined ? {} : { escalateAt: escalate.at }),
    ...(event.place === undefined ? {} : { place: event.place, n: event.n ?? 1 }),
  };
}

/** The question is decided. */
export function answerAsk(ask: AskState): void {
  ask.open = false;
}

/** The first of two people has approved. */
export function approveAsk(state: RunState, { f, by, at, data }: Of<'decision.approved'>): void {
  askOf(state, f).approvals.push({ by, at, data });
}

/** An answer was not taken. */
export function refuseAsk(state: RunState, { f, by, reason }: Of<'decision.refused'>): void {
  const ask = askOf(state, f);
  ask.refusals += 1;
  ask.refused = { by, reason };
}

/** Those who are asked are reminded. */
export function remindAsk(state: RunState, { f, n, nextAt }: Of<'decision.reminded'>): void {
  const ask = askOf(state, f);
  ask.reminders = n;
  if (nextAt === undefined) delete ask.remindAt;
  else ask.remindAt = nextAt;
}

/** Others are asked too. */
export function escalateAsk(state: RunState, { f, to }: Of<'decision.escalated'>): void {
  const ask = askOf(state, f);
  ask.to = to;
  delete ask.escalateAt;
}

/** A `try` with `retry` around the question remembers the answer. */
export function rememberAsk(state: RunState, frame: Frame, out: Json): void {
  const { id, place, n = 1, hash } = askOf(state, frame.id);
  if (place !== undefined) rememberDone(state, { f: frame.id, place, n, hash }, { key: id, out });
}

function askOf(state: RunState, f: number): AskState {
  const { ask } = frameOf(state, f);
  invariant(ask !== undefined, `frame ${f} asks nothing`);
  return ask;
}
