import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Json } from '@pawl/core';
import { canonicalJson, isKey, PawlError } from '@pawl/core';
import { nodeHash } from '../engine/node-ports.ts';
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

/** Answers that are remembered, and for how long (ms): seven days. */
const longestMemory = 10_000;
const retentionMs = 604_800_000;

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

interface Remembered {
  readonly fingerprint: string;
  readonly at: number;
  /** Undefined while the first request is under way. */
  answer?: Answer;
}

/**
 * Answers of requests with an Idempotency-Key, in this process's memory: a repeat gets the first one's answer. Starts
 * don't come here: the store remembers theirs. What does come here changes nothing when it is done twice, so that a
 * memory lost in a restart costs a repeat its exact answer and no more.
 */
export class AnswerMemory {
  private readonly known = new Map<string, Remembered>();

  /** Does the work once a key. Throws PAWL_START_MISMATCH, PAWL_IN_FLIGHT, or what the work throws. */
  async once(request: KeyedRequest | undefined, work: () => Promise<Answer>): Promise<Answer> {
    if (request === undefined) return work();
    const name = canonicalJson([request.scope, request.key]);
    const replay = this.find(name, request);
    if (replay !== undefined) return replay;
    const remembered: Remembered = { fingerprint: request.fingerprint, at: Date.now() };
    this.remember(name, remembered);
    try {
      remembered.answer = await work();
      return remembered.answer;
    } catch (error) {
      // A refusal for what has happened stands; one for what was sent, or for now, may be mended and sent again.
      if (error instanceof PawlError && error.status === 409) remembered.answer = answerOf(problemOf(error));
      else this.known.delete(name);
      throw error;
    }
  }

  private find(name: string, request: KeyedRequest): Answer | undefined {
    const known = this.known.get(name);
    if (known === undefined || known.at + retentionMs < Date.now()) return undefined;
    if (known.fingerprint !== request.fingerprint) {
      throw new PawlError(
        'PAWL_START_MISMATCH',
        'This Idempotency-Key was used for another request; nothing was done.',
      );
    }
    if (known.answer === undefined)
      throw new PawlError('PAWL_IN_FLIGHT', 'The first request with this Idempotency-Key is not done yet.');
    return { ...known.answer, headers: { ...known.answer.headers, 'idempotency-replayed': 'true' } };
  }

  private remember(name: string, remembered: Remembered): void {
    this.known.delete(name);
    this.known.set(name, remembered);
    if (this.known.size > longestMemory) this.known.delete(this.known.keys().next().value as string);
  }
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
