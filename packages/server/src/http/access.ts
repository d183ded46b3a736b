import { isIP } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { invariant, PawlError } from '@pawl/core';
import type { Sender } from '../engine/messages.ts';
import { leastRoles, mayDo, type Permission, type Role } from '../access/roles.ts';
import type { Authenticate } from './authenticate.ts';

/** Who asks. */
export interface Principal {
  /** `owner`: whoever uses this machine, without a token. */
  readonly kind: 'owner' | 'token';
  /** As it stands in journals, decisions and the audit trail. */
  readonly name: string;
  readonly role: Role;
}

/** What it is done to. */
export interface AccessObject {
  readonly workspace: string;
}

/** Every route and what it takes; `public` routes answer anybody. A route that is not here is not served. */
export const routePermissions: Readonly<Record<string, Permission | 'public'>> = {
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'GET /metrics': 'metrics.read',
  'GET /': 'page.read',
  'GET /page/:file': 'page.read',
  'GET /api/openapi.json': 'page.read',
  'POST /api/v1/flows': 'flow.deploy',
  'GET /api/v1/flows': 'flow.read',
  'GET /api/v1/flows/:namespace/:name': 'flow.read',
  'GET /api/v1/flows/:namespace/:name/versions/:version': 'flow.read',
  'POST /api/v1/flows/:namespace/:name/runs': 'run.start',
  'GET /api/v1/runs': 'run.read',
  'GET /api/v1/runs/:id': 'run.read',
  'GET /api/v1/runs/:id/journal': 'run.read',
  'GET /api/v1/runs/:id/state': 'run.read',
  'GET /api/v1/runs/:id/stream': 'run.read',
  'GET /api/v1/runs/:id/lifecycle': 'run.read',
  'GET /api/v1/runs/:id/lifecycle/stream': 'run.read',
  'POST /api/v1/runs/:id/cancel': 'run.cancel',
  'POST /api/v1/runs/:id/resume': 'run.resume',
  'GET /api/v1/secrets': 'secret.read',
  'GET /api/v1/secrets/:name': 'secret.read',
  'PUT /api/v1/secrets/:name': 'secret.write',
  'DELETE /api/v1/secrets/:name': 'secret.write',
  'POST /api/v1/secrets/:name/test': 'secret.test',
  'GET /api/v1/connections': 'secret.read',
  'GET /api/v1/connections/:name': 'secret.read',
  'PUT /api/v1/connections/:name': 'secret.write',
  'DELETE /api/v1/connections/:name': 'secret.write',
  'POST /api/v1/connections/:name/test': 'secret.test',
  'GET /api/v1/secret-changes': 'secret.read',
  'POST /api/v1/secret-key/rotate': 'secret.write',
  'GET /api/v1/decisions': 'decision.read',
  'GET /api/v1/decisions/:id': 'decision.read',
  'POST /api/v1/decisions/:id': 'decision.make',
  'POST /api/v1/events': 'event.write',
  'GET /api/v1/events': 'event.read',
  'GET /api/v1/schedules': 'schedule.read',
  'POST /api/v1/schedules/:namespace/:name/pause': 'schedule.write',
  'POST /api/v1/schedules/:namespace/:name/resume': 'schedule.write',
  'GET /api/v1/tokens': 'token.read',
  'POST /api/v1/tokens': 'token.write',
  'POST /api/v1/tokens/:name/revoke': 'token.write',
  'GET /api/v1/audit': 'audit.read',
  'GET /api/v1/audit/verify': 'audit.read',
};

/** The methods that some route serves at the path of a URL. */
export function allowedMethods(url: string): string[] {
  const parts = (url.split('?')[0] ?? '').split('/');
  return Object.keys(routePermissions).flatMap((route) => {
    const [method = '', path = ''] = route.split(' ');
    const wanted = path.split('/');
    const fits =
      wanted.length === parts.length &&
      wanted.every((part, i) => part === parts[i] || (part.startsWith(':') && parts[i] !== ''));
    return fits ? [method] : [];
  });
}

/** Whether a principal may do something; asked once for every request of a route that is not public. */
function authorize({ role }: Principal, permission: Permission, _object: AccessObject): boolean {
  return mayDo(role, permission);
}

const principals = new WeakMap<FastifyRequest, Principal>();

/** Who sends a request that was let in. */
export function principalOf(request: FastifyRequest): Principal {
  const principal = principals.get(request);
  invariant(principal !== undefined, 'nobody asked who sends this request');
  return principal;
}

/** Who sends a request that was let in, and why. */
export function senderOf(request: FastifyRequest, reason: string | undefined): Sender {
  const { name } = principalOf(request);
  return { by: name, ...(reason === undefined || reason === '' ? {} : { reason }) };
}

/** Lets a request pass. Throws PAWL_UNAUTHENTICATED, PAWL_TOO_MANY_TOKENS or PAWL_FORBIDDEN. */
export async function checkAccess(
  request: FastifyRequest,
  reply: FastifyReply,
  { authenticate, workspace }: { readonly authenticate: Authenticate; readonly workspace: string },
): Promise<void> {
  const permission = permissionOf(request);
  if (permission === 'public') return;
  const principal = await authenticate(request, reply);
  principals.set(request, principal);
  if (permission !== undefined && !authorize(principal, permission, { workspace })) {
    throw new PawlError(
      'PAWL_FORBIDDEN',
      `${principal.name} may not do this (${permission}): that takes the role ${leastRoles[permission]}.`,
      { extra: { permission } },
    );
  }
}

/** What the request's route takes; undefined where there is no such route. */
function permissionOf({ method, routeOptions }: FastifyRequest): Permission | 'public' | undefined {
  return routeOptions.url === undefined ? undefined : routePermissions[`${method} ${routeOptions.url}`];
}

/** Whether an address is of this machine alone. */
export function isLoopbackAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}
