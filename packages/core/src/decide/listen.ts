import type { Json, JsonObject } from '../json.ts';
import { isObject } from '../json.ts';
import { evaluate, evaluateTemplate, truthy } from '../program/expression.ts';
import { fault, FlowFault, kindOf } from '../program/fault.ts';
import type { CompiledFlow, ForeachBody, ListenBody, TaskCommon } from '../program/nodes.ts';
import { checkSchema } from '../program/schemas.ts';
import { contextOf, inputOf } from '../state/frames.ts';
import { listenOf } from '../state/gather.ts';
import type { Frame } from '../state/state.ts';
import { overdue } from './held.ts';
import { readEvent } from './read-event.ts';
import type { Machine, Started } from './machine.ts';
import type { Scope } from './scope.ts';
import type { Verdict } from './strategy/offer.ts';
import { isMet, offer } from './strategy/offer.ts';
import { termsOf } from './strategy/terms.ts';
import type { Decision, Stimulus } from './types.ts';
import { sizeOf } from './value-size.ts';

type ListenNode = TaskCommon & ListenBody;

/** What a listen fixes as it begins. */
export function startListen(m: Machine, parent: Frame, node: ListenBody, scope: Scope): Started {
  if (node.collected) return startOver(m, parent, scope);
  const terms = termsOf(node.strategy, scope.input, scope);
  return terms === undefined ? {} : { terms };
}

/** A listen has begun: it waits, unless it waits for nothing. */
export function beginListening(m: Machine, frame: Frame, node: ListenBody): void {
  if (node.collected) m.advance(frame);
  else if (isMet(node.strategy)) m.complete(frame, []);
}

/** Goes over what a subscription has collected: its own input is that of the subscription. */
function startOver(m: Machine, parent: Frame, scope: Scope): Started {
  const items = scope.raw;
  if (!Array.isArray(items)) throw fault('runtime', `A subscription must give an array, but gave ${kindOf(items)}.`);
  if (items.length > m.env.limits.listenEvents)
    throw fault('runtime', `The subscription gave more than ${m.env.limits.listenEvents} messages.`);
  scope.input = inputOf(m.state, parent);
  return { items, in: scope.input };
}

/** An event came for a step: every visit of it that listens now may take it. */
export function eventCame(m: Machine, stimulus: Extract<Stimulus, { kind: 'event' }>): NonNullable<Decision['event']> {
  const { event } = stimulus;
  let became: NonNullable<Decision['event']> = 'returned';
  if (!isObject(event) || m.state.cancel !== undefined) return became;
  let offered = 0;
  for (const frame of [...m.state.frames.values()]) {
    if (frame.step !== stimulus.step || frame.listen === undefined || frame.listen.last) continue;
    if (overdue(m, frame) !== undefined) continue;
    const verdict = offerTo(m, frame, event, stimulus);
    offered += 1;
    if (verdict === 'taken') became = 'taken';
    // All of them must have refused it for good.
    else if (verdict === 'refused' && offered === 1) became = 'refused';
    else if (verdict === 'later' && became === 'refused') became = 'returned';
  }
  return became;
}

/** Nothing is done with an event now: the next one is, or the listen ends. */
export function nextEvent(m: Machine, frame: Frame): void {
  const listen = listenOf(frame);
  if (listen.handled < listen.items.length) {
    m.emit({ type: 'iteration.started', at: m.at, f: frame.id, n: listen.handled });
    m.advance(frame);
  } else if (listen.last) m.complete(frame, listen.items);
}

/** The tasks of a `foreach` are done with an event: its output is made, and `until` is asked. */
export function eventHandled(m: Machine, frame: Frame): void {
  const node = m.node(frame) as ListenNode;
  const { foreach } = node;
  if (foreach === undefined) return;
  const listen = listenOf(frame);
  try {
    const { out, context } = outputOf(m, frame, foreach);
    m.emit({
      ...{ type: 'iteration.ended', at: m.at, f: frame.id, out },
      ...(context === undefined ? {} : { ctx: context }),
    });
    const done = listen.handled === listen.items.length ? listen.items : listen.items.slice(0, listen.handled);
    if (!listen.last && holds(m, frame, node, done)) {
      const { keys } = listen;
      if (keys.length > 0) m.emit({ type: 'event.returned', at: m.at, f: frame.id, step: frame.step, keys });
      return m.complete(frame, listen.items);
    }
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    return m.raise(frame, error.error);
  }
  m.advance(frame);
}

