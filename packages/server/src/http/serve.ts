import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ensureError, PawlError } from '@pawl/core';
import type { Engine } from '../engine/engine.ts';
import { isNamedToken } from '../access/token-admin.ts';
import { isLoopbackAddress } from './access.ts';

/** Where the API listens, and for whom. */
export interface ServeOptions {
  /** PAWL_HOST. One that others reach takes a token, and TLS or a proxy. Default: 127.0.0.1. */
  readonly host?: string;
  /** PAWL_PORT; 0: any free one. Default: 7295. */
  readonly port?: number;
  /** PAWL_TOKEN: an admin's token that is not in the store. */
  readonly adminToken?: string;
  /** PAWL_REQUIRE_TOKEN: nobody is the owner by using this machine. Default: only where `host` or `publicUrl` say so. */
  readonly requireToken?: boolean;
  /** PAWL_PUBLIC_URL: the https address under which a proxy serves this API. */
  readonly publicUrl?: string;
  /** PAWL_TLS_CERT and PAWL_TLS_KEY: paths of PEM files. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
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
/** Shortest PAWL_TOKEN that guards an API (characters). */
const shortestToken = 32;

/**
 * Serves the HTTP API and the status page of an engine. Rejects with PAWL_HOST_REFUSED, PAWL_PORT_TAKEN, or PAWL_USAGE
 * where a setting makes no sense.
 */
export async function serve(engine: Engine, options: ServeOptions = {}): Promise<Server> {
  const { host = defaultHost, port = defaultPort, publicUrl } = options;
  // Commands may share their environment with the server: a token of the store has its own role, here too.
  const adminToken =
    options.adminToken === undefined || isNamedToken(options.adminToken) ? undefined : options.adminToken;
  const isOpen = host !== 'localhost' && !isLoopbackAddress(host);
  if (publicUrl !== undefined) checkPublicUrl(publicUrl);
  // A proxy on this machine comes from a loopback address too, whoever is behind it.
  const tokensOnly = options.requireToken === true || isOpen || publicUrl !== undefined;
  if (tokensOnly && adminToken !== undefined && adminToken.length < shortestToken)
    throw new PawlError('PAWL_USAGE', `PAWL_TOKEN has fewer than ${shortestToken} characters: it could be guessed.`, {
      hint: 'Make one with `openssl rand -base64 32`, or use a named token of `pawl token add`.',
    });
  if (isOpen && adminToken === undefined) await checkTokens(engine, host);
  if (isOpen && options.tls === undefined && publicUrl === undefined) throw inTheClear(host);
  const tls = options.tls === undefined ? undefined : await readTls(options.tls);
  // Loaded here, so that commands that serve nothing start without the framework.
  const { createApp } = await import('./app.ts');
  const app = await createApp(engine, {
    tokensOnly,
    ...(adminToken === undefined ? {} : { adminToken }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(tls === undefined ? {} : { tls }),
  });
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw listenError(error as NodeJS.ErrnoException, host, port);
  }
  const bound = (app.server.address() as AddressInfo).port;
  // With PAWL_PORT=0 nobody knew the port before.
  for (const denied of addressesOf(host)) engine.deny({ host: denied, port: bound });
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${shown}:${bound}`,
    port: bound,
    close: () => app.close(),
  };
}

async function checkTokens(engine: Engine, host: string): Promise<void> {
  if (await engine.tokens.some()) return;
  throw new PawlError(
    'PAWL_HOST_REFUSED',
    `Whoever reaches ${host} would find no way in: there are no access tokens.`,
    {
      hint: 'Make one first, on this machine: pawl token add NAME --role admin. Or use PAWL_HOST=127.0.0.1.',
    },
  );
}

function inTheClear(host: string): PawlError {
  return new PawlError('PAWL_HOST_REFUSED', `Access tokens would be sent to ${host} in the clear.`, {
    hint: 'Give PAWL_TLS_CERT and PAWL_TLS_KEY; or, if a proxy before Pawl speaks TLS, its https address as PAWL_PUBLIC_URL. Or use PAWL_HOST=127.0.0.1.',
  });
}

function checkPublicUrl(publicUrl: string): void {
  if (URL.canParse(publicUrl) && new URL(publicUrl).protocol === 'https:') return;
  throw new PawlError('PAWL_USAGE', 'PAWL_PUBLIC_URL must be an https address, such as https://pawl.example.com.');
}

async function readTls({ certFile, keyFile }: NonNullable<ServeOptions['tls']>) {
  const read = async (name: string, file: string): Promise<string> => {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      const { message } = ensureError(error);
      throw new PawlError('PAWL_USAGE', `${name} cannot be read (${message}).`, {
        cause: error,
        hint: 'Check the path, and whether Pawl may read the file.',
      });
    }
  };
  return { cert: await read('PAWL_TLS_CERT', certFile), key: await read('PAWL_TLS_KEY', keyFile) };
}

/** The addresses at which a host listens: all of this machine where it names all. */
function addressesOf(host: string): readonly string[] {
  if (host !== '0.0.0.0' && host !== '::') return [host];
  return Object.values(networkInterfaces()).flatMap((one) => one?.map(({ address }) => address) ?? []);
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE')
    return new PawlError('PAWL_PORT_TAKEN', `Another program listens on ${host}:${port}.`, { cause: error });
  if (error.code === 'EACCES')
    return new PawlError('PAWL_PORT_TAKEN', `Pawl may not listen on port ${port}.`, { cause: error });
  return error;
}
