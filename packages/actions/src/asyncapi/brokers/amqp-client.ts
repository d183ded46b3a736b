import { AMQPBaseClient } from '@cloudamqp/amqp-client/amqp-base-client';
import { AMQPView } from '@cloudamqp/amqp-client/amqp-view';
import { EgressFailure } from '../../egress/failure.ts';
import { actionLimits } from '../../limits.ts';
import type { Link } from './link.ts';

/** The client of AMQP 0-9-1, over a link that is connected already. */
export class LinkedClient extends AMQPBaseClient {
  readonly #link: Link;
  #bytes = Buffer.alloc(0);

  constructor(link: Link, vhost: string, username: string, password: string) {
    super(vhost, username, password, 'pawl', undefined, largestFrame);
    this.#link = link;
  }

  override connect(): Promise<AMQPBaseClient> {
    this.#link.read((piece) => this.#read(piece));
    return new Promise((resolve, reject) => {
      this.connectPromise = [resolve, reject];
      this.send(greeting).catch(reject);
    });
  }

  override send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      // The library writes into the same bytes again once this is done.
      this.#link.socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  protected override closeSocket(): void {
    this.#link.socket.end();
  }

  /** Hands over whole frames: kind, channel and length in seven bytes, the content, one byte that ends it. */
  #read(piece: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? Buffer.from(piece) : Buffer.concat([this.#bytes, piece]);
    while (this.#bytes.length >= headBytes) {
      const length = this.#bytes.readUInt32BE(3) + headBytes + 1;
      if (length > actionLimits.messageBytes) throw new EgressFailure('limit', 'A frame of the broker is too large.');
      if (this.#bytes.length < length) return;
      // What a message holds stays where it is: the bytes are not used again.
      const frame = new Uint8Array(this.#bytes.subarray(0, length));
      this.#bytes = this.#bytes.subarray(length);
      this.parseFrames(new AMQPView(frame.buffer, frame.byteOffset, frame.byteLength));
    }
  }
}

/** `AMQP`, and the version 0-9-1. */
const greeting = Uint8Array.from([65, 77, 81, 80, 0, 0, 9, 1]);
const headBytes = 7;
const largestFrame = 131_072;
