import type { ServerResponse } from 'node:http';
import type { JsonObject } from '@pawl/core';
import { answerJson, bodyText, serve } from '../../actions.fixture.ts';
import type { TestServer } from '../../actions.fixture.ts';

/** A request that a test server got. */
export interface Got {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}

/** A server whose answers a test may change. */
export interface RecordingServer extends TestServer {
  readonly got: Got[];
  /** Answers the requests from now on. */
  answer: (got: Got, response: ServerResponse) => void;
}

/** A server that records what it gets. */
export async function record(answer: RecordingServer['answer']): Promise<RecordingServer> {
  const got: Got[] = [];
  const server = await serve((request, response) => {
    void bodyText(request).then((body) => {
      const { authorization } = request.headers;
      const each = {
        method: request.method ?? '',
        url: request.url ?? '',
        authorization,
        contentType: request.headers['content-type'],
        body,
      };
      got.push(each);
      recording.answer(each, response);
    });
  });
  const recording: RecordingServer = { ...server, got, answer };
  return recording;
}

/** Gives the tokens T1, T2, …; `more` joins each answer. */
export function givesTokens(more: JsonObject = { expires_in: 3600 }): RecordingServer['answer'] {
  let given = 0;
  return (_, response) => answerJson(response, { access_token: `T${++given}`, token_type: 'Bearer', ...more });
}

/** Takes requests that carry one of these tokens, and refuses any other with 401. */
export function takesTokens(tokens: ReadonlySet<string>): RecordingServer['answer'] {
  return ({ authorization = '' }, response) => {
    const known = tokens.has(authorization.replace(/^Bearer /, ''));
    answerJson(response, known ? { ok: true } : { told: authorization }, known ? 200 : 401);
  };
}
