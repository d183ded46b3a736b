import type { JsonObject } from '@pawl/core';
import { invalidPolicy, memberOf, optionalText, textOf, textsOf, wordOf } from './policy-members.ts';

const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const grants = ['authorization_code', 'client_credentials', 'password', 'refresh_token', tokenExchange] as const;
const clientMethods = [
  'client_secret_post',
  'client_secret_basic',
  'client_secret_jwt',
  'private_key_jwt',
  'none',
] as const;
const encodings = ['application/x-www-form-urlencoded', 'application/json'] as const;
const defaultTokenPath = '/oauth2/token';

/** What a token is asked for with. */
export type Grant =
  | { readonly type: 'client_credentials' }
  | { readonly type: 'password'; readonly username: string; readonly password: string }
  | { readonly type: 'refresh_token'; readonly token: string }
  | {
      readonly type: typeof tokenExchange;
      readonly subject: SecurityToken;
      readonly actor: SecurityToken | undefined;
    };

/** A token that stands for somebody, and the URI of its type. */
export interface SecurityToken {
  readonly token: string;
  readonly type: string;
}

/** The program that asks for a token, as the token server knows it. */
export interface OAuthClient {
  readonly id: string | undefined;
  readonly secret: string | undefined;
  /** A signed assertion (JWT) that proves who it is. */
  readonly assertion: string | undefined;
  readonly authentication: (typeof clientMethods)[number];
}

/** A policy whose calls carry a token that a server gives. Its members stand in one order: their JSON text is its identity. */
export interface OAuthPolicy {
  readonly kind: 'oauth2' | 'oidc';
  /** Without a slash at its end. */
  readonly authority: string;
  /** Where tokens are asked for, below `authority` or as a whole URL; `oidc` finds it by discovery. */
  readonly tokenPath: string;
  readonly grant: Grant;
  readonly client: OAuthClient;
  readonly encoding: (typeof encodings)[number];
  readonly issuers: readonly string[];
  readonly scopes: readonly string[];
  readonly audiences: readonly string[];
}

/** Reads a policy of the kind `oauth2` or `oidc`. Throws PAWL_ACTION_INPUT for what no token can be asked for with. */
export function readOAuthPolicy(kind: 'oauth2' | 'oidc', policy: JsonObject): OAuthPolicy {
  const authority = textOf(policy, kind, 'authority');
  if (/[{}?#]|^[^/]*\/\/[^/]*@/.test(authority))
    throw invalidPolicy(
      `The authority of ${kind} must be a plain URL, without a user name, a template, a query or a "#".`,
    );
  const request = memberOf(policy, kind, 'request');
  const endpoints = memberOf(policy, kind, 'endpoints');
  return {
    kind,
    authority: authority.replace(/\/+$/, ''),
    tokenPath: optionalText(endpoints, `${kind}.endpoints`, 'token') ?? defaultTokenPath,
    grant: grantOf(kind, policy),
    client: clientOf(kind, memberOf(policy, kind, 'client')),
    encoding: wordOf(request, `${kind}.request`, 'encoding', encodings) ?? encodings[0],
    issuers: textsOf(policy, kind, 'issuers'),
    scopes: textsOf(policy, kind, 'scopes'),
    audiences: textsOf(policy, kind, 'audiences'),
  };
}

/** The values of a policy that no error or log may show. */
export function secretsOf({ client, grant }: OAuthPolicy): readonly string[] {
  const ofClient = [client.secret, client.assertion].filter((secret) => secret !== undefined);
  switch (grant.type) {
    case 'client_credentials':
      return ofClient;
    case 'password':
      return [...ofClient, grant.password];
    case 'refresh_token':
      return [...ofClient, grant.token];
    case tokenExchange:
      return [...ofClient, grant.subject.token, ...(grant.actor === undefined ? [] : [grant.actor.token])];
  }
}

function grantOf(kind: string, policy: JsonObject): Grant {
  const type = wordOf(policy, kind, 'grant', grants);
  switch (type) {
    case undefined:
      throw invalidPolicy(`The authentication ${kind} needs a grant.`);
    case 'authorization_code':
      throw invalidPolicy(`The grant ${type} of ${kind} needs a person at a browser, which a step does not have.`);
    case 'client_credentials':
      return { type };
    case 'password':
      return { type, username: textOf(policy, kind, 'username'), password: textOf(policy, kind, 'password') };
    case 'refresh_token':
      // The language has no member of its own for it: `subject` is the one that holds a token.
      return { type, token: securityToken(kind, policy, 'subject').token };
    case tokenExchange:
      return {
        type,
        subject: securityToken(kind, policy, 'subject'),
        actor: policy['actor'] === undefined ? undefined : securityToken(kind, policy, 'actor'),
      };
  }
}

function securityToken(kind: string, policy: JsonObject, name: 'subject' | 'actor'): SecurityToken {
  const member = memberOf(policy, kind, name);
  return { token: textOf(member, `${kind}.${name}`, 'token'), type: textOf(member, `${kind}.${name}`, 'type') };
}

function clientOf(kind: string, client: JsonObject): OAuthClient {
  const where = `${kind}.client`;
  const authentication = wordOf(client, where, 'authentication', clientMethods) ?? clientMethods[0];
  const [id, secret, assertion] = ['id', 'secret', 'assertion'].map((name) => optionalText(client, where, name));
  if (authentication === 'client_secret_basic' && (id === undefined || secret === undefined))
    throw invalidPolicy(`The authentication ${where} needs an id and a secret for ${authentication}.`);
  if (authentication === 'client_secret_jwt' && assertion === undefined && (id === undefined || secret === undefined))
    throw invalidPolicy(
      `The authentication ${where} needs an assertion, or an id and a secret, for ${authentication}.`,
    );
  if (authentication === 'private_key_jwt' && assertion === undefined)
    throw invalidPolicy(
      `The authentication ${where} needs an assertion for ${authentication}: Pawl does not sign with private keys.`,
    );
  return { id, secret, assertion, authentication };
}
