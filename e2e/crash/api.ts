import { setTimeout as sleep } from 'node:timers/promises';

/** An answer of the API. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const requestTimeoutMs = 10_000;
const retryMs = 200;

/** One request; rejects where no answer comes. */
export async function callApi(
  url: string,
  path: string,
  request: { readonly body?: string; readonly type?: string; readonly key?: string } = {},
): Promise<ApiAnswer> {
  const { body, type = 'application/json', key } = request;
  const response = await fetch(`${url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(body === undefined ? {} : { 'content-type': type }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    signal: AbortSignal.timeout(requestTimeoutMs),
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? (JSON.parse(text) as ApiAnswer['body']) : { text } };
}

/** The same until it is answered with a success: whoever kills the server must ask again. Throws on a refusal. */
export async function insist(
  url: string,
  path: string,
  request: Parameters<typeof callApi>[2],
  tries = 200,
): Promise<ApiAnswer> {
  for (let left = tries; ; left -= 1) {
    const answer = await callApi(url, path, request).catch(() => undefined);
    if (answer !== undefined && answer.status < 300) return answer;
    if ((answer !== undefined && answer.status < 500) || left === 0) {
      throw new Error(`${path} was refused: ${answer?.status} ${JSON.stringify(answer?.body)}`);
    }
    await sleep(retryMs);
  }
}
