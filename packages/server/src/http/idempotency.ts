import type { FastifyReply, FastifyRequest } from 'fastify';
import { nodeHash } from '@pawl/actions';
import type { ApiStore, Clock, Json, KnownAnswer, Log } from '@pawl/core';
import { canonicalJson, ensureError, isKey, PawlError } from '@pawl/core';
import type { ProblemDocument } from './problem.ts';
import { problemOf, problemType } from './problem.ts';

/** A POST with an Idempotency-Key: who sent it where, its key, and a hash of all that it asks. */
export interface KeyedRequest {
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
}

/** What a POST is answered with. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How long an answer is remembered (ms): seven days. */
const retentionMs = 604_800_000;
/** A request whose answer has not come for so long (ms) died with its process: longer than any of them is waited for. */
const underWayMs = 60_000;

/** The request's Idempotency-Key (a structured-field string or a bare token). Throws PAWL_KEY_INVALID. */
export function keyedRequest(request: FastifyRequest, principal: string, workspace: string): KeyedRequest | undefined {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return undefined;
  const key = parseKey(Array.isArray(header) ? header.join(',') : header);
  const [path, query] = request.url.split('?');
  return {
    scope: canonicalJson([workspace, principal, request.method, request.routeOptions.url ?? '']),
    key,
    fingerprint: nodeHash.sha256(canonicalJson([path ?? '', query ?? '', (request.body as Json | undefined) ?? null])),
  };
}

function parseKey(header: string): string {
  const quoted = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/.exec(header)?.[1];
  const key = quoted === undefined ? header : quoted.replace(/\\(["\\])/g, '$1');
  if (isKey(key) && (quoted !== undefined || /^[\x21\x23-\x7e]+$/.test(key))) return key;
  throw new PawlError(
    'PAWL_KEY_INVALID',
    'The Idempotency-Key must be 1 to 255 printable ASCII characters, in quotes if there is a space in it.',
  );
}

/** The part of the store that remembers answers, and the time. */
export interface AnswerStore {
  readonly store: Pick<ApiStore, 'takeKey' | 'keepAnswer'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/**
 * Answers of requests with an Idempotency-Key, in the store: a repeat gets the first one's answer, from whichever process
 * it reaches. Starts don't come here: they are remembered with their runs. What does come here changes nothing when it
 * is done twice, so that a process that dies midway costs a repeat its exact answer and no more.
 */
export class AnswerMemory {
  private readonly source: AnswerStore;

  constructor(source: AnswerStore) {
    this.source = source;
  }

  /** Does the work once a key. Throws PAWL_START_MISMATCH, PAWL_IN_FLIGHT, or what the work throws. */
  async once(request: KeyedRequest | undefined, work: () => Promise<Answer>): Promise<Answer> {
    if (request === undefined) return work();
    const { store, clock } = this.source;
    const at = clock.now();
    const known = await store.takeKey({ ...request, at, until: at + underWayMs });
    if (known !== 'taken') return replayOf(known, request);
    try {
      const answer = await work();
      await this.keep(request, answer);
      return answer;
    } catch (error) {
      // A refusal for what has happened stands; one for what was sent, or for now, may be mended and sent again.
      const stands = error instanceof PawlError && error.status === 409;
      await this.keep(request, stands ? answerOf(problemOf(error)) : null);
      throw error;
    }
  }

  /** What was done is answered as it is even where its answer cannot be kept: it is only not replayed then. */
  private async keep({ scope, key }: KeyedRequest, answer: Answer | null): Promise<void> {
    const { store, clock, log } = this.source;
    const at = clock.now();
    const text = answer === null ? null : JSON.stringify(answer);
    await store.keepAnswer({ scope, key, at, answer: text, until: at + retentionMs }).catch((error: unknown) => {
      log.warn({ err: ensureError(error) }, 'The answer under an Idempotency-Key could not be kept.');
    });
  }
}

function replayOf(known: KnownAnswer, request: KeyedRequest): Answer {
  if (known.fingerprint !== request.fingerprint) {
    throw new PawlError('PAWL_START_MISMATCH', 'This Idempotency-Key was used for another request; nothing was done.');
  }
  if (known.answer === null)
    throw new PawlError('PAWL_IN_FLIGHT', 'The first request with this Idempotency-Key is not done yet.');
  const answer = JSON.parse(known.answer) as Answer;
  return { ...answer, headers: { ...answer.headers, 'idempotency-replayed': 'true' } };
}

/** Sends an answer. */
export function sendAnswer(reply: FastifyReply, { status, body, headers }: Answer): FastifyReply {
  return reply
    .code(status)
    .headers(headers ?? {})
    .send(body);
}

function answerOf(problem: ProblemDocument): Answer {
  return { status: problem.status, body: JSON.stringify(problem), headers: { 'content-type': problemType } };
}
