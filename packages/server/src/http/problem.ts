import type { IncomingMessage } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorCode, Log } from '@pawl/core';
import { ensureError, errors, PawlError } from '@pawl/core';

/** Type of a problem document (RFC 9457). */
export const problemType = 'application/problem+json';

/** A problem document. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly hint: string;
  readonly [more: string]: unknown;
}

/** Characters of a detail that quotes what was sent. */
const longestDetail = 300;
const tooLarge = 413;
const unavailable = 503;
/** How long the rest of a body that is too large is read (ms). */
const drainMs = 2_000;
/** When a request that was not taken for now may be sent again (s). */
const retryAfter = 1;

/** The problem document of an error; `status` where it is not the code's own. */
export function problemOf(error: PawlError, status: number = error.status): ProblemDocument {
  const { code, hint, extra, message } = error;
  return { ...extra, type: `urn:pawl:error:${code}`, title: errors[code].text, status, detail: message, code, hint };
}

/** Answers a request with what was thrown. What is not meant for others is logged and stays here. */
export function sendProblem(log: Log, thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const error = ensureError(thrown);
  const problem = error instanceof PawlError ? problemOf(error) : problemOfFramework(error as FastifyError);
  if (problem.status >= 500) {
    const fields = { err: error, method: request.method, route: request.routeOptions.url ?? null, code: problem.code };
    // Why Pawl takes nothing for now is said once, where it is found out, not at each request.
    if (problem.status === unavailable) log.debug(fields, 'A request was not taken for now.');
    else log.error(fields, 'A request failed.');
  }
  if (problem.status === unavailable || problem.code === 'PAWL_IN_FLIGHT') void reply.header('retry-after', retryAfter);
  const send = (): void =>
    void reply.code(problem.status).header('content-type', problemType).send(JSON.stringify(problem));
  if (problem.status === tooLarge && !request.raw.readableEnded) afterBody(request.raw, send);
  else send();
}

/**
 * Reads on for a moment and throws away what comes, then answers: a client whose connection is closed while it still
 * sends never sees the answer.
 */
function afterBody(request: IncomingMessage, answer: () => void): void {
  const timer = setTimeout(done, drainMs);
  function done(): void {
    clearTimeout(timer);
    request.off('end', done).off('close', done);
    answer();
  }
  request.once('end', done).once('close', done).resume();
}

/** What the framework threw: its own errors have a status below 500, everything else is a bug. */
function problemOfFramework(error: FastifyError): ProblemDocument {
  const status = error.statusCode ?? 500;
  if (status === tooLarge)
    return problemOf(new PawlError('PAWL_TOO_LARGE', 'The body is larger than this route takes.'));
  if (status === 415) {
    return problemOf(new PawlError('PAWL_MEDIA_TYPE', 'The type of the body is not one that this route takes.'));
  }
  if (status === 503) return problemOf(new PawlError('PAWL_UNAVAILABLE', 'Pawl is stopping.'));
  if (status >= 400 && status < 500)
    return problemOf(new PawlError('PAWL_REQUEST_INVALID', `${error.message.slice(0, longestDetail)}.`), status);
  return problemOf(
    new PawlError('PAWL_INTERNAL', 'The request failed in an unexpected way. The log of Pawl says more.'),
  );
}
