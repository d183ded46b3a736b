import type { AddressInfo } from 'node:net';
import { PawlError } from '@pawl/core';
import type { Engine } from '../engine/engine.ts';
import { isLoopbackAddress } from './access.ts';

/** Where the API listens. */
export interface ServeOptions {
  /** PAWL_HOST; a loopback address while there are no access tokens. Default: 127.0.0.1. */
  readonly host?: string;
  /** PAWL_PORT; 0: any free one. Default: 7295. */
  readonly port?: number;
}

/** A listening API. */
export interface Server {
  /** Such as `http://127.0.0.1:7295`. */
  readonly url: string;
  readonly port: number;
  /** Stops listening and ends open streams; requests under way are answered. The engine goes on. */
  close(): Promise<void>;
}

const defaultHost = '127.0.0.1';
const defaultPort = 7_295;

/** Serves the HTTP API and the status page of an engine. Rejects with PAWL_HOST_REFUSED or PAWL_PORT_TAKEN. */
export async function serve(
  engine: Engine,
  { host = defaultHost, port = defaultPort }: ServeOptions = {},
): Promise<Server> {
  if (host !== 'localhost' && !isLoopbackAddress(host)) {
    throw new PawlError(
      'PAWL_HOST_REFUSED',
      `Pawl would be open to everybody who reaches ${host}: there are no access tokens yet.`,
    );
  }
  // Loaded here, so that commands that serve nothing start without the framework.
  const { createApp } = await import('./app.ts');
  const app = await createApp(engine);
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw listenError(error as NodeJS.ErrnoException, host, port);
  }
  const bound = (app.server.address() as AddressInfo).port;
  // With PAWL_PORT=0 nobody knew the port before.
  engine.deny({ host, port: bound });
  const shown = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${shown}:${bound}`, port: bound, close: () => app.close() };
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE')
    return new PawlError('PAWL_PORT_TAKEN', `Another program listens on ${host}:${port}.`, { cause: error });
  if (error.code === 'EACCES')
    return new PawlError('PAWL_PORT_TAKEN', `Pawl may not listen on port ${port}.`, { cause: error });
  return error;
}
