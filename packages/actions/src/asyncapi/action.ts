import { isObject, PawlError } from '@pawl/core';
import type { ActionRequest, Json, JsonObject, Outcome } from '@pawl/core';
import type { ActionContext } from '../action.ts';
import { defineAction } from '../action.ts';
import { perEgress } from '../egress/per-egress.ts';
import { errorOf, unanswered } from '../failures.ts';
import { callHttp } from '../http/action.ts';
import { Description } from '../openapi/references.ts';
import { Documents } from '../resource/documents.ts';
import { FrozenRequests } from '../resource/frozen.ts';
import { parseDocument } from '../resource/parse-document.ts';
import { runPure } from '../turned-out-pure.ts';
import { misfit } from './brokers/refusals.ts';
import { findChannel, membersOf } from './channel.ts';
import type { Channel } from './channel.ts';
import { inputSchema } from './input.ts';
import { textsOf } from './message.ts';
import { frozenForm, outgoingOf, publishTo } from './publish.ts';
import { findServer } from './server.ts';
import type { Server } from './server.ts';
import { subscribeTo } from './subscribe.ts';
import { brokerTarget, isHttp, takesAway } from './target.ts';

/** Publishes a message to a channel that an AsyncAPI document describes, or takes messages from it. */
export const asyncApiAction = defineAction({
  name: 'asyncapi',
  version: '1.0.0',
  summary: 'Publishes a message to a channel of an AsyncAPI document, or takes messages from it.',
  input: inputSchema,
  output: true,
  // Whether a subscription takes messages away from others stands in the document: the worst is assumed until it is read.
  guarantee: (args, keyIn) => (keyIn === undefined || args['subscription'] !== undefined ? 'once' : 'keyed'),
  declarable: ['pure', 'idempotent', 'keyed', 'once'],
  secrets: 'bound',
  target: (args) => targetOf(args),
  run,
});

async function run(request: ActionRequest, context: ActionContext): Promise<Outcome> {
  const { documents } = servicesOf(context.egress);
  const endpoint = membersOf(request.args['document'])['endpoint'];
  const { value: description } = await documents.get(endpoint, context.cancellation);
  const channel = findChannel(description, request.args);
  const server = findServer(description, channel, request.args);
  if (/[{}]/.test(channel.address))
    throw new PawlError(
      'PAWL_ACTION_INPUT',
      `The address of the channel, ${channel.address}, has parameters, for which the language has no values.`,
    );
  const described: Described = { channel, server, contentType: contentTypeOf(description, channel) };
  if (request.args['subscription'] !== undefined) return subscribe(described, request, context);
  return isHttp(server) ? publishOverHttp(described, request, context) : publish(described, request, context);
}

/** What a document says of a call. */
interface Described {
  readonly channel: Channel;
  readonly server: Server;
  readonly contentType: string;
}

/** Where nothing is taken away from others, a subscription turns out to be pure. */
async function subscribe(
  { channel, server, contentType }: Described,
  request: ActionRequest,
  context: ActionContext,
): Promise<Outcome> {
  if (isHttp(server)) throw misfit('A server of HTTP sends no messages by itself: there is nothing to subscribe to.');
  const target = brokerTarget(server, channel, false);
  if (request.declared !== undefined || takesAway(target)) return subscribeTo(target, contentType, request, context);
  return runPure(request, context, (as, within) => subscribeTo(target, contentType, as, within));
}

async function publish(
  { channel, server, contentType }: Described,
  request: ActionRequest,
  context: ActionContext,
): Promise<Outcome> {
  const target = brokerTarget(server, channel, request.guarantee === 'keyed' && request.keyIn?.place === 'header');
  const message = outgoingOf(request, contentType);
  return publishFrozen(frozenForm(target, message), request, context, (within) =>
    publishTo(target, message, request, within),
  );
}

async function publishOverHttp(described: Described, request: ActionRequest, context: ActionContext): Promise<Outcome> {
  const args = httpArgumentsOf(described, request.args);
  return publishFrozen(args, request, context, (within) => callHttp({ ...request, args }, within));
}

/** Publishes, unless the document has changed since an earlier attempt and would make another request. */
async function publishFrozen(
  form: JsonObject,
  request: ActionRequest,
  context: ActionContext,
  send: (context: ActionContext) => Promise<Outcome>,
): Promise<Outcome> {
  const { frozen } = servicesOf(context.egress);
  if (!frozen.allows(request, form)) return changed();
  const left = (): void => {
    context.left();
    frozen.note(request, form);
  };
  return send({ ...context, left });
}

function contentTypeOf(description: Description, channel: Channel): string {
  const given = [channel.message['contentType'], description.root['defaultContentType']].find(isText);
  return given ?? 'application/json';
}

function httpArgumentsOf({ channel, server, contentType }: Described, args: JsonObject): JsonObject {
  const { payload, headers } = membersOf(args['message']);
  const binding = membersOf(membersOf(channel.operation['bindings'])['http']);
  const uri = `${server.url}${channel.address === '' || channel.address.startsWith('/') ? '' : '/'}${channel.address}`;
  const authentication = args['authentication'];
  return {
    method: isText(binding['method']) ? binding['method'] : 'POST',
    endpoint: authentication === undefined ? uri : { uri, authentication },
    headers: { ...textsOf(membersOf(headers)), ...(payload === undefined ? {} : { 'Content-Type': contentType }) },
    ...(payload === undefined ? {} : { body: payload }),
  };
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string';
}

function changed(): Outcome {
  const detail =
    'The document has changed since the message was first published, and would make another request of it. Nothing was sent again, and nobody knows whether the first request was applied.';
  return unanswered(errorOf('communication', detail));
}

/** What the calls of flows with the same permissions share. */
const servicesOf = perEgress((egress) => ({
  documents: new Documents(egress, (bytes, shownUrl) => new Description(parseDocument(bytes, shownUrl), shownUrl)),
  frozen: new FrozenRequests(),
}));

function targetOf(args: JsonObject): string {
  const endpoint = membersOf(args['document'])['endpoint'];
  const uri = isObject(endpoint) ? endpoint['uri'] : endpoint;
  // Subscriptions last: they must not hold the permits of those who publish.
  const called = args['subscription'] === undefined ? 'asyncapi' : 'asyncapi subscription';
  return typeof uri === 'string' && URL.canParse(uri) ? `${called} ${new URL(uri).origin}` : called;
}
