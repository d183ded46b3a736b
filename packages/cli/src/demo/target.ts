import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { isObject, type Json, type JsonObject } from '@pawl/core';
import type { Ledger } from './ledger.ts';

/** An HTTP service for the examples to talk to. */
export interface DemoTarget {
  readonly port: number;
  close(): Promise<void>;
}

const host = '127.0.0.1';
/** Above it a charge is refused. */
const highestAmount = 1_000;
/** Every so many-th order meets a service that is busy the first time. */
const busyEvery = 5;
const longestBody = 65_536;

/**
 * Starts the service on a loopback port. It remembers the `Idempotency-Key` of each effect, answers 503 now and then,
 * refuses what is too expensive, and tells at /ledger what it has done. Rejects with Node's error for a taken port.
 */
export async function startTarget(options: { readonly port: number; readonly ledger: Ledger }): Promise<DemoTarget> {
  const server = createServer((request, response) => {
    answer(options.ledger, request)
      .catch((): Answer => ({ status: 400, body: { error: 'the body is not a JSON object' } }))
      .then(
        (result) => send(response, result),
        () => response.destroy(),
      );
  });
  await listen(server, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
}

async function answer(ledger: Ledger, request: IncomingMessage): Promise<Answer> {
  const route = `${request.method ?? ''} ${request.url ?? ''}`;
  if (route === 'GET /ledger') return { status: 200, body: report(ledger) };
  if (route !== 'POST /charges' && route !== 'POST /summaries')
    return { status: 404, body: { error: 'there is no such thing here' } };
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string') return { status: 400, body: { error: 'the header Idempotency-Key is missing' } };
  const body = await bodyOf(request);
  return route === 'POST /charges' ? charge(ledger, key, body) : record(ledger, 'summaries', key, body);
}

function charge(ledger: Ledger, key: string, body: JsonObject): Answer {
  const { id, amount } = body;
  if (typeof id !== 'string' || typeof amount !== 'number') {
    return { status: 400, body: { error: 'an order has an id (text) and an amount (number)' } };
  }
  if (amount > highestAmount) {
    ledger.countRequest('charges', key);
    return { status: 422, body: { error: `the card of order ${id} does not cover ${amount}` } };
  }
  if (isBusyFor(id) && ledger.requests('charges', key) === 0) {
    ledger.countRequest('charges', key);
    return { status: 503, body: { error: 'busy, try again' } };
  }
  return record(ledger, 'charges', key, body);
}

function isBusyFor(order: string): boolean {
  return Number(/\d+$/.exec(order)?.[0] ?? 0) % busyEvery === 0;
}

function record(ledger: Ledger, kind: string, key: string, body: JsonObject): Answer {
  const applied = ledger.apply(kind, key, body);
  if (applied === 'other body')
    return { status: 422, body: { error: 'this Idempotency-Key was used with another body' } };
  const { effect, first } = applied;
  return {
    status: first ? 201 : 200,
    body: { [kind === 'charges' ? 'charged' : 'recorded']: effect.body, at: effect.at },
    ...(first ? {} : { headers: { 'idempotency-replayed': 'true' } }),
  };
}

/** What was done, and what was done twice: two charges for one order, whatever their keys. */
function report(ledger: Ledger): JsonObject {
  const charges = ledger.effects('charges');
  const counts = new Map<Json, number>();
  for (const { body } of charges) counts.set(body['id'] ?? null, (counts.get(body['id'] ?? null) ?? 0) + 1);
  const summaries = ledger.effects('summaries');
  return {
    charges: charges.length,
    amount: Math.round(charges.reduce((sum, { body }) => sum + 100 * Number(body['amount']), 0)) / 100,
    chargedTwice: [...counts].filter(([, count]) => count > 1).map(([order]) => order),
    summaries: summaries.map(({ at, key, body }) => ({ at, key, body })),
  };
}

async function bodyOf(request: IncomingMessage): Promise<JsonObject> {
  if (Number(request.headers['content-length'] ?? longestBody) > longestBody) throw new Error('too long');
  const body = (await json(request)) as Json;
  if (!isObject(body)) throw new Error('not an object');
  return body;
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}
