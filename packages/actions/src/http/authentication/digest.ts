import { createHash, randomBytes } from 'node:crypto';
import type { EgressAnswer } from '../../egress/client.ts';
import { parseChallenges } from './challenge.ts';
import type { Challenge } from './challenge.ts';
import type { Authenticated, Authenticator, Credentials } from './credentials.ts';

/**
 * Digest access authentication (RFC 7616): the endpoint refuses the first request with a challenge, and takes the second
 * that answers it. A nonce that has become stale meanwhile is answered once more.
 */
export class DigestAuthenticator implements Authenticator {
  readonly #username: string;
  readonly #password: string;
  readonly #request: Authenticated;
  #answered = 0;

  constructor(username: string, password: string, request: Authenticated) {
    this.#username = username;
    this.#password = password;
    this.#request = request;
  }

  first(): Promise<Credentials> {
    return Promise.resolve({ credentials: {}, secrets: [this.#password] });
  }

  again(refused: EgressAnswer): Promise<Credentials | undefined> {
    const challenge = parseChallenges(refused.headers['www-authenticate'] ?? '').find(isAnswerable);
    const stale = challenge?.parameters.get('stale')?.toLowerCase() === 'true';
    if (challenge === undefined || this.#answered > (stale ? 1 : 0)) return Promise.resolve(undefined);
    this.#answered++;
    const { method, url } = this.#request;
    const { header, response } = answerChallenge(challenge, {
      username: this.#username,
      password: this.#password,
      method,
      uri: `${url.pathname}${url.search}`,
      cnonce: randomBytes(16).toString('hex'),
    });
    return Promise.resolve({ credentials: { authorization: header }, secrets: [this.#password, response] });
  }
}

/** What an answer to a challenge is made of. */
export interface DigestInput {
  readonly username: string;
  readonly password: string;
  readonly method: string;
  /** Path and query, as they are sent. */
  readonly uri: string;
  readonly cnonce: string;
}

/** The `Authorization` header that answers a challenge for which `isAnswerable` holds, and the proof in it. */
export function answerChallenge(challenge: Challenge, input: DigestInput): { header: string; response: string } {
  const given = challenge.parameters;
  const { method, uri, cnonce, password } = input;
  const [realm, nonce] = [given.get('realm') ?? '', given.get('nonce') ?? ''];
  const algorithm = given.get('algorithm');
  const { digest, session } = algorithms.get((algorithm ?? 'md5').toLowerCase()) ?? md5;
  const hash = (text: string): string => createHash(digest).update(text, 'utf8').digest('hex');
  const secret = hash(`${input.username}:${realm}:${password}`);
  const keyed = session ? hash(`${secret}:${nonce}:${cnonce}`) : secret;
  const asked = hash(`${method}:${uri}`);
  // Without qop it is the older form of RFC 2069, which has neither counter nor cnonce.
  const withQop = given.has('qop');
  const response = hash(
    withQop ? `${keyed}:${nonce}:${counter}:${cnonce}:auth:${asked}` : `${keyed}:${nonce}:${asked}`,
  );
  const hashedName = given.get('userhash')?.toLowerCase() === 'true';
  const parts = [
    hashedName ? `username="${hash(`${input.username}:${realm}`)}"` : namePart(input.username),
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(uri)}`,
    `response="${response}"`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(given.has('opaque') ? [`opaque=${quoted(given.get('opaque') ?? '')}`] : []),
    ...(withQop ? ['qop=auth', `nc=${counter}`, `cnonce="${cnonce}"`] : []),
    ...(hashedName ? ['userhash=true'] : []),
  ];
  return { header: `Digest ${parts.join(', ')}`, response };
}

/** Whether a challenge is one of Digest that Pawl can answer: MD5 or SHA-256, also of a session, with qop `auth` or none. */
export function isAnswerable({ scheme, parameters }: Challenge): boolean {
  if (scheme !== 'digest' || !parameters.has('nonce') || !parameters.has('realm')) return false;
  const algorithm = algorithms.get((parameters.get('algorithm') ?? 'md5').toLowerCase());
  if (algorithm === undefined) return false;
  const qop = parameters.get('qop');
  if (qop === undefined) return !algorithm.session;
  return qop
    .split(',')
    .map((each) => each.trim().toLowerCase())
    .includes('auth');
}

const md5 = { digest: 'md5', session: false };
const algorithms: ReadonlyMap<string, { readonly digest: string; readonly session: boolean }> = new Map([
  ['md5', md5],
  ['md5-sess', { digest: 'md5', session: true }],
  ['sha-256', { digest: 'sha256', session: false }],
  ['sha-256-sess', { digest: 'sha256', session: true }],
]);

/** Every request answers a challenge of its own, so each nonce is used for the first time. */
const counter = '00000001';

/** A name beyond ASCII goes in the extended form of RFC 8187. */
function namePart(username: string): string {
  if (/^[\x20-\x7e]*$/.test(username)) return `username=${quoted(username)}`;
  const escape = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return `username*=UTF-8''${encodeURIComponent(username.toWellFormed()).replace(/['()*]/g, escape)}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
