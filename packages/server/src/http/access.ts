import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { PawlError } from '@pawl/core';

/** Who asks. Until accounts exist: whoever uses this machine. */
export interface Principal {
  readonly kind: 'owner';
  /** As it stands in journals and decisions. */
  readonly name: string;
}

/** What a principal may do. */
export type Permission =
  | 'flow.read'
  | 'flow.deploy'
  | 'run.read'
  | 'run.start'
  | 'run.cancel'
  | 'run.resume'
  | 'decision.read'
  | 'decision.make'
  | 'event.read'
  | 'event.write'
  | 'schedule.read'
  | 'schedule.write'
  | 'secret.read'
  | 'secret.write'
  | 'secret.test'
  | 'metrics.read'
  | 'page.read';

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
  'POST /api/v1/decisions/:id': 'decision.make',
  'POST /api/v1/events': 'event.write',
  'GET /api/v1/events': 'event.read',
  'GET /api/v1/schedules': 'schedule.read',
  'POST /api/v1/schedules/:namespace/:name/pause': 'schedule.write',
  'POST /api/v1/schedules/:namespace/:name/resume': 'schedule.write',
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

const localOwner: Principal = { kind: 'owner', name: 'local-owner' };

/** Whether a principal may do something; asked once for every request of a route that is not public. */
function authorize(principal: Principal, _permission: Permission, _object: AccessObject): boolean {
  return principal.kind === 'owner';
}

/** Who sends a request. Throws PAWL_UNAUTHENTICATED. */
export function principalOf(request: FastifyRequest): Principal {
  if (isLoopbackAddress(request.socket.remoteAddress ?? '')) return localOwner;
  throw new PawlError(
    'PAWL_UNAUTHENTICATED',
    'The request does not come from this machine, and there are no access tokens yet.',
  );
}

/** Lets a request pass or throws PAWL_UNAUTHENTICATED or PAWL_FORBIDDEN. */
export function checkAccess(request: FastifyRequest, workspace: string): void {
  const permission = permissionOf(request);
  if (permission === 'public') return;
  const principal = principalOf(request);
  if (permission !== undefined && !authorize(principal, permission, { workspace })) {
    throw new PawlError('PAWL_FORBIDDEN', `${principal.name} may not do this (${permission}).`);
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
