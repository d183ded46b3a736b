import { PawlError } from '@pawl/core';
import { flowPattern } from '../egress/egress.ts';
import type { FlowName } from '../egress/egress.ts';
import type { Endpoint } from '../egress/guard.ts';

/** A database as its operator describes it: one entry of the connections file. */
export interface PostgresDefinition {
  readonly kind: 'postgres';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password?: string;
  /** `verify`: TLS with a verified certificate. `off`: none. Default: verify, and off for a loopback address. */
  readonly tls?: 'verify' | 'off';
  /** Flows (`namespace/name`, `*` for any characters but a slash) that may use it. Default: all. */
  readonly flows?: readonly string[];
  /** `host:port` that this connection may reach although it is not on the public internet. */
  readonly allow?: string;
}

/** A named account at a target. Its password is reached by `secret()` alone: it has no property that a log could print. */
export class Connection {
  readonly name: string;
  readonly kind: 'postgres';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly tls: 'verify' | 'off';
  /** Endpoints that the operator opened for it. */
  readonly endpoints: readonly Endpoint[];
  readonly #password: string | undefined;
  readonly #flows: readonly ((flow: FlowName) => boolean)[] | undefined;

  constructor(name: string, definition: PostgresDefinition) {
    this.name = name;
    this.kind = definition.kind;
    this.host = definition.host;
    this.port = definition.port;
    this.user = definition.user;
    this.database = definition.database;
    this.tls = definition.tls ?? (isLoopback(definition.host) ? 'off' : 'verify');
    this.endpoints = definition.allow === undefined ? [] : [endpointOf(name, definition.allow)];
    this.#password = definition.password;
    this.#flows = definition.flows?.map(flowPattern);
  }

  /** The password, for the driver alone. */
  secret(): string | undefined {
    return this.#password;
  }

  /** Whether a flow may use this connection. */
  isOpenTo(flow: FlowName): boolean {
    return this.#flows === undefined || this.#flows.some((matches) => matches(flow));
  }
}

/** The named connections. */
export interface Connections {
  get(name: string): Connection | undefined;
  names(): readonly string[];
}

/** Connections from definitions in memory, such as the demo database's; `more` are looked at where no definition has the name. */
export function createConnections(
  definitions: Readonly<Record<string, PostgresDefinition>>,
  more?: Connections,
): Connections {
  const own = new Map(
    Object.entries(definitions).map(([name, definition]) => [name, new Connection(name, definition)]),
  );
  return {
    get: (name) => own.get(name) ?? more?.get(name),
    names: () => [...new Set([...own.keys(), ...(more?.names() ?? [])])].sort(),
  };
}

function endpointOf(name: string, text: string): Endpoint {
  const match = /^\[?([^\s\]]+?)\]?:(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port < 1 || port > 65_535) {
    throw new PawlError(
      'PAWL_CONNECTION_FILE',
      `"allow" of the connection ${name} must be a host and a port, such as 127.0.0.1:5432.`,
    );
  }
  return { host: match[1], port };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
