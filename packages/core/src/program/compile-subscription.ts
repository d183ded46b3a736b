import { withValueAt } from '../flow/call-places.ts';
import { durationMs, parseDuration } from '../flow/duration.ts';
import { member } from '../flow/member.ts';
import type { Json, JsonObject } from '../json.ts';
import { isObject } from '../json.ts';
import { limits } from '../limits.ts';
import type { ActionDescription } from '../ports.ts';
import { compileForeach } from './compile-events.ts';
import type { Compiling, PlaceIn } from './compiling.ts';
import { defined, objectAt } from './compiling.ts';
import { compileField } from './expression.ts';
import type { ActionBody, CompiledRules, TaskCommon, TaskNode } from './nodes.ts';

/** What a call of an action has besides its arguments, where it waits for messages. */
type Subscribing = Pick<ActionBody, 'rules' | 'foreach'> & { readonly description?: ActionDescription };

/** The arguments without what is asked of each message, and done with it: these are no part of the request. */
export function withoutRules(called: string, args: Json): Json {
  if (!isObject(args) || subscriptionOf(called, args) === undefined) return args;
  return rulePlaces.reduce<JsonObject>((rest, place) => withValueAt(rest, ['subscription', ...place], undefined), args);
}

/** Compiles what a call asks of messages; nothing for a call that waits for none. */
export function compileSubscription(
  c: Compiling,
  { called, args, description }: { called: string; args: Json; description: ActionDescription },
  variables: readonly string[],
  place: PlaceIn,
): Subscribing {
  const subscription = subscriptionOf(called, args);
  if (subscription === undefined) return {};
  const consume = objectAt(subscription, 'consume');
  const at = `${place.pointer}/with/subscription`;
  const rule = (text: Json | undefined, name: string) =>
    typeof text === 'string' ? compileField(text, variables, `${at}/${name}`) : undefined;
  const rules: CompiledRules = {
    ...defined('filter', rule(subscription['filter'], 'filter')),
    ...defined('while', rule(consume['while'], 'consume/while')),
    ...defined('until', rule(consume['until'], 'consume/until')),
  };
  const { foreach } = subscription;
  return {
    rules,
    description: { ...description, timeoutMs: attemptTime(consume['for']) },
    ...defined('foreach', isObject(foreach) ? compileForeach(c, foreach, { ...place, pointer: at }) : undefined),
  };
}

/**
 * A call with a `foreach`, in two steps: it takes the messages, then its tasks go over them, each pass kept in the
 * journal. The steps have the pointers of what they are made of.
 */
export function iterated(c: Compiling, common: TaskCommon, body: ActionBody): TaskNode {
  const { name, step, definition, contract } = common;
  const { foreach, ...call } = body;
  if (foreach === undefined) return { ...common, ...body };
  const inner = { name, definition, contract, then: 'continue' as const };
  const collect: TaskNode = { ...inner, ...call, step: `${step}/with/subscription`, i: 0 };
  const each: TaskNode = {
    ...inner,
    step: `${step}/with/subscription/foreach`,
    i: 1,
    kind: 'listen',
    strategy: { mode: 'all', filters: [] },
    read: 'data',
    collected: true,
    foreach,
  };
  for (const node of [collect, each]) c.nodes.set(node.step, node);
  return { ...common, kind: 'do', list: { tasks: [collect, each] } };
}

function subscriptionOf(called: string, args: Json): JsonObject | undefined {
  const subscription = called === 'asyncapi' ? member(args, 'subscription') : undefined;
  return isObject(subscription) ? subscription : undefined;
}

/** Default length of an attempt (ms): that of any subscription, or longer where messages are taken for longer. */
function attemptTime(given: Json | undefined): number {
  const duration = given === undefined ? undefined : parseDuration(given);
  const asked = duration === undefined ? 0 : durationMs(duration);
  return Math.max(limits.subscriptionAttempt, asked + limits.attemptTimeout);
}

const rulePlaces = [['filter'], ['consume', 'while'], ['consume', 'until'], ['foreach']] as const;
