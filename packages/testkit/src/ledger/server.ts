import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import type { Book } from './book.ts';
import { type Mishap, mishapOf } from './mishaps.ts';

/** How a ledger behaves. */
export interface LedgerBehaviour {
  /** Decides which requests to /flaky meet a mishap, and which. Default: 1. */
  readonly seed?: number;
  /** Share of the requests to /flaky that meet a mishap, from 0 to 1. Default: 0.3. */
  readonly rate?: number;
  /** How long a hanging request hangs before its connection is broken (ms). Default: 300. */
  readonly hangMs?: number;
  /** Each request waits so long before it is looked at (ms), to slow a run down. Default: 0. */
  readonly delayMs?: number;
}

const host = '127.0.0.1';
const defaultSeed = 1;
const defaultRate = 0.3;
const defaultHangMs = 300;

/**
 * Serves a book over HTTP on a loopback port:
 * `POST /keyed/ACCOUNT` remembers the `Idempotency-Key` and applies its effect once (another body under it: 422);
 * `POST /flaky/ACCOUNT` does so too, but fails, hangs or breaks off now and then, before or after applying;
 * `POST /once/ACCOUNT` applies an effect on every arrival (key: the header, or `id` of the body);
 * `GET /ledger` tells the counts. A prefix before these paths is none of its business: the account is what follows.
 */
export async function serveBook(book: Book, port: number, behaviour: LedgerBehaviour): Promise<Server> {
  const server = createServer((request, response) => {
    handle(book, behaviour, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return server;
}

/** Where a server listens. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function handle(
  book: Book,
  behaviour: LedgerBehaviour,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? '';
  if (request.method === 'GET' && path === '/ledger') return answer(response, 200, book.counts());
  const [, kind, account] = /^\/(keyed|flaky|once)\/(.+)$/.exec(path) ?? [];
  if (request.method !== 'POST' || kind === undefined || account === undefined) {
    return answer(response, 404, { error: 'there is no such account' });
  }
  const body = await text(request);
  const key = keyOf(request, kind, body);
  if (key === undefined) return answer(response, 400, { error: 'there is no key' });
  const arrival = book.arrived(account, key);
  await sleep(behaviour.delayMs ?? 0);
  const { seed = defaultSeed, rate = defaultRate } = behaviour;
  const mishap = kind === 'flaky' ? mishapOf(seed, rate, key, arrival) : 'none';
  if (mishap.endsWith('before')) return misbehave(response, mishap, behaviour);
  const known = kind === 'once' ? undefined : book.bodyOf(account, key);
  if (known !== undefined && known !== body)
    return answer(response, 422, { error: 'the key was used for another body' });
  if (known === undefined) book.applied(account, key, body);
  if (mishap !== 'none') return misbehave(response, mishap, behaviour);
  const replayed = known !== undefined;
  return answer(response, replayed ? 200 : 201, { recorded: JSON.parse(body) as unknown, replayed });
}

function keyOf(request: IncomingMessage, kind: string, body: string): string | undefined {
  const header = request.headers['idempotency-key'];
  if (typeof header === 'string') return header;
  if (kind !== 'once') return undefined;
  const { id } = JSON.parse(body) as { id?: unknown };
  return typeof id === 'string' ? id : undefined;
}

async function misbehave(response: ServerResponse, mishap: Mishap, behaviour: LedgerBehaviour): Promise<void> {
  const [what] = mishap.split(' ');
  if (what === 'refuse') {
    response.writeHead(503, { 'retry-after': '0', 'content-type': 'application/json' });
    response.end('{"error":"busy"}');
    return;
  }
  if (what === 'error') return answer(response, 500, { error: 'something broke' });
  if (what === 'hang') await sleep(behaviour.hangMs ?? defaultHangMs);
  if (what === 'garbage') {
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"recorded":');
    await sleep(1);
  }
  response.socket?.resetAndDestroy();
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
