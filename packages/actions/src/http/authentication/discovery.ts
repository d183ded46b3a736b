import { isObject } from '@pawl/core';
import { actionLimits } from '../../limits.ts';
import { ask, showAsked } from './ask.ts';
import type { Asking } from './ask.ts';
import { refusal } from './failure.ts';
import type { Loaded } from './kept-values.ts';

/** What a discovery document tells that Pawl uses. */
export interface Discovered {
  readonly tokenEndpoint: string;
}

const documentPath = '/.well-known/openid-configuration';

/** Reads the discovery document of an OpenID provider and checks that it speaks for the issuer that the policy means. */
export async function discover(asking: Asking): Promise<Loaded<Discovered>> {
  const { authority: given, issuers } = asking.policy;
  const authority = given.endsWith(documentPath) ? given.slice(0, -documentPath.length) : given;
  const url = `${authority}${documentPath}`;
  const document = await ask(asking, { method: 'GET', url, headers: {}, credentials: {}, secrets: [] });
  const wrong = (what: string): Error =>
    refusal(`The discovery document ${showAsked(url)} ${what}. No token was asked for.`);
  if (!isObject(document)) throw wrong('is no JSON object');
  const { issuer, token_endpoint: tokenEndpoint } = document;
  if (typeof issuer !== 'string' || !isExpected(issuer, authority, issuers))
    throw wrong(
      issuers.length === 0
        ? 'names another issuer than the authority of the policy; if it is meant, list it under issuers'
        : 'names an issuer that is not among the issuers of the policy',
    );
  if (typeof tokenEndpoint !== 'string' || !URL.canParse(tokenEndpoint)) throw wrong('names no token endpoint');
  if (/^https:/i.test(authority) && !/^https:/i.test(tokenEndpoint))
    throw wrong('names a token endpoint without TLS, to which Pawl sends no secret');
  return { value: { tokenEndpoint }, freshFor: actionLimits.discoveryLife };
}

/** The issuer is one of those listed; without a list it is the authority (OpenID Connect Discovery §4.3), a slash at the end aside. */
function isExpected(issuer: string, authority: string, issuers: readonly string[]): boolean {
  return issuers.length > 0 ? issuers.includes(issuer) : issuer.replace(/\/$/, '') === authority;
}
