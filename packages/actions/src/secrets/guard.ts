import { PawlError } from '@pawl/core';
import type { Egress, Sockets } from '../egress/egress.ts';
import type { OutgoingMessage } from '../egress/client.ts';
import { EgressFailure } from '../egress/failure.ts';
import { hostOf, portOf } from '../egress/url.ts';
import type { Databases } from '../sql/databases.ts';
import { allowsHost } from './hosts.ts';
import type { HostRule } from './hosts.ts';
import { Redactor } from './redactor.ts';
import type { OpenedSecret } from './secrets.ts';

/** A secret that may be sent to some hosts only. */
interface BoundSecret extends OpenedSecret {
  readonly hosts: readonly HostRule[];
}

/** The secrets that may be sent to some hosts only. */
export function boundSecrets(secrets: readonly OpenedSecret[]): readonly BoundSecret[] {
  return secrets.flatMap((secret) => (secret.hosts === undefined ? [] : [{ ...secret, hosts: secret.hosts }]));
}

/**
 * Egress that sends no bound secret to another host, redirects included. One for the same secrets over the same egress,
 * as what is kept by egress, such as tokens, outlasts an attempt.
 */
export function guardEgress(egress: Egress, secrets: readonly BoundSecret[]): Egress {
  if (secrets.length === 0) return egress;
  const key = JSON.stringify(secrets.map(({ workspace, name, version }) => [workspace, name, version]));
  const known = guarded.get(egress) ?? new Map<string, Egress>();
  guarded.set(egress, known);
  const found = known.get(key);
  if (found !== undefined) return found;
  const watched = secrets.map((secret) => ({ secret, finder: new Redactor([secret]) }));
  const guard: Egress = {
    request: (request) =>
      egress.request({
        ...request,
        permit: (message) => {
          for (const { secret, finder } of watched) requireHost(message, secret, finder);
        },
      }),
  };
  if (known.size >= mostGuards) known.delete(known.keys().next().value ?? '');
  known.set(key, guard);
  return guard;
}

/** Databases that get no bound secret unless their host is one of its hosts. */
export function guardDatabases(databases: Databases, secrets: readonly BoundSecret[]): Databases {
  if (secrets.length === 0) return databases;
  return {
    ...databases,
    get: async (name, flow) => {
      const database = await databases.get(name, flow);
      const { host, port } = database.connection;
      for (const secret of secrets)
        if (!allowsHost(secret.hosts, host, port, postgresPort))
          throw new PawlError('PAWL_SECRET_HOST', refusal(secret, `${host}:${port}`));
      return database;
    },
  };
}

/** Sockets that are opened, while bound secrets are about to be sent, to the hosts of all of them alone. */
export function guardSockets(sockets: Sockets, secrets: readonly BoundSecret[]): Sockets {
  if (secrets.length === 0) return sockets;
  return {
    connect: async (host, port, protocols, secure) => {
      // A rule without a port means whichever the protocol of the socket uses.
      for (const secret of secrets)
        if (!allowsHost(secret.hosts, host, port, port))
          throw new EgressFailure('refused', refusal(secret, `${host}:${port}`));
      return sockets.connect(host, port, protocols, secure);
    },
  };
}

/** Refuses bound secrets for an action that might send them anywhere. Throws PAWL_SECRET_HOST. */
export function requireUnbound(action: string, secrets: readonly BoundSecret[]): void {
  const [secret] = secrets;
  if (secret !== undefined)
    throw new PawlError('PAWL_SECRET_HOST', `${refusal(secret, action)} What ${action} does with it, Pawl cannot see.`);
}

const guarded = new WeakMap<Egress, Map<string, Egress>>();
/** Sets of secrets that are kept for one egress. */
const mostGuards = 100;
const postgresPort = 5_432;

function requireHost({ url, headers, body }: OutgoingMessage, secret: BoundSecret, finder: Redactor): void {
  const usual = url.protocol === 'https:' ? 443 : 80;
  if (allowsHost(secret.hosts, hostOf(url), portOf(url), usual)) return;
  const text = typeof body === 'string' ? body : Buffer.from(body ?? '').toString('latin1');
  const parts = [url.href, ...Object.values(headers), text];
  if (parts.some((part) => finder.finds(part))) throw new EgressFailure('refused', refusal(secret, url.host));
}

function refusal({ name, hosts }: BoundSecret, to: string): string {
  return `The secret ${name} may be sent to ${hosts.map(({ text }) => text).join(', ')} only, and not to ${to}. It was not sent.`;
}
