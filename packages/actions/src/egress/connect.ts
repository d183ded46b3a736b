import { connect as connectTcp, isIP, Socket } from 'node:net';
import type { LookupFunction, SocketConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { buildConnector } from 'undici';
import { actionLimits } from '../limits.ts';
import { EgressFailure } from './failure.ts';
import type { Guard, Permissions } from './guard.ts';

/** A connector for undici that connects to checked addresses only. */
export function guardedConnector(guard: Guard, permissions: Permissions): buildConnector.connector {
  return (options, callback) => {
    const secure = options.protocol === 'https:';
    const host = options.hostname.replace(/^\[|\]$/g, '');
    const port = Number(options.port) || (secure ? 443 : 80);
    const servername = options.servername ?? serverName(host);
    openSocket(guard, permissions, { host, port, servername, secure: () => secure, protocols: ['http/1.1'] }).then(
      (socket) => callback(null, socket),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
    );
  };
}

/** Where a socket is to lead, and how. */
export interface SocketTarget {
  readonly host: string;
  readonly port: number;
  /** The name that a certificate must have. */
  readonly servername: string;
  /** Whether TLS is spoken, by the addresses that were found. */
  readonly secure: (addresses: readonly string[]) => boolean;
  /** Protocols that are offered over TLS, the best first. */
  readonly protocols: readonly string[];
}

/** The name that TLS asks for: none where the host is an address. */
export function serverName(host: string): string {
  return isIP(host) === 0 ? host : '';
}

/** A connected socket, to a checked address only. Rejects with an EgressFailure. */
export function openSocket(guard: Guard, permissions: Permissions, target: SocketTarget): Promise<Socket> {
  const { host, port } = target;
  return new Promise((resolve, reject) => {
    let settled = false;
    const settle = (error: Error | null, socket: Socket | null): void => {
      if (settled) {
        socket?.destroy();
        return;
      }
      settled = true;
      clearTimeout(timer);
      if (socket === null) reject(error ?? new EgressFailure('unreachable', `${host}:${port} cannot be reached.`));
      else resolve(socket);
    };
    let open: Socket | undefined;
    const timer = setTimeout(() => {
      settle(
        new EgressFailure(
          'unreachable',
          `${host}:${port} did not accept a connection within ${actionLimits.connectTimeout / 1000} seconds.`,
        ),
        null,
      );
      open?.destroy();
    }, actionLimits.connectTimeout);
    guard(host, port, permissions).then(
      (addresses) => {
        if (settled) return;
        const secure = target.secure(addresses);
        open = secure ? connectSecure(target, addresses) : connectTcp(pinned(host, port, addresses));
        open.setNoDelay(true);
        open.once(secure ? 'secureConnect' : 'connect', () => settle(null, open ?? null));
        open.once('error', (error) => settle(unreachable(host, port, error), null));
        open.once('close', () => settle(unreachable(host, port, new Error('it closed the connection')), null));
      },
      (error: unknown) => settle(error instanceof Error ? error : new Error(String(error)), null),
    );
  });
}

/** A socket for database drivers, which call `connect(port, host)` on it: the same check, the same pinning. */
export class GuardedSocket extends Socket {
  readonly #guard: Guard;
  readonly #permissions: Permissions;

  constructor(guard: Guard, permissions: Permissions) {
    super();
    this.#guard = guard;
    this.#permissions = permissions;
  }

  override connect(...args: unknown[]): this {
    const [port, host] = args;
    // Only the driver's form may come from outside; our own second call carries the pinned options.
    if (typeof port !== 'number' || typeof host !== 'string') return super.connect(...(args as [SocketConnectOpts]));
    this.#guard(host, port, this.#permissions).then(
      (addresses) => {
        if (!this.destroyed) super.connect(pinned(host, port, addresses));
      },
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
    return this;
  }
}

function connectSecure(target: SocketTarget, addresses: readonly string[]): Socket {
  return connectTls({
    ...pinned(target.host, target.port, addresses),
    servername: target.servername,
    ALPNProtocols: [...target.protocols],
  });
}

/** Options that make Node try the checked addresses and nothing else; the name is never resolved again. */
function pinned(
  host: string,
  port: number,
  addresses: readonly string[],
): { host: string; port: number; lookup: LookupFunction; autoSelectFamily: boolean } {
  const entries = addresses.map((address) => ({ address, family: isIP(address) }));
  const lookup: LookupFunction = (_host, options, callback) => {
    const [first] = entries;
    if (options.all === true) callback(null, entries);
    else callback(null, first?.address ?? '', first?.family ?? 4);
  };
  return { host, port, lookup, autoSelectFamily: entries.length > 1 };
}

function unreachable(host: string, port: number, error: Error & { code?: string }): EgressFailure {
  const why = reasons[error.code ?? ''] ?? error.message;
  return new EgressFailure('unreachable', `${host}:${port} cannot be reached: ${why}.`, error);
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it closed the connection',
  EHOSTUNREACH: 'there is no way to this machine',
  ENETUNREACH: 'there is no way to its network',
  ETIMEDOUT: 'it does not answer',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself and not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate cannot be verified',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate belongs to another name',
};
