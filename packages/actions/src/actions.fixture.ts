import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ActionRequest, Actions, Cancellation, Guarantee, JsonObject, Log, Outcome } from '@pawl/core';
import { createConnections } from './connections/connections.ts';
import { createActions } from './create-actions.ts';
import type { ActionsOptions } from './create-actions.ts';

/** A cancellation that a test works by hand. */
export class TestCancellation implements Cancellation {
  cancelled = false;
  readonly #callbacks: (() => void)[] = [];

  onCancel(callback: () => void): void {
    if (this.cancelled) callback();
    else this.#callbacks.push(callback);
  }

  cancel(): void {
    this.cancelled = true;
    for (const callback of this.#callbacks.splice(0)) callback();
  }
}

/** A log that keeps its lines. */
export class TestLog implements Log {
  readonly lines: {
    readonly level: string;
    readonly fields: Readonly<Record<string, unknown>>;
    readonly message: string;
  }[] = [];
  debug = this.#writer('debug');
  info = this.#writer('info');
  warn = this.#writer('warn');
  error = this.#writer('error');

  #writer(level: string): (fields: Readonly<Record<string, unknown>>, message: string) => void {
    return (fields, message) => {
      this.lines.push({ level, fields, message });
    };
  }
}

/** A port with settings that a test may change. */
export function makeActions(options: Partial<ActionsOptions> = {}): Actions & { close(): Promise<void> } {
  return createActions({
    allowNets: '',
    denyEndpoints: [],
    files: [],
    connections: createConnections({}),
    log: new TestLog(),
    userAgent: 'pawl-test/0',
    ...options,
  });
}

/** A request as the engine makes it. */
export function requestFor(action: string, args: JsonObject, more: Partial<ActionRequest> = {}): ActionRequest {
  return {
    action,
    args,
    guarantee: 'pure',
    key: 'key-1',
    attempt: 1,
    run: 'run-1',
    step: '/do/0/step',
    flow: { namespace: 'tests', name: 'flow' },
    ...more,
  };
}

/** What came of an attempt, and how often `onLeft` was called. */
export interface Attempted {
  readonly outcome: Outcome;
  readonly left: number;
}

/** Runs one attempt to its end. */
export async function attempt(
  actions: Actions,
  request: ActionRequest,
  cancellation: Cancellation = new TestCancellation(),
): Promise<Attempted> {
  let left = 0;
  const outcome = await actions.run(request, cancellation, () => left++);
  return { outcome, left };
}

/** The guarantees that an HTTP call may have. */
export const httpGuarantees: readonly Guarantee[] = ['pure', 'idempotent', 'keyed', 'once'];

/** A server on a free port of 127.0.0.1. */
export interface TestServer {
  readonly port: number;
  readonly url: string;
  readonly server: Server;
  close(): Promise<void>;
}

/** Starts a server that answers by a listener. */
export async function serve(listener: RequestListener): Promise<TestServer> {
  const server = createServer({ maxHeaderSize: 262_144 }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The whole body of a request. */
export async function bodyText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Answers JSON. */
export function answerJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