/** Whether a listening step has something to do now: with an event, or to end. */
export function listenGoesOn(flow: CompiledFlow, frame: Frame): boolean {
  const node = flow.nodes.get(frame.step);
  if (node?.kind !== 'listen' || node.foreach === undefined) return false;
  const listen = listenOf(frame);
  return frame.cursor !== undefined || listen.handled < listen.items.length || listen.last === true;
}

function offerTo(
  m: Machine,
  frame: Frame,
  event: JsonObject,
  { key }: { readonly key: Extract<Stimulus, { kind: 'event' }>['key'] },
): Verdict['kind'] {
  const node = m.node(frame) as ListenNode;
  const listen = listenOf(frame);
  const verdict = offer(node.strategy, listen, event, m.scope(frame));
  if (verdict.kind !== 'taken') return verdict.kind;
  try {
    m.emit({
      ...{ type: 'event.taken', at: m.at, f: frame.id, step: frame.step, key, filter: verdict.filter },
      ...(verdict.until ? {} : fitting(m, frame, readEvent(event, node.read))),
      ...(verdict.bound === undefined ? {} : { bound: verdict.bound }),
      ...(verdict.last ? { last: true as const } : {}),
    });
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    m.raise(frame, error.error);
    return 'later';
  }
  goOn(m, frame, node, verdict);
  return 'taken';
}

/** Takes a listen further that has taken an event. */
function goOn(m: Machine, frame: Frame, node: ListenNode, verdict: Extract<Verdict, { kind: 'taken' }>): void {
  if (node.foreach !== undefined) {
    // What is under way with an earlier event takes the listen on.
    if (frame.cursor === undefined) m.advance(frame);
    return;
  }
  const { items } = listenOf(frame);
  try {
    if (verdict.last || (!verdict.until && holds(m, frame, node, items))) m.complete(frame, items);
  } catch (error) {
    if (!(error instanceof FlowFault)) throw error;
    m.raise(frame, error.error);
  }
}

/** What a listen gathers may be as large as any value that a run keeps, and no larger. */
function fitting(m: Machine, frame: Frame, value: Json): { readonly value: Json; readonly size: number } {
  const { listenEvents, valueCharacters } = m.env.limits;
  const listen = listenOf(frame);
  const size = sizeOf(m.keep(value, 'The event'), 'The event', m.env.limits);
  if (listen.items.length >= listenEvents)
    throw fault('runtime', `The step took ${listenEvents} events, and one listen takes no more.`);
  if (listen.size + size > valueCharacters)
    throw fault(
      'runtime',
      `The events that the step took are larger than ${valueCharacters} characters together, which is more than a run keeps.`,
    );
  return { value, size };
}

/** Whether `until` holds of what the listen has so far. */
function holds(m: Machine, frame: Frame, node: ListenNode, items: readonly Json[]): boolean {
  const { until } = node.strategy;
  return until !== undefined && truthy(evaluate(until, items, m.scope(frame)));
}

function outputOf(m: Machine, frame: Frame, foreach: ForeachBody): { out: Json; context: Json | undefined } {
  const raw = frame.cursor?.value ?? null;
  const n = frame.n ?? 0;
  const scope = m.scope(frame);
  scope.rawOutput = raw;
  scope.bound = new Map<string, Json>([
    [foreach.item, listenOf(frame).items[n] ?? null],
    [foreach.at, n],
  ]);
  const out = foreach.outputAs === undefined ? raw : evaluateTemplate(foreach.outputAs, raw, scope);
  m.keep(out, 'The output for the event');
  if (foreach.outputSchema !== undefined) checkSchema(foreach.outputSchema, out, 'The output for the event');
  scope.output = out;
  const context =
    foreach.exportAs === undefined
      ? undefined
      : m.keep(evaluateTemplate(foreach.exportAs, out, scope), 'The exported context');
  if (foreach.exportSchema !== undefined)
    checkSchema(foreach.exportSchema, context ?? contextOf(m.state, frame), 'The exported context');
  return { out, context };
}
