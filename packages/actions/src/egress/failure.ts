/**
 * Why a request got no answer.
 * - `refused`: Pawl does not connect there, or does not send this
 * - `invalid`: the request cannot be sent as it is
 * - `unreachable`: no connection (name, TCP, TLS)
 * - `broken`: the connection broke after the request had left
 * - `cancelled`: the caller gave up
 * - `limit`: the answer was too large or too slow
 */
export type EgressReason = 'refused' | 'invalid' | 'unreachable' | 'broken' | 'cancelled' | 'limit';

/** A request that got no answer, or an answer whose body could not be read. The message is for people and holds no secret. */
export class EgressFailure extends Error {
  readonly reason: EgressReason;

  constructor(reason: EgressReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'EgressFailure';
    this.reason = reason;
  }
}
