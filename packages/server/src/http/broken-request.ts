import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { PawlError } from '@pawl/core';
import { securityHeaders } from './guards.ts';
import { problemOf, problemType } from './problem.ts';

const headersTooLarge = 431;
const tooSlow = 408;

/** Answers what is no HTTP request, is too slow, or has too large a header, and closes the connection. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemFor(error.code);
  const body = JSON.stringify(problem);
  const headers = {
    ...securityHeaders,
    'content-type': problemType,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`, ...lines, '', body].join('\r\n'));
}

function problemFor(code: string | undefined): ReturnType<typeof problemOf> {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return problemOf(new PawlError('PAWL_TOO_LARGE', 'The headers of the request are too large.'), headersTooLarge);
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return problemOf(new PawlError('PAWL_REQUEST_INVALID', 'The request took too long to arrive.'), tooSlow);
  }
  return problemOf(new PawlError('PAWL_REQUEST_INVALID', 'This is not a request that HTTP allows.'));
}
