import { invariant } from '../errors.ts';
import type { Json } from '../json.ts';
import type { FilterTerms, RunEvent } from './events.ts';
import { setContext } from './branches.ts';
import { frameOf } from './frames.ts';
import { rememberDone } from './tried.ts';
import type { Frame, ListenState, RunState } from './state.ts';

type Of<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

/** What a listen has before its first event; one over `collected` values takes no more. */
export function startListen(
  frame: Frame,
  terms: readonly FilterTerms[] | undefined,
  collected: readonly Json[] | undefined,
): void {
  frame.listen = { items: [...(collected ?? [])], handled: 0, keys: [], met: [], bound: {}, size: 0 };
  if (terms !== undefined) frame.listen.terms = terms;
  if (collected !== undefined) frame.listen.last = true;
}

/** A listen takes an event. It waited for it: a loop around it does not spin. */
export function takeEvent(state: RunState, event: Of<'event.taken'>): void {
  const listen = listenOf(frameOf(state, event.f));
  state.pure = 0;
  if (!listen.met.includes(event.filter)) listen.met.push(event.filter);
  if (event.value === undefined) {
    listen.ending = [...(listen.ending ?? []), event.key];
  } else {
    listen.keys.push(event.key);
    listen.items.push(event.value);
  }
  listen.size += event.size ?? 0;
  if (event.bound !== undefined) Object.assign(listen.bound, event.bound);
  if (event.last) listen.last = true;
}

/** Events go back to where they came from. */
export function returnEvents(state: RunState, event: Of<'event.returned'>): void {
  const listen = listenOf(frameOf(state, event.f));
  listen.keys = [];
  delete listen.ending;
  listen.items.length = listen.handled;
}

/** The value that the tasks of a `foreach` begin with: the event, as it is read. */
export function itemOf(frame: Frame, n: number): Json {
  return listenOf(frame).items[n] ?? null;
}

/** A `foreach` is done with an event: its output stands in the event's place. */
export function completeIteration(state: RunState, event: Of<'iteration.ended'>): void {
  const frame = frameOf(state, event.f);
  const listen = listenOf(frame);
  listen.items[listen.handled] = event.out;
  listen.handled += 1;
  listen.keys.shift();
  delete frame.cursor;
  if (event.ctx !== undefined) setContext(state, frame, event.ctx);
}

/** A run of another flow is started: the step waits for its end, unless it is detached. */
export function startChild(state: RunState, event: Of<'child.started'>): void {
  if (event.detached) return rememberDone(state, event, { key: event.child, out: null });
  state.pure = 0;
  const child = { id: event.child, hash: event.hash, open: true, startedAt: event.at };
  frameOf(state, event.f).child = event.place === undefined ? child : { ...child, place: event.place, n: event.n ?? 1 };
}

/** What a listening step has gathered. */
export function listenOf(frame: Frame): ListenState {
  invariant(frame.listen !== undefined, `frame ${frame.id} does not listen`);
  return frame.listen;
}
