import type { Socket } from 'node:net';
import type { Cancellation } from '@pawl/core';
import { EgressFailure } from '../../egress/failure.ts';
import { actionLimits } from '../../limits.ts';

/** A socket to a broker, for one attempt: whatever ends it ends what waits for an answer. */
export class Link {
  readonly socket: Socket;
  readonly #host: string;
  readonly #over: Promise<never>;
  #fail: (error: Error) => void = () => undefined;

  constructor(socket: Socket, host: string, cancellation: Cancellation) {
    this.socket = socket;
    this.#host = host;
    this.#over = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.#over.catch(() => undefined);
    socket.on('error', (error) => this.fail(new EgressFailure('broken', `The connection to ${host} broke.`, error)));
    socket.on('close', () => this.fail(new EgressFailure('broken', `${host} closed the connection.`)));
    cancellation.onCancel(() => this.fail(new EgressFailure('cancelled', 'The attempt was given up.')));
  }

  /** Ends whatever waits, with an error. */
  fail(error: Error): void {
    this.#fail(error);
    this.socket.destroy();
  }

  /** What another promise gives, unless the link ends before. */
  within<Value>(promise: Promise<Value>): Promise<Value> {
    return Promise.race([promise, this.#over]);
  }

  /** The same for an answer that a broker gives at once: it has so long. */
  async answer<Value>(promise: Promise<Value>): Promise<Value> {
    const late = (): void =>
      this.fail(
        new EgressFailure('broken', `${this.#host} did not answer within ${actionLimits.brokerAnswer / 1000} seconds.`),
      );
    const timer = setTimeout(late, actionLimits.brokerAnswer);
    try {
      return await this.within(promise);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Hands each piece that comes to a reader; what it throws ends the link. */
  read(reader: (piece: Buffer) => void): void {
    this.socket.on('data', (piece: Buffer) => {
      try {
        reader(piece);
      } catch (error) {
        this.fail(error instanceof EgressFailure ? error : this.garbled(error));
      }
    });
  }

  /** What comes is not what the protocol allows. */
  garbled(cause?: unknown): EgressFailure {
    return new EgressFailure('broken', `${this.#host} sent what cannot be read.`, cause);
  }
}
