import { isObject } from '@pawl/core';
import type { ActionRequest, JsonObject, Outcome } from '@pawl/core';
import type { ActionContext } from '../action.ts';
import { Deadline } from '../deadline.ts';
import { readPolicy } from '../http/authentication/policy.ts';
import { send } from '../http/send.ts';
import { beforeEffect, endpointOf, post } from '../json-rpc/post.ts';
import type { RpcTarget } from '../json-rpc/post.ts';
import type { RpcMessage } from '../json-rpc/messages.ts';
import { agreedVersion, initialize, initialized } from './handshake.ts';
import { judgeTool } from './tool-result.ts';

type Used = Pick<ActionContext, 'egress' | 'cancellation' | 'left'>;

/** One message in a session of its own, by Streamable HTTP. */
export async function callByHttp(
  message: RpcMessage,
  transport: JsonObject,
  request: ActionRequest,
  context: Used,
): Promise<Outcome> {
  const target = targetOf(transport, request);
  const preparing = { ...context, left: (): void => undefined };
  const begun = { guarantee: 'pure', attempt: 1, refusals } as const;
  const hello = await post(initialize(request.args), target, begun, preparing);
  if (hello.outcome.kind !== 'completed') return beforeEffect(hello.outcome);
  const session = inSession(target, hello.headers['mcp-session-id'], agreedVersion(hello.outcome.output, request.args));
  try {
    const ready = await post(initialized, session, begun, preparing);
    if (ready.outcome.kind !== 'completed') return beforeEffect(ready.outcome);
    const { guarantee, attempt } = request;
    const { outcome, secrets } = await post(message, session, { guarantee, attempt, refusals }, context);
    return judgeTool(outcome, message, secrets);
  } finally {
    end(session, context);
  }
}

/** A resource that is not there. */
const refusals: readonly number[] = [-32002];

function targetOf({ endpoint, headers }: JsonObject, { guarantee, keyIn, key }: ActionRequest): RpcTarget {
  const { uri, authentication } = endpointOf(endpoint);
  const own = isObject(headers) ? (headers as Readonly<Record<string, string>>) : {};
  const keyed = guarantee === 'keyed' && keyIn?.place === 'header' ? { [keyIn.name]: key } : {};
  return { url: uri, headers: { ...own, ...keyed }, policy: readPolicy(authentication) };
}

function inSession(target: RpcTarget, session: string | undefined, version: string): RpcTarget {
  const id: Record<string, string> = session === undefined ? {} : { 'Mcp-Session-Id': session };
  return { ...target, headers: { ...target.headers, 'MCP-Protocol-Version': version, ...id } };
}

/** Tells the server that its session is over. Nobody waits for it: servers forget sessions by themselves. */
function end(session: RpcTarget, { egress }: Used): void {
  if (session.headers['Mcp-Session-Id'] === undefined) return;
  const deadline = new Deadline({ cancelled: false, onCancel: () => undefined }, goodbyeTime);
  const { url, headers, policy } = session;
  void send(
    { method: 'DELETE', url, headers, policy },
    { follow: false, fresh: false },
    { egress, cancellation: deadline, left: () => undefined },
  ).then(
    () => deadline.done(),
    () => deadline.done(),
  );
}

/** How long the end of a session may take (ms). */
const goodbyeTime = 5_000;
