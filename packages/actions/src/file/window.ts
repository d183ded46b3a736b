import type { FileHandle } from 'node:fs/promises';
import { actionLimits } from '../limits.ts';

/** The part of a file that is in memory: bytes from a position on, read ahead in chunks. */
export class Window {
  readonly #handle: FileHandle;
  /** Position in the file of the first byte. */
  offset: number;
  bytes: Buffer = Buffer.alloc(0);
  /** The file ends with the last byte in memory. */
  ended = false;

  constructor(handle: FileHandle, offset: number) {
    this.#handle = handle;
    this.offset = offset;
  }

  /** Reads on. At least doubles what is there, so that a long record costs no more than its length. */
  async more(): Promise<void> {
    const length = Math.max(actionLimits.fileChunk, this.bytes.length);
    const grown = Buffer.allocUnsafe(this.bytes.length + length);
    this.bytes.copy(grown);
    const { bytesRead } = await this.#handle.read(grown, this.bytes.length, length, this.offset + this.bytes.length);
    this.ended = bytesRead === 0;
    this.bytes = grown.subarray(0, this.bytes.length + bytesRead);
  }

  /** Forgets the first bytes. */
  drop(count: number): void {
    this.bytes = this.bytes.subarray(count);
    this.offset += count;
  }
}
