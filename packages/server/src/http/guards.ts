import type { FastifyReply, FastifyRequest } from 'fastify';
import { PawlError } from '@pawl/core';
import { isLoopbackAddress } from './access.ts';

/** Headers of every answer, errors too. The page has its own files and nothing else: no inline script, no other origin. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
};

/** What requests may name. */
export interface OriginRules {
  /** Every request needs a token, so that any name may lead here. */
  readonly tokensOnly: boolean;
  /** Origin of the address under which a proxy serves Pawl. */
  readonly publicOrigin?: string;
}

const reading = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Sets the headers that every answer has. */
export function setSecurityHeaders(reply: FastifyReply): void {
  void reply.headers(securityHeaders);
}

/**
 * A page of any site can make a browser send requests here. A name of its own that leads to this machine (DNS
 * rebinding) shows in Host, a request across sites in Origin. Throws PAWL_HOST_UNKNOWN or PAWL_FORBIDDEN.
 */
export function checkOrigin(request: FastifyRequest, { tokensOnly, publicOrigin }: OriginRules): void {
  const { host, origin } = request.headers;
  if (request.headers['pawl-egress'] !== undefined) {
    throw new PawlError('PAWL_FORBIDDEN', 'The request comes from a step of a flow: flows do not use the API of Pawl.');
  }
  // Where every request carries a token, no page of another site can use who somebody is here.
  if (host === undefined || (!tokensOnly && !isOwnHost(host))) {
    throw new PawlError('PAWL_HOST_UNKNOWN', 'The Host header of the request does not name this machine.');
  }
  if (reading.has(request.method)) return;
  const scheme = 'encrypted' in request.socket ? 'https' : 'http';
  const own = [`${scheme}://${host.toLowerCase()}`, publicOrigin];
  if (origin !== undefined && !own.includes(origin.toLowerCase())) {
    throw new PawlError('PAWL_FORBIDDEN', 'The request comes from a page of another site.', {
      hint: 'Open the page at the address that `pawl start` prints.',
    });
  }
  if (request.headers['sec-fetch-site'] === 'cross-site') {
    throw new PawlError('PAWL_FORBIDDEN', 'The request comes from a page of another site.');
  }
}

/** A compressed body is not read: its size is not known before it is unpacked. Throws PAWL_MEDIA_TYPE. */
export function checkEncoding(request: FastifyRequest): void {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new PawlError('PAWL_MEDIA_TYPE', `A body with the encoding ${encoding.slice(0, 40)} is not read.`);
}

function isOwnHost(host: string): boolean {
  const name = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase();
  if (name === undefined) return false;
  return name === 'localhost' || isLoopbackAddress(name.replace(/^\[|\]$/g, ''));
}
