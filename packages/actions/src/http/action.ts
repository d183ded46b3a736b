import { httpGuarantee, isObject } from '@pawl/core';
import type { ActionRequest, Json, JsonObject, Outcome } from '@pawl/core';
import type { ActionContext } from '../action.ts';
import { defineAction } from '../action.ts';
import { EgressFailure } from '../egress/failure.ts';
import { parseUrl, showUrl } from '../egress/url.ts';
import { egressOutcome } from '../failures.ts';
import { answerOutcome } from './answer.ts';
import { inputSchema } from './input.ts';
import { outputOf } from './output.ts';
import { buildRequest } from './request.ts';
import type { BuiltRequest } from './request.ts';
import { send } from './send.ts';

/** The language's own HTTP call. */
export const httpAction = defineAction({
  name: 'http',
  version: '1.0.0',
  summary: 'Calls an HTTP or HTTPS endpoint.',
  input: inputSchema,
  output: true,
  guarantee: (args, keyIn) => httpGuarantee(methodOf(args), keyIn),
  declarable: ['pure', 'idempotent', 'keyed', 'once'],
  target: (args) => originOf(args),
  concurrency: 32,
  secrets: 'bound',
  run: callHttp,
});

/** Runs one attempt of an HTTP call, its arguments being those of `call: http`. */
export async function callHttp(request: ActionRequest, context: ActionContext): Promise<Outcome> {
  const built = buildRequest(request);
  const doing = `${built.method} ${showUrl(parseUrl(built.url))}`;
  const { answer, left, secrets } = await send(
    built,
    { follow: request.args['redirect'] === true, fresh: request.guarantee === 'once' },
    context,
  );
  if (answer instanceof EgressFailure) return egressOutcome(answer, request.guarantee, left, doing);
  return answerOutcome({
    guarantee: request.guarantee,
    attempt: request.attempt,
    redirect: request.args['redirect'] === true,
    answer,
    doing,
    secrets,
    output: (bytes) => outputOf(request.args['output'], shownRequest(built), answer, bytes),
  });
}

/** The request as `output: response` shows it: what the flow gave, without credentials. */
function shownRequest(built: BuiltRequest): JsonObject {
  return { method: built.method, uri: built.url, headers: { ...built.headers } };
}

function methodOf(args: JsonObject): string {
  return typeof args['method'] === 'string' ? args['method'] : 'POST';
}

/** The target whose limits and health a call shares: its origin. */
function originOf(args: JsonObject): string {
  const endpoint: Json | undefined = args['endpoint'];
  const uri = isObject(endpoint) ? endpoint['uri'] : endpoint;
  return typeof uri === 'string' && URL.canParse(uri) ? new URL(uri).origin : 'http';
}
