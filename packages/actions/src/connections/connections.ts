import { PawlError } from '@pawl/core';
import { flowPattern } from '../egress/egress.ts';
import type { FlowName } from '../egress/egress.ts';
import type { Endpoint } from '../egress/guard.ts';
import { allowsHost, parseHostRule } from '../secrets/hosts.ts';

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
  /** Hosts that its values may be sent to, as `HostRule`s are written. Default: its own. */
  readonly hosts?: readonly string[];
}

/** A named account at a target. Its password is reached by `secret()` alone: it has no property that a log could print. */
export class Connection {
  readonly name: string;
  /** Changes with each change of the connection. */
  readonly version: string;
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

  constructor(name: string, definition: PostgresDefinition, version = '') {
    this.name = name;
    this.version = version;
    this.kind = definition.kind;
    this.host = definition.host;
    this.port = definition.port;
    this.user = definition.user;
    this.database = definition.database;
    this.tls = definition.tls ?? (isLoopback(definition.host) ? 'off' : 'verify');
    if (definition.hosts !== undefined) requireHost(name, definition, definition.hosts);
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
  /** A connection of a workspace (default: the process's own) as it is now. May reject as a store does, or with PAWL_SECRET_KEY. */
  get(name: string, workspace?: string): Connection | undefined | Promise<Connection | undefined>;
  /** Names that are known without asking anybody. */
  names(): readonly string[];
}

/** Connections that are known from the start, such as those of a file. */
export interface KnownConnections extends Connections {
  get(name: string): Connection | undefined;
}

/** Connections from definitions in memory, such as the demo database's; `more` are looked at where no definition has the name. */
export function createConnections(
  definitions: Readonly<Record<string, PostgresDefinition>>,
  more?: KnownConnections,
): KnownConnections {
  const own = new Map(
    Object.entries(definitions).map(([name, definition]) => [name, new Connection(name, definition)]),
  );
  return {
    get: (name) => own.get(name) ?? more?.get(name),
    names: () => [...new Set([...own.keys(), ...(more?.names() ?? [])])].sort(),
  };
}

function requireHost(name: string, { host, port }: PostgresDefinition, hosts: readonly string[]): void {
  if (allowsHost(hosts.map(parseHostRule), host, port, postgresPort)) return;
  throw new PawlError(
    'PAWL_SECRET_HOST',
    `The connection ${name} may be used for ${hosts.join(', ')} only, and not for ${host}:${port}.`,
  );
}

const postgresPort = 5_432;

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
