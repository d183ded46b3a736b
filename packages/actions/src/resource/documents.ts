import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { isObject } from '@pawl/core';
import type { Cancellation, Json } from '@pawl/core';
import type { Egress } from '../egress/egress.ts';
import { EgressFailure } from '../egress/failure.ts';
import { parseUrl, showUrl } from '../egress/url.ts';
import { egressOutcome, errorOf, FailedAttempt } from '../failures.ts';
import { KeptValues } from '../http/authentication/kept-values.ts';
import type { Loaded } from '../http/authentication/kept-values.ts';
import { readPolicy } from '../http/authentication/policy.ts';
import type { BuiltRequest } from '../http/request.ts';
import { retryAfterMs } from '../http/retry-after.ts';
import { send } from '../http/send.ts';
import type { Sent } from '../http/send.ts';
import { actionLimits } from '../limits.ts';

/** A document at an address, as it was read. */
export interface Document<Value> {
  readonly value: Value;
  /** Where it came from in the end: what is relative in it is relative to this. */
  readonly url: URL;
  /** What its server calls this state of it, to ask whether it is still that. */
  readonly etag: string | undefined;
}

/** Makes a value of a document's bytes; throws a FailedAttempt for what is none. `url` is for the error. */
export type Read<Value> = (bytes: Buffer, shownUrl: string) => Value;

/**
 * Documents of one kind (API descriptions, interface definitions), fetched over the network as some flows may use it and
 * kept in memory for them: by address and by who asks, so that who has no credentials gets nothing that needs them.
 */
export class Documents<Value> {
  readonly #egress: Egress;
  readonly #read: Read<Value>;
  readonly #kept: KeptValues<Document<Value>>;

  constructor(egress: Egress, read: Read<Value>, now: () => number = () => performance.now()) {
    this.#egress = egress;
    this.#read = read;
    this.#kept = new KeptValues({ max: actionLimits.documents, loadTime: actionLimits.documentTime, now });
  }

  /** The document of an `endpoint`. Rejects with a FailedAttempt: nothing has left then, for nothing but the document was asked for. */
  async get(endpoint: Json | undefined, cancellation: Cancellation): Promise<Document<Value>> {
    const uri = isObject(endpoint) ? endpoint['uri'] : endpoint;
    const authentication = isObject(endpoint) ? endpoint['authentication'] : undefined;
    const address = typeof uri === 'string' ? uri : '';
    const key = createHash('sha256')
      .update(JSON.stringify([address, authentication ?? null]))
      .digest('base64url');
    try {
      const request: BuiltRequest = { method: 'GET', url: address, headers: {}, policy: readPolicy(authentication) };
      return await this.#kept.get(key, cancellation, (shared, previous) => this.#fetch(request, shared, previous));
    } catch (error) {
      if (!(error instanceof EgressFailure)) throw error;
      throw new FailedAttempt(egressOutcome(error, 'pure', false, `Pawl asked for the document ${shown(address)}`));
    }
  }

  async #fetch(
    request: BuiltRequest,
    cancellation: Cancellation,
    previous: Document<Value> | undefined,
  ): Promise<Loaded<Document<Value>>> {
    const url = parseUrl(request.url);
    const known = previous?.etag === undefined ? {} : { 'If-None-Match': previous.etag };
    const accept = 'application/json, application/yaml;q=0.9, */*;q=0.8';
    const sent = await send(
      { ...request, headers: { Accept: accept, ...known } },
      { follow: true, fresh: false },
      { egress: this.#egress, cancellation, left: () => undefined },
    );
    const { answer } = sent;
    if (answer instanceof EgressFailure) throw answer;
    if (answer.status === 304 && previous !== undefined)
      return { value: previous, freshFor: actionLimits.documentLife };
    if (answer.status !== 200) throw refused(showUrl(url), sent);
    if (answer.body.bytes === undefined) throw answer.body.failure;
    if (answer.body.bytes.length > actionLimits.documentBytes)
      throw new EgressFailure('refused', `It is larger than ${actionLimits.documentBytes} bytes.`);
    const value = this.#read(answer.body.bytes, showUrl(url));
    return {
      value: { value, url: answer.url, etag: answer.headers['etag'] },
      freshFor: actionLimits.documentLife,
    };
  }
}

/** No document: a server that may have it later is asked again, as nothing has left. */
function refused(shownUrl: string, { answer }: Sent): FailedAttempt {
  const { status, headers } = answer as Exclude<Sent['answer'], EgressFailure>;
  const error = errorOf('communication', `The document ${shownUrl} is not to be had: its server answered ${status}.`, {
    status,
  });
  const later = status >= 500 || status === 408 || status === 425 || status === 429;
  if (!later) return new FailedAttempt({ kind: 'terminal', error });
  const afterMs = retryAfterMs(headers['retry-after'], Date.now());
  return new FailedAttempt({ kind: 'retryable', left: false, error, ...(afterMs === undefined ? {} : { afterMs }) });
}

function shown(address: string): string {
  return URL.canParse(address) ? showUrl(new URL(address)) : 'of the step';
}
