import { EgressFailure } from './failure.ts';
import { actionLimits } from '../limits.ts';

/** A message as it travels: whether it is packed, its length, itself. */
export function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Takes the messages out of what comes, piece by piece. Bounded; throws an EgressFailure. */
export class Frames {
  readonly messages: Buffer[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #bytes = 0;

  push(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes > actionLimits.answerBytes)
      throw new EgressFailure('limit', `The answer is larger than ${actionLimits.answerBytes} bytes.`);
    this.#rest = Buffer.concat([this.#rest, piece]);
    while (this.#rest.length >= 5) {
      if (this.#rest[0] !== 0)
        throw new EgressFailure('broken', 'The answer is packed, though Pawl did not offer that.');
      const length = this.#rest.readUInt32BE(1);
      if (length > actionLimits.answerBytes)
        throw new EgressFailure('limit', `The answer is larger than ${actionLimits.answerBytes} bytes.`);
      if (this.#rest.length < 5 + length) return;
      this.messages.push(this.#rest.subarray(5, 5 + length));
      this.#rest = this.#rest.subarray(5 + length);
    }
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#rest.length > 0)
      throw new EgressFailure('broken', 'The connection broke before the answer was complete.');
  }
}
