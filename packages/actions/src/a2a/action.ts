import { isObject } from '@pawl/core';
import type { ActionRequest, Guarantee, Json, JsonObject, KeyIn, Outcome } from '@pawl/core';
import type { ActionContext } from '../action.ts';
import { defineAction } from '../action.ts';
import { FailedAttempt } from '../failures.ts';
import { asRuntime } from '../json-rpc/messages.ts';
import type { RpcMessage } from '../json-rpc/messages.ts';
import { endpointOf, post, withoutEffect } from '../json-rpc/post.ts';
import type { RpcTarget } from '../json-rpc/post.ts';
import { findAgent } from './agent.ts';
import { inputSchema } from './input.ts';

/** Speaks with an agent by the Agent2Agent protocol, as JSON-RPC over HTTP. */
export const a2aAction = defineAction({
  name: 'a2a',
  version: '1.0.0',
  summary: 'Sends a message to an agent (A2A), or asks about its tasks.',
  input: inputSchema,
  output: true,
  guarantee: guaranteeOf,
  declarable: ['pure', 'idempotent', 'keyed', 'once'],
  secrets: 'bound',
  target: targetOf,
  run: callAgent,
});

/** A message makes the agent act. The rest reads, or sets what a repeat sets to the same. */
function guaranteeOf({ method, parameters }: JsonObject, keyIn: KeyIn | undefined): Guarantee {
  if (isMessage(method)) return keyIn === undefined ? 'once' : 'keyed';
  if (method === 'tasks/cancel' || method === 'tasks/pushNotificationConfig/delete') return 'idempotent';
  if (method !== 'tasks/pushNotificationConfig/set') return 'pure';
  const config = isObject(parameters) ? parameters['pushNotificationConfig'] : undefined;
  // Without an id of its own the agent makes another one each time.
  return isObject(config) && typeof config['id'] === 'string' ? 'idempotent' : 'once';
}

async function callAgent(request: ActionRequest, context: ActionContext): Promise<Outcome> {
  const { guarantee, attempt, args } = request;
  const pure = guarantee === 'pure';
  const message = messageOf(request);
  const streams = message.method === 'message/stream' || message.method === 'tasks/resubscribe';
  const target = keyedTarget(await agentOf(args, context), request);
  const { outcome } = await post(
    message,
    target,
    { guarantee, attempt, refusals, ...(streams ? { last: isLast } : {}) },
    pure ? { ...context, left: (): void => undefined } : context,
  );
  return pure ? withoutEffect(outcome) : outcome;
}

/** The agent's own errors by which it refuses: no such task, not to be cancelled, not supported and the like. */
const refusals: readonly number[] = [-32001, -32002, -32003, -32004, -32005, -32007];

async function agentOf(args: JsonObject, context: ActionContext): Promise<RpcTarget> {
  try {
    return await findAgent(args, context);
  } catch (error) {
    if (!(error instanceof FailedAttempt)) throw error;
    throw new FailedAttempt(asRuntime(error.outcome));
  }
}

/** A message has an id, by which agents may know a repeat: the effect key, where the flow gives none. */
function messageOf({ args, guarantee, keyIn, key }: ActionRequest): RpcMessage {
  const method = String(args['method']);
  const given = isObject(args['parameters']) ? args['parameters'] : {};
  if (!isMessage(method)) return { id: 1, method, params: given };
  const message = isObject(given['message']) ? given['message'] : {};
  const keyed = guarantee === 'keyed' && keyIn?.place === 'body' ? { [keyIn.name]: key } : {};
  return { id: 1, method, params: { ...given, message: { messageId: key, ...message, ...keyed } } };
}

function keyedTarget(target: RpcTarget, { guarantee, keyIn, key }: ActionRequest): RpcTarget {
  if (guarantee !== 'keyed' || keyIn?.place !== 'header') return target;
  return { ...target, headers: { ...target.headers, [keyIn.name]: key } };
}

/** Whether an event is the last of its stream: a message instead of a task, or the end of the task. */
function isLast(event: Json): boolean {
  return isObject(event) && (event['final'] === true || event['kind'] === 'message');
}

function isMessage(method: Json | undefined): boolean {
  return method === 'message/send' || method === 'message/stream';
}

function targetOf({ server, agentCard }: JsonObject): string {
  const { uri } = endpointOf(server ?? (isObject(agentCard) ? agentCard['endpoint'] : undefined));
  return URL.canParse(uri) ? new URL(uri).origin : 'a2a';
}
