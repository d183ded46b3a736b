import { connect, constants } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { ensureError } from '@pawl/core';
import type { Cancellation } from '@pawl/core';
import { EgressFailure } from './failure.ts';
import { actionLimits } from '../limits.ts';
import { frame, Frames } from './grpc-frames.ts';

/** One call: the socket that leads to the service, and what is said. */
export interface Call {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly message: Buffer;
  readonly cancellation: Cancellation;
  /** Called before the first byte of the request; if it throws, nothing is sent. */
  readonly onLeft: () => void;
}

/** What came back: the messages, and the status that the service gave. */
export interface Answered {
  readonly messages: readonly Buffer[];
  /** HTTP's own, which is 200 where gRPC answered at all. */
  readonly httpStatus: number;
  /** gRPC's; undefined where the answer has none. */
  readonly status: number | undefined;
  readonly message: string;
}

/** Makes one call over HTTP/2. Rejects with an EgressFailure, with `refused` where the server certainly did not take it. */
export async function exchange(socket: Socket, call: Call): Promise<Answered> {
  const secure = socket instanceof TLSSocket;
  if (secure && socket.alpnProtocol !== 'h2') {
    socket.destroy();
    throw new EgressFailure('unreachable', `${call.host}:${call.port} speaks no HTTP/2, which gRPC needs.`);
  }
  let begun = false;
  let timer: NodeJS.Timeout | undefined;
  const session = connect(`${secure ? 'https' : 'http'}://${authority(call)}`, { createConnection: () => socket });
  try {
    return await new Promise((resolve, reject) => {
      const settle = (error: unknown): void => reject(begun ? failureOf(error) : noService(call, error));
      timer = setTimeout(() => settle(new Error('no answer')), actionLimits.connectTimeout);
      session.on('error', settle);
      // The session tells it too; an error that nobody hears would end the process.
      socket.on('error', settle);
      session.once('close', () => settle(new Error('closed')));
      call.cancellation.onCancel(() => settle(new EgressFailure('cancelled', 'The answer did not come in time.')));
      // The server's settings tell that it speaks HTTP/2: before them nothing of the request may leave.
      session.once('remoteSettings', () => {
        clearTimeout(timer);
        try {
          if (call.cancellation.cancelled) throw new EgressFailure('cancelled', 'Nothing was sent.');
          begun = true;
          call.onLeft();
          read(request(session, call), resolve, settle);
        } catch (error) {
          settle(error);
        }
      });
    });
  } finally {
    clearTimeout(timer);
    session.destroy();
    socket.destroy();
  }
}

function request(session: ClientHttp2Session, call: Call): ClientHttp2Stream {
  const headers: OutgoingHttpHeaders = {
    ...call.metadata,
    ':method': 'POST',
    ':path': call.path,
    'content-type': 'application/grpc',
    te: 'trailers',
  };
  const stream = session.request(headers);
  stream.end(frame(call.message));
  return stream;
}

function read(stream: ClientHttp2Stream, resolve: (answered: Answered) => void, fail: (error: unknown) => void): void {
  const frames = new Frames();
  let headers: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  stream.on('response', (given) => (headers = given));
  stream.on('trailers', (given: IncomingHttpHeaders) => (trailers = given));
  stream.on('error', (error) => fail(stream.rstCode === constants.NGHTTP2_REFUSED_STREAM ? refused() : error));
  stream.on('data', (piece: Buffer) => {
    try {
      // What is no gRPC has a body of its own, which tells nothing.
      if (Number(headers[':status']) === 200) frames.push(piece);
    } catch (error) {
      fail(error);
      stream.close(constants.NGHTTP2_CANCEL);
    }
  });
  stream.on('close', () => {
    try {
      if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) throw refused();
      if (headers[':status'] === undefined) throw new Error('closed');
      frames.end();
      const status = trailers['grpc-status'] ?? headers['grpc-status'];
      const message = trailers['grpc-message'] ?? headers['grpc-message'];
      resolve({
        messages: frames.messages,
        httpStatus: Number(headers[':status']),
        status: typeof status === 'string' && /^\d{1,3}$/.test(status) ? Number(status) : undefined,
        message: typeof message === 'string' ? decoded(message) : '',
      });
    } catch (error) {
      fail(error);
    }
  });
}

/** What listens there took the connection, and did not begin to speak HTTP/2. */
function noService({ host, port }: Call, error: unknown): EgressFailure {
  if (error instanceof EgressFailure) return error;
  return new EgressFailure('unreachable', `${host}:${port} speaks no HTTP/2, which gRPC needs.`, ensureError(error));
}

function refused(): EgressFailure {
  return new EgressFailure('unreachable', 'The service refused the call before it looked at it.');
}

function failureOf(error: unknown): EgressFailure {
  if (error instanceof EgressFailure) return error;
  return new EgressFailure('broken', 'The connection broke before the answer was complete.', ensureError(error));
}

function authority({ host, port }: Call): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
