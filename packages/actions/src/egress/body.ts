import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import type { ZlibOptions } from 'node:zlib';
import { actionLimits } from '../limits.ts';
import { EgressFailure } from './failure.ts';

/** The body of an answer, or why it could not be read. */
export type Body =
  | { readonly bytes: Buffer; readonly failure?: undefined }
  | { readonly failure: EgressFailure; readonly bytes?: undefined };

/** Unpacks a body; stops at `maxBytes`, so that a small body cannot become a huge one. */
export async function readBody(packed: Buffer, encodings: string | undefined, maxBytes: number): Promise<Body> {
  const names = (encodings ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length > actionLimits.answerEncodings) return broken('The answer is packed too many times.');
  let bytes = packed;
  for (const name of names.reverse()) {
    if (bytes.length === 0) break;
    const unpack = unpackers[name];
    if (unpack === undefined)
      return broken(`The answer is packed in a way that Pawl does not know (${name.slice(0, 30)}).`);
    try {
      bytes = await unpack(bytes, maxBytes);
    } catch (error) {
      if (isTooLarge(error))
        return {
          failure: new EgressFailure(
            'limit',
            `The answer is larger than ${maxBytes} bytes when it is unpacked.`,
            error,
          ),
        };
      return broken('The answer is packed, but cannot be unpacked.');
    }
  }
  return { bytes };
}

type Unpack = (bytes: Buffer, maxBytes: number) => Promise<Buffer>;

const unpackers: Readonly<Record<string, Unpack>> = {
  gzip: (bytes, max) => unpackWith(gunzip, bytes, max),
  'x-gzip': (bytes, max) => unpackWith(gunzip, bytes, max),
  // Some servers send raw deflate under this name: RFC 9110 §8.4.1.2 notes it. The zlib form begins with 0x?8.
  deflate: (bytes, max) => unpackWith(((bytes[0] ?? 0) & 0x0f) === 8 ? inflate : inflateRaw, bytes, max),
  br: (bytes, max) => unpackWith(brotliDecompress, bytes, max),
};

type Unzip = (bytes: Buffer, options: ZlibOptions, callback: (error: Error | null, result: Buffer) => void) => void;

function unpackWith(unzip: Unzip, bytes: Buffer, maxOutputLength: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    unzip(bytes, { maxOutputLength }, (error, result) => {
      if (error === null) resolve(result);
      else reject(error);
    });
  });
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

function broken(message: string): Body {
  return { failure: new EgressFailure('broken', message) };
}
