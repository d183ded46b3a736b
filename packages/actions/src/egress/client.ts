import type { Cancellation } from '@pawl/core';
import { Agent } from 'undici';
import type { Dispatcher } from 'undici';
import { actionLimits } from '../limits.ts';
import { readBody } from './body.ts';
import type { Body } from './body.ts';
import { EgressFailure } from './failure.ts';
import { checkHeaders, egressMark, keepsAcrossOrigins } from './headers.ts';
import { exchange } from './exchange.ts';
import type { Head } from './exchange.ts';
import { parseRedirect, parseUrl } from './url.ts';

/** One HTTP request. */
export interface EgressRequest {
  readonly method: string;
  readonly url: string;
  /** Headers that the flow sets. */
  readonly headers: Readonly<Record<string, string>>;
  /** Credentials: sent to the URL's own origin only, never to where it redirects. */
  readonly credentials?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly cancellation: Cancellation;
  /** Follow redirects (at most `actionLimits.redirects`); otherwise a 3xx is the answer. */
  readonly follow: boolean;
  /** Use a new connection, or one that was idle for less than a second. */
  readonly fresh: boolean;
  /** Longest body (bytes), packed and unpacked. Default: `actionLimits.answerBytes`. */
  readonly maxBytes?: number;
  /**
   * Called with each piece of an answer's body as it came: once it says so, the rest is not waited for. For streams that
   * their server leaves open.
   */
  readonly enough?: ((piece: Buffer, head: AnswerHead) => boolean) | undefined;
  /** Judges each message before it is sent, those of redirects too; throws an EgressFailure to refuse it. Default: all pass. */
  readonly permit?: (message: OutgoingMessage) => void;
  /** Called before the first byte is handed to an established connection. If it throws, nothing is sent. */
  readonly onLeft: () => void;
}

/** Status and headers of an answer, whose names are in lower case. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** A message as it goes out, credentials included. */
export interface OutgoingMessage {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

/** An answer. `headers` have lower-case names; repeated ones are joined by a comma. */
export interface EgressAnswer extends AnswerHead {
  /** Where the answer came from: the last URL of the redirects. */
  readonly url: URL;
  /** Redirects that led there. */
  readonly redirects: number;
  readonly body: Body;
}

/** Sends requests over the connections of one set of permissions. */
export class Client {
  readonly #kept: Agent;
  readonly #fresh: Agent;
  readonly #userAgent: string;

  constructor(options: {
    connect: NonNullable<Agent.Options['connect']>;
    userAgent: string;
  }) {
    const common = {
      connect: options.connect,
      allowH2: false,
      pipelining: 1,
      connections: actionLimits.connectionsPerOrigin,
      maxHeaderSize: actionLimits.answerHeaderBytes,
      // The attempt's deadline ends a request; these are bounds for targets that drip.
      headersTimeout: actionLimits.requestTime,
      bodyTimeout: actionLimits.answerPause,
    };
    this.#kept = new Agent({
      ...common,
      keepAliveTimeout: actionLimits.keepAlive,
      keepAliveMaxTimeout: actionLimits.keepAlive,
    });
    this.#fresh = new Agent({
      ...common,
      keepAliveTimeout: actionLimits.keepAliveFresh,
      keepAliveMaxTimeout: actionLimits.keepAliveFresh,
    });
    this.#userAgent = options.userAgent;
  }

  /** Sends a request. Rejects with an EgressFailure when there is no answer; an unreadable body is part of the answer. */
  async request(request: EgressRequest): Promise<EgressAnswer> {
    checkHeaders(request.headers);
    checkHeaders(request.credentials ?? {});
    let hop: Hop = {
      url: parseUrl(request.url),
      method: request.method.toUpperCase(),
      headers: { ...request.headers, ...request.credentials },
      body: request.body,
    };
    for (let followed = 0; ; followed++) {
      const answer = { ...(await this.#send(hop, request)), redirects: followed };
      const location = answer.headers['location'];
      if (
        !request.follow ||
        !isRedirect(answer.status) ||
        location === undefined ||
        followed === actionLimits.redirects
      )
        return answer;
      const url = parseRedirect(location, hop.url);
      // 307 and 308 repeat the body, which was meant for the place that the flow named.
      if (url.origin !== hop.url.origin && hop.body !== undefined && !becomesGet(hop, answer.status)) {
        throw new EgressFailure(
          'refused',
          `The target answered ${answer.status} and asks to send the body to ${url.origin}, another place. Pawl did not send it there. If that is right, write that URL into the step.`,
        );
      }
      hop = nextHop(hop, answer.status, url, request.credentials ?? {});
    }
  }

  async #send(hop: Hop, request: EgressRequest): Promise<Omit<EgressAnswer, 'redirects'>> {
    request.permit?.(hop);
    const dispatch: Dispatcher.DispatchOptions = {
      origin: hop.url.origin,
      path: `${hop.url.pathname}${hop.url.search}`,
      method: hop.method as Dispatcher.HttpMethod,
      headers: {
        'user-agent': this.#userAgent,
        'accept-encoding': 'gzip, deflate, br',
        ...lowerCased(hop.headers),
        [egressMark]: '1',
      },
      body: hop.body ?? null,
    };
    const head = await exchange(request.fresh ? this.#fresh : this.#kept, dispatch, {
      cancellation: request.cancellation,
      onLeft: request.onLeft,
      enough: request.enough,
      maxBytes: request.maxBytes ?? actionLimits.answerBytes,
    });
    return { status: head.status, headers: head.headers, url: hop.url, body: await bodyOf(head, request) };
  }

  /** Ends all connections; requests under way break. */
  async close(): Promise<void> {
    await Promise.all([this.#kept.destroy(), this.#fresh.destroy()]);
  }
}

interface Hop extends OutgoingMessage {
  readonly method: string;
}

async function bodyOf(head: Head, request: EgressRequest): Promise<Body> {
  if (head.body instanceof EgressFailure) return { failure: head.body };
  return readBody(head.body, head.headers['content-encoding'], request.maxBytes ?? actionLimits.answerBytes);
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** Whether the next request is a GET without body, as RFC 9110 §15.4 and every browser do it. */
function becomesGet(hop: Hop, status: number): boolean {
  return (status === 303 && hop.method !== 'HEAD') || ((status === 301 || status === 302) && hop.method === 'POST');
}

/** Method, headers and body of the next request. Any header may hold a secret: another origin gets the harmless ones. */
function nextHop(hop: Hop, status: number, url: URL, credentials: Readonly<Record<string, string>>): Hop {
  const toGet = becomesGet(hop, status);
  const sameOrigin = url.origin === hop.url.origin;
  const secret = new Set(Object.keys(credentials).map((name) => name.toLowerCase()));
  const headers = Object.entries(hop.headers).filter(([name]) => {
    if (!sameOrigin && (!keepsAcrossOrigins(name) || secret.has(name.toLowerCase()))) return false;
    return !toGet || !name.toLowerCase().startsWith('content-');
  });
  return {
    url,
    method: toGet ? 'GET' : hop.method,
    headers: Object.fromEntries(headers),
    body: toGet ? undefined : hop.body,
  };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
