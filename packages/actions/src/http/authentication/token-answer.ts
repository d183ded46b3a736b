import { isObject } from '@pawl/core';
import type { Json } from '@pawl/core';
import { actionLimits } from '../../limits.ts';
import { refusal } from './failure.ts';
import type { Loaded } from './kept-values.ts';
import { errorIn } from './refused-because.ts';

/** A token for the calls of a policy. */
export interface Token {
  readonly value: string;
  /** What the next one is asked for with, where the server has exchanged the refresh token of the policy. */
  readonly refresh: string | undefined;
}

/** Who answered, and what an error about it must not show. */
export interface TokenServer {
  readonly shown: string;
  readonly secrets: readonly string[];
}

/**
 * The token in an answer (RFC 6749 §5.1), fresh until a while before it expires. Throws a refusal for what is no token
 * that a call can carry, or one of an issuer that the policy does not list; no text of the token is in it.
 */
export function readToken(answer: Json, issuers: readonly string[], server: TokenServer): Loaded<Token> {
  const wrong = (what: string): Error =>
    refusal(`The answer of ${server.shown} cannot be used: ${what}. Nothing was done at the endpoint.`);
  if (!isObject(answer)) throw wrong('it is no JSON object');
  const { access_token: value, token_type: type, expires_in: expires, refresh_token: refresh } = answer;
  if (typeof value !== 'string' || value === '') {
    const told = errorIn(answer, server.secrets);
    throw wrong(`it holds no access token${told}`);
  }
  if (!/^[\x21-\x7e]+$/.test(value) || value.length > actionLimits.tokenCharacters)
    throw wrong('its access token is too long for a header, or holds characters that none can carry');
  if (type !== undefined && (typeof type !== 'string' || type.toLowerCase() !== 'bearer'))
    throw wrong('its token is of another type than Bearer');
  const life = lifeOf(expires);
  if (life === undefined) throw wrong('its expires_in is no number of seconds');
  if (refresh !== undefined && refresh !== null && typeof refresh !== 'string')
    throw wrong('its refresh token is no text');
  if (issuers.length > 0) {
    const issuer = issuerOf(value);
    if (issuer === undefined) throw wrong('the policy lists issuers, and its access token does not say who issued it');
    if (!issuers.includes(issuer)) throw wrong('its access token is of an issuer that the policy does not list');
  }
  return {
    value: { value, refresh: typeof refresh === 'string' && refresh !== '' ? refresh : undefined },
    freshFor: life - Math.min(actionLimits.tokenMargin, life / 2),
  };
}

/** How long a token lives (ms). Some servers write the seconds as a text. */
function lifeOf(expires: Json | undefined): number | undefined {
  if (expires === undefined || expires === null) return actionLimits.tokenLifeUnknown;
  const seconds = typeof expires === 'string' && /^\d{1,12}$/.test(expires) ? Number(expires) : expires;
  if (typeof seconds !== 'number') return undefined;
  return Math.min(Math.max(seconds * 1000, 0), actionLimits.tokenLife);
}

/**
 * The issuer that a JWT names. Its signature is not looked at: it came from the token server itself, and it is for the
 * endpoint to judge (OpenID Connect Core §3.1.3.7).
 */
function issuerOf(token: string): string | undefined {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature === undefined) return undefined;
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Json;
    const issuer = isObject(claims) ? claims['iss'] : undefined;
    return typeof issuer === 'string' ? issuer : undefined;
  } catch {
    return undefined;
  }
}
