import { isObject, PawlError } from '@pawl/core';
import type { ActionRequest, Json, JsonObject, Outcome } from '@pawl/core';
import type { ActionContext } from '../action.ts';
import { defineAction } from '../action.ts';
import type { Egress } from '../egress/egress.ts';
import { errorOf, unanswered } from '../failures.ts';
import { callHttp } from '../http/action.ts';
import { Description } from '../openapi/references.ts';
import { Documents } from '../resource/documents.ts';
import { FrozenRequests } from '../resource/frozen.ts';
import { parseDocument } from '../resource/parse-document.ts';
import { findChannel, membersOf } from './channel.ts';
import type { Channel } from './channel.ts';
import { inputSchema } from './input.ts';
import { findServer } from './server.ts';

/** Publishes a message to a channel that an AsyncAPI document describes. */
export const asyncApiAction = defineAction({
  name: 'asyncapi',
  version: '1.0.0',
  summary: 'Publishes a message to a channel of an AsyncAPI document, over HTTP.',
  input: inputSchema,
  output: true,
  guarantee: (_, keyIn) => (keyIn === undefined ? 'once' : 'keyed'),
  declarable: ['idempotent', 'keyed', 'once'],
  secrets: 'bound',
  target: (args) => targetOf(args),
  run: publish,
});

async function publish(request: ActionRequest, context: ActionContext): Promise<Outcome> {
  const { documents, frozen } = servicesOf(context.egress);
  const endpoint = membersOf(request.args['document'])['endpoint'];
  const { value: description } = await documents.get(endpoint, context.cancellation);
  const channel = findChannel(description, request.args);
  const args = httpArgumentsOf(description, channel, request.args);
  if (!frozen.allows(request, args)) return changed();
  const left = (): void => {
    context.left();
    frozen.note(request, args);
  };
  return callHttp({ ...request, args }, { ...context, left });
}

function httpArgumentsOf(description: Description, channel: Channel, args: JsonObject): JsonObject {
  const { url } = findServer(description, channel, args);
  if (/[{}]/.test(channel.address))
    throw new PawlError(
      'PAWL_ACTION_INPUT',
      `The address of the channel, ${channel.address}, has parameters, for which the language has no values.`,
    );
  const { payload, headers } = membersOf(args['message']);
  const binding = membersOf(membersOf(channel.operation['bindings'])['http']);
  const type = [channel.message['contentType'], description.root['defaultContentType'], 'application/json'].find(
    isText,
  );
  const uri = `${url}${channel.address === '' || channel.address.startsWith('/') ? '' : '/'}${channel.address}`;
  const authentication = args['authentication'];
  return {
    method: isText(binding['method']) ? binding['method'] : 'POST',
    endpoint: authentication === undefined ? uri : { uri, authentication },
    headers: { ...textsOf(membersOf(headers)), ...(payload === undefined ? {} : { 'Content-Type': type ?? '' }) },
    ...(payload === undefined ? {} : { body: payload }),
  };
}

/** Headers of a message are any JSON; those of HTTP are texts. */
function textsOf(headers: JsonObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, isText(value) ? value : JSON.stringify(value)]),
  );
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
interface Services {
  readonly documents: Documents<Description>;
  readonly frozen: FrozenRequests;
}

const services = new WeakMap<Egress, Services>();

function servicesOf(egress: Egress): Services {
  const read = (bytes: Buffer, shownUrl: string): Description =>
    new Description(parseDocument(bytes, shownUrl), shownUrl);
  const known = services.get(egress) ?? { documents: new Documents(egress, read), frozen: new FrozenRequests() };
  services.set(egress, known);
  return known;
}

function targetOf(args: JsonObject): string {
  const endpoint = membersOf(args['document'])['endpoint'];
  const uri = isObject(endpoint) ? endpoint['uri'] : endpoint;
  return typeof uri === 'string' && URL.canParse(uri) ? `asyncapi ${new URL(uri).origin}` : 'asyncapi';
}
