import { isObject } from '@pawl/core';
import type { Json } from '@pawl/core';
import { readOAuthPolicy } from './oauth-policy.ts';
import type { OAuthPolicy } from './oauth-policy.ts';
import { invalidPolicy, textOf } from './policy-members.ts';

/** How an endpoint is told who calls: an `authentication` of the language, its names and expressions resolved. */
export type Policy =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic' | 'digest'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }
  | OAuthPolicy;

/** Reads the `authentication` of an endpoint. Throws PAWL_ACTION_INPUT, in words that hold no value of the policy. */
export function readPolicy(authentication: Json | undefined): Policy {
  if (authentication === undefined) return { kind: 'none' };
  if (!isObject(authentication)) throw invalidPolicy('The authentication of the endpoint must be an object.');
  const [kind, another] = kinds.filter((each) => authentication[each] !== undefined);
  if (kind === undefined || another !== undefined)
    throw invalidPolicy(`The authentication of the endpoint must be exactly one of ${kinds.join(', ')}.`);
  const given = authentication[kind];
  // A secret that is a bearer's whole policy may be no more than its token.
  const policy = kind === 'bearer' && typeof given === 'string' ? { token: given } : given;
  if (!isObject(policy)) throw invalidPolicy(`The authentication ${kind} must be an object.`);
  switch (kind) {
    case 'basic':
    case 'digest':
      return { kind, username: textOf(policy, kind, 'username'), password: textOf(policy, kind, 'password') };
    case 'bearer':
      return { kind, token: textOf(policy, kind, 'token') };
    case 'oauth2':
    case 'oidc':
      return readOAuthPolicy(kind, policy);
  }
}

const kinds = ['basic', 'bearer', 'digest', 'oauth2', 'oidc'] as const;
