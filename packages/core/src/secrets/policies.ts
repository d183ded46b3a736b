import type { Json, JsonObject } from '../json.ts';
import { isObject } from '../json.ts';

/** Kinds of authentication policy that may be given as a secret. */
export const policyKinds = ['basic', 'bearer', 'digest', 'oauth2', 'oidc'] as const;

/** The name in `{use: NAME}` below a kind of policy: a secret that is all of the policy. */
export function secretOfPolicy(policy: JsonObject, kind: string): string | undefined {
  const credentials = policy[kind];
  const name = isObject(credentials) ? credentials['use'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** A policy in which `{use: NAME}` is the expression `$secrets.NAME`, since that is what it means. */
export function policyWithSecrets(policy: Json): Json {
  if (!isObject(policy)) return policy;
  let resolved = policy;
  for (const kind of policyKinds) {
    const name = secretOfPolicy(policy, kind);
    if (name !== undefined) resolved = { ...resolved, [kind]: `\${ $secrets[${JSON.stringify(name)}] }` };
  }
  return resolved;
}
