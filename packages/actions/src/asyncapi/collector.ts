import type { Json, JsonObject, MessageRules } from '@pawl/core';
import { errorOf, FailedAttempt } from '../failures.ts';
import { actionLimits } from '../limits.ts';
import type { Incoming } from './brokers/broker.ts';
import { readMessage } from './message.ts';

/** How much a subscription takes. */
export interface Consumption {
  /** Messages that are wanted; undefined: as many as the rules say. */
  readonly amount: number | undefined;
  readonly rules: MessageRules | undefined;
  /** What a message is where neither it nor its bytes say. */
  readonly contentType: string;
}

/** What a subscription has taken so far. */
export class Collector {
  /** The messages that were taken, in order. */
  readonly messages: JsonObject[] = [];
  /** Their numbers among all that came, from 0. */
  readonly taken: number[] = [];
  readonly #consumption: Consumption;
  #came = 0;
  #bytes = 0;

  constructor(consumption: Consumption) {
    this.#consumption = consumption;
  }

  /** Whether no message is wanted any more. */
  get done(): boolean {
    return this.messages.length >= (this.#consumption.amount ?? Number.POSITIVE_INFINITY) || this.#met;
  }

  #met = false;

  /** Offers a message. Throws a FailedAttempt where it is too much, or a rule cannot be told. */
  offer(incoming: Incoming): void {
    if (this.done) return;
    const number = this.#came;
    this.#came += 1;
    const { rules, contentType } = this.#consumption;
    const message = readMessage(incoming, contentType);
    if (this.#came > actionLimits.subscriptionMessages) throw tooMuch(`${actionLimits.subscriptionMessages} messages`);
    if (rules?.wants(message) === false) return;
    this.#bytes += incoming.body.length;
    if (this.#bytes > actionLimits.subscriptionBytes) throw tooMuch(`${actionLimits.subscriptionBytes} bytes`);
    this.taken.push(number);
    this.messages.push(message);
    const enough = rules?.enough(this.messages as readonly Json[]) ?? false;
    if (typeof enough !== 'boolean') throw new FailedAttempt({ kind: 'terminal', error: enough.error });
    this.#met = enough;
  }
}

function tooMuch(most: string): FailedAttempt {
  const detail = `More than ${most} came before the subscription had what it asks for. None was taken from a queue.`;
  return new FailedAttempt({ kind: 'terminal', error: errorOf('runtime', detail) });
}
