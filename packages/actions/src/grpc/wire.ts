import { EgressFailure } from '../egress/failure.ts';

/** How a value is laid out: a variable integer, 8 bytes, a length and bytes, a group's ends, 4 bytes. */
export type WireType = 0 | 1 | 2 | 3 | 4 | 5;

/** A variable-length integer; a negative one takes the ten bytes of its 64-bit form. */
export function varint(value: bigint | number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** What comes before a value: the number of its field, and its layout. */
export function tag(id: number, type: WireType): Buffer {
  return varint((BigInt(id) << 3n) | BigInt(type));
}

/** Bytes after their length. */
export function withLength(bytes: Buffer): readonly Buffer[] {
  return [varint(bytes.length), bytes];
}

/** Reads what another program wrote. Throws an EgressFailure for what is no message. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The next field's number and layout. */
  tag(): { readonly id: number; readonly type: WireType } {
    const value = Number(this.varint() & 0xffffffffn);
    const type = value & 7;
    if (type > 5 || value >>> 3 === 0) throw noMessage();
    return { id: value >>> 3, type: type as WireType };
  }

  /** An unsigned integer of at most 64 bits. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#take(1)[0] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw noMessage();
  }

  /** So many bytes. */
  fixed(length: number): Buffer {
    return this.#take(length);
  }

  /** Bytes after their length. */
  bytes(): Buffer {
    const length = this.varint();
    if (length > BigInt(this.#bytes.length - this.#at)) throw noMessage();
    return this.#take(Number(length));
  }

  /** Passes over a field that the definition does not know. */
  skip(type: WireType, id: number, depth = 0): void {
    if (depth > deepestGroup) throw noMessage();
    if (type === 0) this.varint();
    else if (type === 1) this.#take(8);
    else if (type === 2) this.bytes();
    else if (type === 5) this.#take(4);
    else if (type === 4) throw noMessage();
    else {
      for (;;) {
        const inner = this.tag();
        if (inner.type === 4 && inner.id === id) return;
        this.skip(inner.type, inner.id, depth + 1);
      }
    }
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw noMessage();
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }
}

const deepestGroup = 100;

/** The failure of an answer that is no message of its type. */
export function noMessage(): EgressFailure {
  return new EgressFailure('broken', 'The answer is no message of the type that the definition gives it.');
}
