import { EgressFailure } from '../../egress/failure.ts';
import { actionLimits } from '../../limits.ts';

const lineEnd = Buffer.from('\r\n');

/** Bytes that came and were not read yet, for protocols of lines and counted bytes. */
export class Pieces {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** Adds a piece. Throws an EgressFailure where more is waiting to be read than one message may have. */
  push(piece: Buffer): void {
    this.#bytes = this.#at === this.#bytes.length ? piece : Buffer.concat([this.#bytes.subarray(this.#at), piece]);
    this.#at = 0;
    if (this.#bytes.length > actionLimits.messageBytes + piece.length)
      throw new EgressFailure('limit', `A message is larger than ${actionLimits.messageBytes} bytes.`);
  }

  /** Reads with a function that gives undefined where not enough is there; then nothing is read. */
  attempt<Value>(read: () => Value | undefined): Value | undefined {
    const before = this.#at;
    const value = read();
    if (value === undefined) this.#at = before;
    return value;
  }

  /** The next line without its end. */
  line(): string | undefined {
    const end = this.#bytes.indexOf(lineEnd, this.#at);
    if (end < 0) return undefined;
    const line = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + lineEnd.length;
    return line;
  }

  /** So many bytes, with a line's end after them, which is left out. */
  counted(length: number): Buffer | undefined {
    const end = this.#at + length;
    if (!Number.isSafeInteger(length) || length < 0) throw new Error('a length is no number');
    if (this.#bytes.length < end + lineEnd.length) return undefined;
    const bytes = Buffer.from(this.#bytes.subarray(this.#at, end));
    this.#at = end + lineEnd.length;
    return bytes;
  }
}
