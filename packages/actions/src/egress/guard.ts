import { networkInterfaces } from 'node:os';
import { isPublic, parseAddress, sameAddress } from './addresses.ts';
import { EgressFailure } from './failure.ts';
import { netsHold } from './nets.ts';
import type { Net } from './nets.ts';
import type { Resolve } from './resolve.ts';

/** A host and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What one caller may reach beyond the public internet. */
export interface Permissions {
  readonly nets: readonly Net[];
  /** Endpoints named by the operator, such as a connection's own database. */
  readonly endpoints: readonly Endpoint[];
}

/** Answers which addresses a host may be reached at; rejects with an EgressFailure. */
export type Guard = (host: string, port: number, permissions: Permissions) => Promise<readonly string[]>;

/** Names by which clouds serve a machine's own credentials; refused even where they do not resolve. */
const metadataNames: ReadonlySet<string> = new Set(['metadata.google.internal', 'metadata.goog', 'metadata']);

/**
 * The one check of where Pawl connects. Every address of a name must be allowed: one private address among public ones
 * refuses the name. The caller must connect to an address of the answer, never to the name again.
 */
export function createGuard(deny: readonly Endpoint[], resolve: Resolve): Guard {
  return async (host, port, permissions) => {
    if (metadataNames.has(host.toLowerCase().replace(/\.$/, ''))) throw refusal(host, port);
    const addresses = await resolve(host);
    if (addresses.length === 0) throw new EgressFailure('unreachable', `The name ${host} has no address.`);
    const named = permissions.endpoints.some((endpoint) => endpoint.port === port && endpoint.host === host);
    for (const address of addresses) {
      const parsed = parseAddress(address);
      if (parsed === undefined) throw refusal(host, port);
      if (await isDenied(address, port, deny, resolve)) {
        throw new EgressFailure(
          'refused',
          `${host}:${port} belongs to Pawl itself. Flows never reach Pawl's own database or API.`,
        );
      }
      if (!named && !isPublic(parsed) && !netsHold(permissions.nets, address, port)) throw refusal(host, port);
    }
    return addresses;
  };
}

function refusal(host: string, port: number): EgressFailure {
  return new EgressFailure(
    'refused',
    `Pawl does not connect to ${host}:${port}, which is not on the public internet. Whoever runs Pawl can allow it with PAWL_ALLOW_NETS.`,
  );
}

/** A denied local endpoint is denied by every address of this machine: a server that listens on one often listens on all. */
async function isDenied(address: string, port: number, deny: readonly Endpoint[], resolve: Resolve): Promise<boolean> {
  for (const endpoint of deny) {
    if (endpoint.port !== port) continue;
    const own = await resolve(endpoint.host).catch(() => []);
    if (own.some((each) => sameAddress(each, address))) return true;
    if (isLocal(address) && own.some(isLocal)) return true;
  }
  return false;
}

function isLocal(address: string): boolean {
  const range = parseAddress(address)?.range();
  if (range === 'loopback' || range === 'unspecified') return true;
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some((entry) => sameAddress(entry.address, address)),
  );
}
