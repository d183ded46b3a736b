import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Cancellation } from '@pawl/core';
import type { Egress } from '../../egress/egress.ts';
import { EgressFailure } from '../../egress/failure.ts';
import { egressOutcome } from '../../failures.ts';
import { actionLimits } from '../../limits.ts';
import { discover } from './discovery.ts';
import type { Discovered } from './discovery.ts';
import { AuthenticationFailure } from './failure.ts';
import { KeptValues } from './kept-values.ts';
import type { Loaded } from './kept-values.ts';
import type { OAuthPolicy } from './oauth-policy.ts';
import type { Token } from './token-answer.ts';
import { fetchToken } from './token-request.ts';

/**
 * The tokens of one set of permissions, in memory only: by their policies, secrets included, so that who holds no secret
 * gets no token of it. They are fetched over the network as those flows may use it.
 */
export class Tokens {
  readonly #egress: Egress;
  readonly #tokens: KeptValues<Token>;
  readonly #discovered: KeptValues<Discovered>;

  constructor(egress: Egress, now: () => number) {
    const options = { max: actionLimits.tokens, loadTime: actionLimits.tokenTime, now };
    this.#egress = egress;
    this.#tokens = new KeptValues(options);
    this.#discovered = new KeptValues(options);
  }

  /** A token that is fresh, asked for if there is none. Rejects with an AuthenticationFailure. */
  async get(policy: OAuthPolicy, cancellation: Cancellation): Promise<Token> {
    const identity = identityOf(policy);
    try {
      return await this.#tokens.get(identity, cancellation, (shared, previous) =>
        this.#fetch(policy, shared, previous?.refresh),
      );
    } catch (error) {
      if (error instanceof AuthenticationFailure && error.outcome.kind === 'terminal') {
        // A refused refresh token of the server's is of no use, nor perhaps is what was discovered.
        this.#tokens.forget(identity);
        this.#discovered.forget(identity);
      }
      if (!(error instanceof EgressFailure)) throw error;
      const doing = `Pawl asked ${policy.authority} for a token`;
      throw new AuthenticationFailure(egressOutcome(error, 'pure', false, doing));
    }
  }

  /** The endpoint refused this token: it is given to nobody again. */
  drop(policy: OAuthPolicy, token: Token): void {
    this.#tokens.drop(identityOf(policy), token);
  }

  async #fetch(policy: OAuthPolicy, cancellation: Cancellation, refresh: string | undefined): Promise<Loaded<Token>> {
    const egress = this.#egress;
    let url = tokenUrl(policy);
    if (policy.kind === 'oidc') {
      const load = (shared: Cancellation): Promise<Loaded<Discovered>> =>
        discover({ policy, egress, cancellation: shared });
      url = (await this.#discovered.get(identityOf(policy), cancellation, load)).tokenEndpoint;
    }
    return fetchToken({ policy, egress, cancellation, url, refresh });
  }
}

/** The tokens of the flows that use the network in this way; they go when it goes. */
export function tokensOf(egress: Egress): Tokens {
  let tokens = byEgress.get(egress);
  if (tokens === undefined) {
    // The wall clock may jump; a token's life does not.
    tokens = new Tokens(egress, () => performance.now());
    byEgress.set(egress, tokens);
  }
  return tokens;
}

const byEgress = new WeakMap<Egress, Tokens>();

function identityOf(policy: OAuthPolicy): string {
  return createHash('sha256').update(JSON.stringify(policy), 'utf8').digest('base64');
}

function tokenUrl({ authority, tokenPath }: OAuthPolicy): string {
  if (/^https?:\/\//i.test(tokenPath)) return tokenPath;
  return `${authority}/${tokenPath.replace(/^\/+/, '')}`;
}
