import { httpGuarantee, isObject } from '@pawl/core';
import type { ActionRequest, Json, JsonObject, Outcome } from '@pawl/core';
import type { ActionContext } from '../action.ts';
import { defineAction } from '../action.ts';
import { perEgress } from '../egress/per-egress.ts';
import { errorOf, unanswered } from '../failures.ts';
import { callHttp } from '../http/action.ts';
import { Documents } from '../resource/documents.ts';
import { parseDocument } from '../resource/parse-document.ts';
import { runPure } from '../turned-out-pure.ts';
import { FrozenRequests } from '../resource/frozen.ts';
import { inputSchema } from './input.ts';
import { findOperation, isSwagger } from './operation.ts';
import { Description } from './references.ts';
import { httpArgumentsOf } from './request.ts';

/** Calls an operation of an API that an OpenAPI document describes. */
export const openApiAction = defineAction({
  name: 'openapi',
  version: '1.0.0',
  summary: 'Calls an operation of an API by its OpenAPI or Swagger document.',
  input: inputSchema,
  output: true,
  // The method stands in the document, which is not read before the intent: the worst is assumed until it is.
  guarantee: (_, keyIn) => (keyIn === undefined ? 'once' : 'keyed'),
  declarable: ['pure', 'idempotent', 'keyed', 'once'],
  target: (args) => targetOf(args),
  concurrency: 32,
  secrets: 'bound',
  run: callOperation,
});

async function callOperation(request: ActionRequest, context: ActionContext): Promise<Outcome> {
  const { documents, frozen } = servicesOf(context.egress);
  const endpoint = isObject(request.args['document']) ? request.args['document']['endpoint'] : undefined;
  const document = await documents.get(endpoint, context.cancellation);
  const swagger = isSwagger(document.value);
  const operation = findOperation(document.value, String(request.args['operationId']));
  const called = { description: document.value, url: document.url, operation, swagger };
  const args = httpArgumentsOf(called, request);
  // By the names of secrets: a value that was changed between two attempts makes no other request.
  const made = request.secrets === undefined ? args : httpArgumentsOf(called, { ...request, args: context.given });
  const call = { ...request, args };
  if (request.declared === undefined && httpGuarantee(operation.method, undefined) === 'pure')
    return runPure(call, context, callHttp);
  if (request.guarantee !== 'pure' && !frozen.allows(request, made)) return changed(operation.id);
  const left = (): void => {
    context.left();
    frozen.note(request, made);
  };
  return callHttp(call, { ...context, left });
}

function changed(operationId: string): Outcome {
  const detail = `The document has changed since the operation ${operationId} was first called, and would make another request of it. Nothing was sent again, and nobody knows whether the first request was applied.`;
  return unanswered(errorOf('communication', detail));
}

/** What the calls of flows with the same permissions share. */
const servicesOf = perEgress((egress) => ({
  documents: new Documents(egress, (bytes, shownUrl) => new Description(parseDocument(bytes, shownUrl), shownUrl)),
  frozen: new FrozenRequests(),
}));

/** The API's server is known only from its document: its calls share what that document's address has. */
function targetOf(args: JsonObject): string {
  const document: Json | undefined = args['document'];
  const endpoint = isObject(document) ? document['endpoint'] : undefined;
  const uri = isObject(endpoint) ? endpoint['uri'] : endpoint;
  return typeof uri === 'string' && URL.canParse(uri) ? `openapi ${new URL(uri).origin}` : 'openapi';
}
