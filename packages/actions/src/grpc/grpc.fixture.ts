import { createServer } from 'node:http2';
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Json } from '@pawl/core';
import { decodeMessage, encodeMessage } from './message.ts';
import { readInterface } from './interface.ts';
import { frame, Frames } from '../egress/grpc-frames.ts';

/** The interface that the server of tests has. */
export const proto = `
syntax = "proto3";
package shop.v1;
service Orders {
  rpc Place (Order) returns (Receipt);
  rpc Look (Order) returns (Receipt) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc Watch (Order) returns (stream Receipt);
}
message Order { string item = 1; int32 count = 2; string request_id = 3; }
message Receipt { string number = 1; Order order = 2; }
`;

const root = readInterface(Buffer.from(proto), 'test');
const order = root.lookupType('shop.v1.Order');
const receipt = root.lookupType('shop.v1.Receipt');

/** A call as the server got it. */
export interface GotCall {
  readonly headers: IncomingHttpHeaders;
  readonly order: Json;
}

/** Answers a call. */
export type Answer = (stream: ServerHttp2Stream, got: GotCall) => void;

/** A gRPC server on a free port of 127.0.0.1, without TLS. */
export interface GrpcServer {
  readonly port: number;
  readonly got: GotCall[];
  answer: Answer;
  close(): Promise<void>;
}

/** Answers with messages and a status. */
export function answerMessages(...numbers: readonly string[]): Answer {
  return (stream, got) => {
    begin(stream, '0');
    for (const number of numbers) stream.write(frame(encodeMessage(receipt, { number, order: got.order })));
    stream.end();
  };
}

/** Answers with a status alone. */
export function answerStatus(status: number, message = ''): Answer {
  return (stream) =>
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': String(status),
        'grpc-message': encodeURIComponent(message),
      },
      { endStream: true },
    );
}

/** Begins an answer whose status comes at its end. */
export function begin(stream: ServerHttp2Stream, status: string): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }));
}

/** Starts one. */
export async function grpcServer(): Promise<GrpcServer> {
  const server: Http2Server = createServer();
  const sockets = new Set<Socket>();
  const made = {
    port: 0,
    got: [] as GotCall[],
    answer: answerMessages('1') as Answer,
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.on('sessionError', () => undefined);
  server.on('stream', (stream, headers) => {
    const frames = new Frames();
    stream.on('error', () => undefined);
    stream.on('data', (piece: Buffer) => frames.push(piece));
    stream.on('end', () => {
      const got = { headers, order: decodeMessage(order, frames.messages[0] ?? Buffer.alloc(0)) };
      made.got.push(got);
      made.answer(stream, got);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  made.port = (server.address() as AddressInfo).port;
  return made;
}
