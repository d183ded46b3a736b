import { durationMs, isObject, parseDuration, PawlError } from '@pawl/core';
import type { ActionRequest, Json, JsonObject, KeyIn, Guarantee, Outcome } from '@pawl/core';
import type { ActionContext } from '../action.ts';
import { defineAction } from '../action.ts';
import { Deadline } from '../deadline.ts';
import { withoutEffect } from '../json-rpc/post.ts';
import type { RpcMessage } from '../json-rpc/messages.ts';
import { callByHttp } from './http.ts';
import { inputSchema } from './input.ts';
import { callByStdio } from './stdio.ts';

/** Asks a server of the Model Context Protocol for something, or calls one of its tools. */
export const mcpAction = defineAction({
  name: 'mcp',
  version: '1.0.0',
  summary: 'Calls a tool of an MCP server, or reads what it offers.',
  input: inputSchema,
  output: true,
  guarantee: guaranteeOf,
  declarable: ['pure', 'idempotent', 'keyed', 'once'],
  target: targetOf,
  run: callServer,
});

/** Only a tool can change anything. What a server says of its tools is a hint, and none that a promise can stand on. */
function guaranteeOf({ method }: JsonObject, keyIn: KeyIn | undefined): Guarantee {
  if (method !== 'tools/call') return 'pure';
  return keyIn === undefined ? 'once' : 'keyed';
}

async function callServer(request: ActionRequest, context: ActionContext): Promise<Outcome> {
  const timeout = timeoutOf(request.args['timeout']);
  const deadline = timeout === undefined ? undefined : new Deadline(context.cancellation, timeout);
  try {
    const cancellation = deadline ?? context.cancellation;
    const pure = request.guarantee === 'pure';
    const used = { ...context, cancellation, left: pure ? (): void => undefined : context.left };
    const message = messageOf(request);
    const { http, stdio } = isObject(request.args['transport']) ? request.args['transport'] : {};
    const outcome = isObject(http)
      ? await callByHttp(message, http, request, used)
      : await callByStdio(message, isObject(stdio) ? stdio : {}, request, used);
    return pure ? withoutEffect(outcome) : outcome;
  } finally {
    deadline?.done();
  }
}

function messageOf({ args, guarantee, keyIn, key }: ActionRequest): RpcMessage {
  const method = String(args['method']);
  const given = isObject(args['parameters']) ? args['parameters'] : undefined;
  if (guarantee !== 'keyed' || keyIn?.place !== 'body') return { id: 2, method, params: given };
  const values = given?.['arguments'];
  return { id: 2, method, params: { ...given, arguments: { ...(isObject(values) ? values : {}), [keyIn.name]: key } } };
}

function timeoutOf(value: Json | undefined): number | undefined {
  if (value === undefined) return undefined;
  const duration = parseDuration(value);
  if (duration === undefined) throw new PawlError('PAWL_ACTION_INPUT', 'The timeout must be a duration such as PT30S.');
  return durationMs(duration);
}

function targetOf({ transport }: JsonObject): string {
  const { http, stdio } = isObject(transport) ? transport : {};
  if (isObject(stdio)) return `mcp ${String(stdio['command'])}`;
  const endpoint = isObject(http) ? http['endpoint'] : undefined;
  const uri = isObject(endpoint) ? endpoint['uri'] : endpoint;
  return typeof uri === 'string' && URL.canParse(uri) ? new URL(uri).origin : 'mcp';
}
