import type { Socket } from 'node:net';
import { isPublic, parseAddress } from './addresses.ts';
import { Client } from './client.ts';
import type { EgressAnswer, EgressRequest } from './client.ts';
import { GuardedSocket, guardedConnector, openSocket, serverName } from './connect.ts';
import { createGuard } from './guard.ts';
import type { Endpoint, Permissions } from './guard.ts';
import { parseNets } from './nets.ts';
import type { Net } from './nets.ts';
import { systemResolver } from './resolve.ts';
import type { Resolve } from './resolve.ts';

/** Nets that only some flows may reach. */
export interface Grant {
  /** Flows by `namespace/name`; `*` stands for any characters but a slash. */
  readonly flows: string;
  /** As in PAWL_ALLOW_NETS. */
  readonly nets: string;
}

/** Settings of the one way out. */
export interface EgressOptions {
  /** PAWL_ALLOW_NETS. */
  readonly allowNets: string;
  /** Never reachable, whatever is allowed: Pawl's own database and API. */
  readonly denyEndpoints: readonly Endpoint[];
  readonly grants: readonly Grant[];
  readonly userAgent: string;
  /** Default: the system's resolver. */
  readonly resolve?: Resolve;
}

/** What a caller may use of the network. */
export interface Egress {
  /** Sends an HTTP request; rejects with an EgressFailure when there is no answer. */
  request(request: EgressRequest): Promise<EgressAnswer>;
}

/** Connections for protocols that no HTTP request carries. */
export interface Sockets {
  /**
   * Connects to a checked address. Port 443 and every address of the public internet is spoken to by TLS alone, with a
   * certificate of the host; others, which whoever runs Pawl has allowed, without, unless `secure` asks for it. Rejects
   * with an EgressFailure.
   */
  connect(host: string, port: number, protocols: readonly string[], secure?: boolean): Promise<Socket>;
}

/** A flow as grants and connections name it. */
export interface FlowName {
  readonly namespace: string;
  readonly name: string;
  /** Whose secrets and connections it uses. Default: the process's own workspace. */
  readonly workspace?: string | undefined;
}

/** The one module through which Pawl's actions reach the network. */
export class EgressGate {
  readonly #options: EgressOptions;
  readonly #guard: ReturnType<typeof createGuard>;
  readonly #denied: Endpoint[];
  readonly #nets: readonly Net[];
  readonly #grants: readonly { readonly matches: (flow: FlowName) => boolean; readonly nets: readonly Net[] }[];
  /** By the numbers of the grants in force: a connection opened under one permission never serves another. */
  readonly #clients = new Map<string, Client>();

  constructor(options: EgressOptions) {
    this.#options = options;
    this.#denied = [...options.denyEndpoints];
    this.#guard = createGuard(this.#denied, options.resolve ?? systemResolver());
    this.#nets = parseNets(options.allowNets);
    this.#grants = options.grants.map((grant) => ({ matches: flowPattern(grant.flows), nets: parseNets(grant.nets) }));
  }

  /** From now on this endpoint is never reached either: it turned out to be Pawl's own. */
  deny(endpoint: Endpoint): void {
    this.#denied.push(endpoint);
  }

  /** The network as a flow may use it. */
  forFlow(flow: FlowName): Egress {
    const granted = this.#granted(flow);
    const key = granted.join();
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    const client = new Client({
      connect: guardedConnector(this.#guard, this.#permissions(granted)),
      userAgent: this.#options.userAgent,
    });
    this.#clients.set(key, client);
    return client;
  }

  /** Sockets as a flow may use them. */
  socketsForFlow(flow: FlowName): Sockets {
    const permissions = this.#permissions(this.#granted(flow));
    return {
      connect: (host, port, protocols, always = false) => {
        const secure = (addresses: readonly string[]): boolean =>
          always || port === 443 || addresses.some(isPublicAddress);
        const target = { host, port, servername: serverName(host), secure, protocols };
        return openSocket(this.#guard, permissions, target);
      },
    };
  }

  /** The numbers of the grants that a flow has. */
  #granted(flow: FlowName): readonly number[] {
    return this.#grants.flatMap((grant, index) => (grant.matches(flow) ? [index] : []));
  }

  #permissions(granted: readonly number[]): Permissions {
    return { nets: [...this.#nets, ...granted.flatMap((index) => this.#grants[index]?.nets ?? [])], endpoints: [] };
  }

  /** A socket for a database driver: it checks when the driver calls `connect(port, host)`. `endpoints` are allowed by the operator. */
  socket(endpoints: readonly Endpoint[]): Socket {
    return new GuardedSocket(this.#guard, { nets: this.#nets, endpoints });
  }

  /** Ends all HTTP connections. */
  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }
}

function isPublicAddress(text: string): boolean {
  const address = parseAddress(text);
  return address === undefined || isPublic(address);
}

/** Whether a flow is meant by a pattern `namespace/name`, where `*` stands for any characters but a slash. */
export function flowPattern(pattern: string): (flow: FlowName) => boolean {
  const source = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${source.join('[^/]*')}$`);
  return (flow) => expression.test(`${flow.namespace}/${flow.name}`);
}
