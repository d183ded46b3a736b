import type { Cancellation } from '@pawl/core';
import { errors } from 'undici';
import type { Agent, Dispatcher } from 'undici';
import type { AnswerHead, EgressRequest } from './client.ts';
import { EgressFailure } from './failure.ts';

/** Status and headers of an answer, and its body as it came, or why it did not. */
export interface Head extends AnswerHead {
  readonly body: Buffer | EgressFailure;
}

/** What an exchange needs besides the request. */
export interface ExchangeOptions {
  readonly cancellation: Cancellation;
  readonly onLeft: () => void;
  readonly enough: EgressRequest['enough'];
  readonly maxBytes: number;
}

/**
 * One request and its answer on one connection. undici calls `onRequestStart` on an established connection just before
 * it writes, never twice, and never repeats a request by itself while pipelining is 1: that is what "left" stands on.
 */
export function exchange(agent: Agent, dispatch: Dispatcher.DispatchOptions, options: ExchangeOptions): Promise<Head> {
  return new Promise((resolve, reject) => {
    const handler = new Exchange(options, resolve, reject);
    options.cancellation.onCancel(() => handler.cancel());
    agent.dispatch(dispatch, handler);
  });
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #options: ExchangeOptions;
  readonly #resolve: (head: Head) => void;
  readonly #reject: (failure: EgressFailure) => void;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #head: AnswerHead | undefined;
  #bytes = 0;
  #settled = false;

  constructor(options: ExchangeOptions, resolve: (head: Head) => void, reject: (failure: EgressFailure) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  cancel(): void {
    this.#fail(new EgressFailure('cancelled', 'The answer did not come in time.'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled || this.#options.cancellation.cancelled) {
      controller.abort(new EgressFailure('cancelled', 'Nothing was sent.'));
      return;
    }
    try {
      this.#options.onLeft();
    } catch (error) {
      this.#fail(new EgressFailure('cancelled', 'Nothing was sent.', error));
    }
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#head = { status, headers: joined(headers) };
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#options.maxBytes) {
      this.#fail(new EgressFailure('limit', `The answer is larger than ${this.#options.maxBytes} bytes.`));
      return;
    }
    this.#chunks.push(chunk);
    if (this.#head === undefined || this.#options.enough?.(chunk, this.#head) !== true) return;
    this.#end(Buffer.concat(this.#chunks));
    this.#controller?.abort(new EgressFailure('cancelled', 'The rest of the answer is not needed.'));
  }

  onResponseEnd(): void {
    this.#end(Buffer.concat(this.#chunks));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error instanceof EgressFailure ? error : failureOf(error));
  }

  #fail(failure: EgressFailure): void {
    if (this.#settled) return;
    if (this.#head === undefined) {
      this.#settled = true;
      this.#reject(failure);
    } else {
      this.#end(failure);
    }
    this.#controller?.abort(failure);
  }

  #end(body: Buffer | EgressFailure): void {
    if (this.#settled || this.#head === undefined) return;
    this.#settled = true;
    this.#chunks.length = 0;
    this.#resolve({ ...this.#head, body });
  }
}

function joined(headers: Record<string, string | string[] | undefined>): Readonly<Record<string, string>> {
  const result: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return result;
}

function failureOf(error: Error): EgressFailure {
  if (error instanceof errors.HeadersOverflowError)
    return new EgressFailure('limit', 'The headers of the answer are too large.', error);
  if (error instanceof errors.BodyTimeoutError) return new EgressFailure('limit', 'The answer came too slowly.', error);
  if (error instanceof errors.HeadersTimeoutError)
    return new EgressFailure('limit', 'The answer did not come in time.', error);
  if (error instanceof errors.InvalidArgumentError)
    return new EgressFailure('invalid', `The request cannot be sent: ${error.message}.`, error);
  return new EgressFailure('broken', 'The connection broke before the answer was complete.', error);
}
