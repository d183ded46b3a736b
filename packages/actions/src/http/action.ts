import { httpGuarantee, isObject } from '@pawl/core';
import type { ActionRequest, Json, JsonObject, Outcome } from '@pawl/core';
import type { ActionContext } from '../action.ts';
import { defineAction } from '../action.ts';
import type { EgressAnswer } from '../egress/client.ts';
import { EgressFailure } from '../egress/failure.ts';
import { parseUrl, showUrl } from '../egress/url.ts';
import { egressOutcome } from '../failures.ts';
import { answerOutcome } from './answer.ts';
import { inputSchema } from './input.ts';
import { outputOf } from './output.ts';
import { buildRequest } from './request.ts';
import type { BuiltRequest } from './request.ts';

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
  run: callHttp,
});

async function callHttp(request: ActionRequest, context: ActionContext): Promise<Outcome> {
  let left = false;
  const built = buildRequest(request);
  const doing = `${built.method} ${showUrl(parseUrl(built.url))}`;
  let answer: EgressAnswer;
  try {
    answer = await context.egress.request({
      ...built,
      cancellation: context.cancellation,
      follow: request.args['redirect'] === true,
      fresh: request.guarantee === 'once',
      onLeft: () => {
        // A redirect leaves again; the attempt has left once.
        if (left) return;
        context.left();
        left = true;
      },
    });
  } catch (error) {
    if (error instanceof EgressFailure) return egressOutcome(error, request.guarantee, left, doing);
    throw error;
  }
  return answerOutcome({
    guarantee: request.guarantee,
    attempt: request.attempt,
    redirect: request.args['redirect'] === true,
    answer,
    doing,
    secrets: built.secrets,
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
