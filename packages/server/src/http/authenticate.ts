import { timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PawlError } from '@pawl/core';
import { hashOf } from '../access/token-admin.ts';
import type { Engine } from '../engine/engine.ts';
import { isLoopbackAddress, type Principal } from './access.ts';
import { FailedTokens } from './failed-tokens.ts';

/** Says who sends a request. Rejects with PAWL_UNAUTHENTICATED or PAWL_TOO_MANY_TOKENS. */
export type Authenticate = (request: FastifyRequest, reply: FastifyReply) => Promise<Principal>;

/** Authentication of an API. */
export interface Authentication {
  readonly authenticate: Authenticate;
  /** Whether who sent a request that was let in would be let in still. */
  readonly holds: (request: FastifyRequest) => Promise<boolean>;
}

/** Who is taken for whom. */
export interface AuthenticateOptions {
  /** Nobody is the owner by the address that the request comes from. */
  readonly tokensOnly: boolean;
  /** PAWL_TOKEN of the server: an admin's token that is not in the store. */
  readonly adminToken?: string;
}

const localOwner: Principal = { kind: 'owner', name: 'local-owner', role: 'admin' };
/** No token of the store has a name in capitals. */
const envAdmin: Principal = { kind: 'token', name: 'PAWL_TOKEN', role: 'admin' };
const bearer = /^Bearer +([\x21-\x7e]{1,512})$/i;

/** Authentication of an engine's API: tokens, and the local owner where no token is asked for. */
export function openAuthentication(
  { tokens, clock, log }: Engine,
  { tokensOnly, adminToken }: AuthenticateOptions,
): Authentication {
  const failures = new FailedTokens();
  const adminHash = adminToken === undefined ? undefined : hashOf(adminToken);

  const holder = async (token: string, hash: Buffer): Promise<Principal | undefined> => {
    if (adminHash !== undefined && timingSafeEqual(adminHash, hash)) return envAdmin;
    const found = await tokens.find(token);
    return found === undefined ? undefined : { kind: 'token', ...found };
  };

  const authenticate: Authenticate = async (request, reply) => {
    const address = request.socket.remoteAddress ?? '';
    const { authorization } = request.headers;
    if (authorization === undefined) {
      if (!tokensOnly && isLoopbackAddress(address) && !isForwarded(request)) return localOwner;
      throw unauthenticated(reply, 'The request has no access token.');
    }
    const token = bearer.exec(authorization)?.[1];
    if (token === undefined) throw unauthenticated(reply, 'The header Authorization holds no bearer token.');
    const hash = hashOf(token);
    const id = hash.toString('base64');
    const wait = failures.wait(address, id, clock.mono());
    if (wait > 0) {
      void reply.header('retry-after', Math.ceil(wait / 1_000));
      throw new PawlError('PAWL_TOO_MANY_TOKENS', 'Too many wrong access tokens came from this address.');
    }
    const principal = await holder(token, hash);
    if (principal !== undefined) {
      failures.worked(id);
      return principal;
    }
    if (failures.failed(address, id, clock.mono()))
      log.warn({ address }, 'Many wrong access tokens come from one address; it must wait.');
    throw unauthenticated(reply, 'The access token is not known, was revoked, or has expired.');
  };
  return {
    authenticate,
    async holds({ headers: { authorization } }) {
      const token = bearer.exec(authorization ?? '')?.[1];
      return token === undefined || (await holder(token, hashOf(token))) !== undefined;
    },
  };
}

/** Whether a proxy says that it stands between: then the address of this machine is the proxy's, whoever is behind it. */
function isForwarded({ headers }: FastifyRequest): boolean {
  return ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => headers[name] !== undefined);
}

function unauthenticated(reply: FastifyReply, detail: string): PawlError {
  void reply.header('www-authenticate', 'Bearer realm="pawl"');
  return new PawlError('PAWL_UNAUTHENTICATED', detail);
}
