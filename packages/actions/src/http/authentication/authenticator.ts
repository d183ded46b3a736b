import { basicCredentials, bearerCredentials } from './credentials.ts';
import type { Authenticated, Authenticator, Credentials } from './credentials.ts';
import { DigestAuthenticator } from './digest.ts';
import type { OAuthPolicy } from './oauth-policy.ts';
import type { Policy } from './policy.ts';
import { tokensOf } from './tokens.ts';
import type { Token } from './token-answer.ts';

/** The authenticator of a policy for one request. */
export function createAuthenticator(policy: Policy, request: Authenticated): Authenticator {
  switch (policy.kind) {
    case 'none':
      return fixed({ credentials: {}, secrets: [] });
    case 'basic':
      return fixed(basicCredentials(policy.username, policy.password));
    case 'bearer':
      return fixed(bearerCredentials(policy.token));
    case 'digest':
      return new DigestAuthenticator(policy.username, policy.password, request);
    case 'oauth2':
    case 'oidc':
      return new TokenAuthenticator(policy, request);
  }
}

function fixed(credentials: Credentials): Authenticator {
  return { first: () => Promise.resolve(credentials), again: () => Promise.resolve(undefined) };
}

/** Carries a token of the token server; one that the endpoint refuses is dropped, and another asked for, once. */
class TokenAuthenticator implements Authenticator {
  readonly #policy: OAuthPolicy;
  readonly #request: Authenticated;
  #sent: Token | undefined;
  #renewed = false;

  constructor(policy: OAuthPolicy, request: Authenticated) {
    this.#policy = policy;
    this.#request = request;
  }

  async first(): Promise<Credentials> {
    this.#sent = await tokensOf(this.#request.egress).get(this.#policy, this.#request.cancellation);
    return bearerCredentials(this.#sent.value);
  }

  async again(): Promise<Credentials | undefined> {
    if (this.#renewed || this.#sent === undefined) return undefined;
    this.#renewed = true;
    tokensOf(this.#request.egress).drop(this.#policy, this.#sent);
    return this.first();
  }
}
