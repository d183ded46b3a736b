import { isObject, PawlError } from '@pawl/core';
import type { ActionRequest, Json, JsonObject, Outcome } from '@pawl/core';
import type { ActionContext } from '../action.ts';
import { defineAction } from '../action.ts';
import { EgressFailure } from '../egress/failure.ts';
import { checkHeaders } from '../egress/headers.ts';
import { perEgress } from '../egress/per-egress.ts';
import { egressError, egressOutcome, errorOf, unanswered } from '../failures.ts';
import { classify } from '../http/answer.ts';
import { createAuthenticator } from '../http/authentication/authenticator.ts';
import { readPolicy } from '../http/authentication/policy.ts';
import { quoteText } from '../http/quote.ts';
import { actionLimits } from '../limits.ts';
import { Documents } from '../resource/documents.ts';
import { FrozenRequests } from '../resource/frozen.ts';
import { runPure } from '../turned-out-pure.ts';
import { exchange } from '../egress/grpc-exchange.ts';
import type { Answered } from '../egress/grpc-exchange.ts';
import { inputSchema } from './input.ts';
import { findMethod, readInterface } from './interface.ts';
import type { RpcMethod } from './interface.ts';
import { decodeMessage, encodeMessage } from './message.ts';
import { statuses, unimplemented } from './status.ts';

/** Calls a method of a gRPC service by its interface definition. */
export const grpcAction = defineAction({
  name: 'grpc',
  version: '1.0.0',
  summary: 'Calls a method of a gRPC service by its interface definition.',
  input: inputSchema,
  output: true,
  // What a method does stands in the definition at best: the worst is assumed until it is read.
  guarantee: (_, keyIn) => (keyIn === undefined ? 'once' : 'keyed'),
  declarable: ['pure', 'idempotent', 'keyed', 'once'],
  target: (args) => addressOf(args).shown,
  run: callMethod,
});

async function callMethod(request: ActionRequest, context: ActionContext): Promise<Outcome> {
  const { interfaces, frozen } = servicesOf(context.egress);
  const { proto, service, method: name } = request.args;
  const endpoint = isObject(proto) ? proto['endpoint'] : undefined;
  const { value: root } = await interfaces.get(endpoint, context.cancellation);
  const method = findMethod(root, isObject(service) ? String(service['name']) : '', String(name));
  const message = encodeMessage(method.request, messageOf(request));
  const call = { method, message };
  if (request.declared === undefined && method.pure)
    return runPure(request, context, (as, within) => makeCall(call, as, within));
  const frozenAs = { method: method.path, endpoint: addressOf(request.args).shown, body: message.toString('base64') };
  if (request.guarantee !== 'pure' && !frozen.allows(request, frozenAs)) return changed(method.path);
  const left = (): void => {
    context.left();
    frozen.note(request, frozenAs);
  };
  return makeCall(call, request, { ...context, left });
}

async function makeCall(
  { method, message }: { readonly method: RpcMethod; readonly message: Buffer },
  request: ActionRequest,
  context: ActionContext,
): Promise<Outcome> {
  const { host, port, shown } = addressOf(request.args);
  const { cancellation } = context;
  const doing = `${method.path.slice(1)} at ${shown}`;
  const { metadata, secrets } = await metadataOf(request, context);
  let left = false;
  try {
    const socket = await context.sockets.connect(host, port, ['h2']);
    const onLeft = (): void => {
      context.left();
      left = true;
    };
    const answered = await exchange(socket, { host, port, path: method.path, metadata, message, cancellation, onLeft });
    return outcomeOf(answered, { method, request, doing, secrets });
  } catch (error) {
    if (!(error instanceof EgressFailure)) throw error;
    // A stream that was refused has left, and certainly had no effect.
    return egressOutcome(error, request.guarantee, left && error.reason !== 'unreachable', doing);
  }
}

interface Made {
  readonly method: RpcMethod;
  readonly request: ActionRequest;
  readonly doing: string;
  readonly secrets: readonly string[];
}

function outcomeOf(answered: Answered, { method, request, doing, secrets }: Made): Outcome {
  const { guarantee, attempt } = request;
  if (answered.status === 0) return success(answered, method, guarantee === 'pure', doing);
  const [name, status] =
    answered.status === undefined
      ? [`HTTP ${answered.httpStatus}`, answered.httpStatus === 200 ? 502 : answered.httpStatus]
      : (statuses[answered.status] ?? [String(answered.status), 500]);
  const said = quoteText(answered.message, secrets, actionLimits.quotedAnswer);
  const error = errorOf('communication', `${doing} answered ${name}${said === '' ? '.' : `: ${said}`}`, { status });
  if (answered.status === unimplemented) return { kind: 'terminal', error };
  const kind = classify(guarantee, status, false, attempt);
  return kind === 'retryable' ? { kind, left: true, error } : { kind, error };
}

/** A success whose messages cannot be read was applied, its output lost. */
function success({ messages }: Answered, method: RpcMethod, pure: boolean, doing: string): Outcome {
  try {
    const read = messages.map((bytes) => decodeMessage(method.response, bytes));
    if (method.streams) return { kind: 'completed', output: read };
    const [only] = read;
    if (only === undefined) throw new EgressFailure('broken', 'It holds no message.');
    return { kind: 'completed', output: only };
  } catch (error) {
    if (!(error instanceof EgressFailure)) throw error;
    const failed = egressError(error, `${doing} succeeded, but the answer could not be read. ${error.message}`);
    return pure ? { kind: 'terminal', error: failed } : unanswered(failed);
  }
}

function messageOf({ args, guarantee, keyIn, key }: ActionRequest): Json {
  const given = isObject(args['arguments']) ? args['arguments'] : {};
  return guarantee === 'keyed' && keyIn?.place === 'body' ? { ...given, [keyIn.name]: key } : given;
}

/** Who calls, and the key where metadata carries it. */
async function metadataOf(
  { args, guarantee, keyIn, key }: ActionRequest,
  { egress, cancellation }: ActionContext,
): Promise<{ readonly metadata: Readonly<Record<string, string>>; readonly secrets: readonly string[] }> {
  const policy = readPolicy(isObject(args['service']) ? args['service']['authentication'] : undefined);
  if (policy.kind === 'digest')
    throw new PawlError('PAWL_ACTION_INPUT', 'A gRPC service is not authenticated by digest; use basic or a token.');
  const url = new URL(`https://${addressOf(args).shown}`);
  const authenticator = createAuthenticator(policy, { method: 'POST', url, egress, cancellation });
  const { credentials, secrets } = await authenticator.first();
  const keyed = guarantee === 'keyed' && keyIn?.place === 'header' ? { [keyIn.name.toLowerCase()]: key } : {};
  const metadata = { ...keyed, ...credentials };
  checkHeaders(metadata);
  return { metadata, secrets };
}

function addressOf({ service }: JsonObject): { readonly host: string; readonly port: number; readonly shown: string } {
  const { host, port } = isObject(service) ? service : {};
  const number = typeof port === 'number' ? port : 443;
  return { host: String(host), port: number, shown: `${String(host)}:${number}` };
}

function changed(path: string): Outcome {
  const detail = `The interface definition has changed since ${path.slice(1)} was first called, and would make another message of the arguments. Nothing was sent again, and nobody knows whether the first call was applied.`;
  return unanswered(errorOf('communication', detail));
}

/** What the calls of flows with the same permissions share. */
const servicesOf = perEgress((egress) => ({
  interfaces: new Documents(egress, readInterface),
  frozen: new FrozenRequests(),
}));
