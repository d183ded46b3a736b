import { connect } from 'node:net';
import type { JsonObject } from '@pawl/core';
import type { TestServer } from '../actions.fixture.ts';
import { serve } from '../actions.fixture.ts';

/** Whether something listens on a port of this machine. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const settle = (found: boolean): void => {
      socket.destroy();
      resolve(found);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

/** Serves an AsyncAPI document of one channel at one server. */
export function serveDocument(document: JsonObject): Promise<TestServer> {
  return serve((_, response) => response.end(JSON.stringify(document)));
}

/** An AsyncAPI 3 document with one channel, `c`. */
export function documentOf(server: JsonObject, channel: JsonObject, operation: JsonObject = {}): JsonObject {
  return {
    asyncapi: '3.0.0',
    servers: { broker: server },
    channels: { c: channel },
    operations: { o: { action: 'send', channel: { $ref: '#/channels/c' }, ...operation } },
  };
}

/** Does something again and again until a promise is settled. */
export async function whilePending<Value>(promise: Promise<Value>, act: () => Promise<unknown>): Promise<Value> {
  let settled = false;
  const done = promise.finally(() => {
    settled = true;
  });
  done.catch(() => undefined);
  while (!settled) await act();
  return done;
}
