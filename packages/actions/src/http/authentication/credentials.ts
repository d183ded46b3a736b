import type { Cancellation } from '@pawl/core';
import type { EgressAnswer } from '../../egress/client.ts';
import type { Egress } from '../../egress/egress.ts';

/** Headers that prove who calls, and the values in them that no error or log may show. */
export interface Credentials {
  readonly credentials: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/** Gives one request the credentials that prove who calls. Rejects with an AuthenticationFailure. */
export interface Authenticator {
  /** What the request carries the first time. */
  first(): Promise<Credentials>;
  /** What it carries once more, after its own endpoint refused it (401); undefined when that answer stands. */
  again(refused: EgressAnswer): Promise<Credentials | undefined>;
}

/** What is to be authenticated, and what it may use for that. */
export interface Authenticated {
  readonly method: string;
  readonly url: URL;
  readonly egress: Egress;
  readonly cancellation: Cancellation;
}

/** Credentials of RFC 7617: a name and a password. */
export function basicCredentials(username: string, password: string): Credentials {
  const encoded = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
  return { credentials: { authorization: `Basic ${encoded}` }, secrets: [password, encoded] };
}

/** Credentials of RFC 6750: a token. */
export function bearerCredentials(token: string): Credentials {
  return { credentials: { authorization: `Bearer ${token}` }, secrets: [token] };
}
