import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Json } from '@pawl/core';
import type { EngineBed } from '../engine.fixture.ts';
import { openBed } from '../engine.fixture.ts';
import type { EngineOptions } from '../engine/options.ts';
import { type Server, serve } from './serve.ts';

/** What an HTTP request was answered with. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: Record<string, unknown>;
}

/** A request of a test. */
export interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, a text as it stands. */
  readonly body?: Json;
}

/** An engine with a listening API. */
export interface HttpBed extends EngineBed {
  readonly server: Server;
  ask(method: string, path: string, asked?: Asked): Promise<Reply>;
}

/** Opens an engine and its API on a free port. */
export async function openHttpBed(name: string, options: Partial<EngineOptions> = {}): Promise<HttpBed> {
  const bed = await openBed(name, options);
  const server = await serve(bed.engine, { port: 0 });
  return {
    ...bed,
    server,
    ask: (method, path, asked) => ask(server.port, method, path, asked),
    async close() {
      await server.close();
      await bed.close();
    },
  };
}

/** One request by Node's own client: it sends any Host and Origin, which `fetch` does not. */
export function ask(port: number, method: string, path: string, { headers = {}, body }: Asked = {}): Promise<Reply> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const type =
    body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text ?? '')) };
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { port, host: '127.0.0.1', method, path, headers: { ...type, ...headers } },
      (response) => {
        readReply(response).then(resolve, reject);
      },
    );
    request.once('error', reject);
    request.end(text);
  });
}

/** Sends bytes as they are and reads until the server closes. */
export function askRaw(port: number, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => void socket.write(bytes));
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.once('close', () => resolve(text)).once('error', reject);
  });
}

async function readReply(response: IncomingMessage): Promise<Reply> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
  const isJson = /json/.test(response.headers['content-type'] ?? '');
  const json = isJson && text !== '' ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.statusCode ?? 0, headers: response.headers, text, json };
}
