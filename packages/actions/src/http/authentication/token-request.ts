import { createHmac, randomUUID } from 'node:crypto';
import { ask, showAsked } from './ask.ts';
import type { Asking, Question } from './ask.ts';
import type { Loaded } from './kept-values.ts';
import { secretsOf } from './oauth-policy.ts';
import type { OAuthPolicy } from './oauth-policy.ts';
import { readToken } from './token-answer.ts';
import type { Token } from './token-answer.ts';

/** Which token is asked for, and where. */
export interface TokenAsking extends Asking {
  readonly url: string;
  /** A refresh token that the server gave in place of the policy's own. */
  readonly refresh: string | undefined;
}

/** Asks the token server for a token (RFC 6749, 8693). */
export async function fetchToken(asking: TokenAsking): Promise<Loaded<Token>> {
  const question = tokenQuestion(asking.policy, asking.url, asking.refresh);
  const answer = await ask(asking, question);
  return readToken(answer, asking.policy.issuers, { shown: showAsked(asking.url), secrets: question.secrets });
}

/** The request for a token. */
function tokenQuestion(policy: OAuthPolicy, url: string, refresh: string | undefined): Question {
  const client = clientProof(policy, url);
  const members: Members = { ...grantMembers(policy, refresh), ...client.members };
  if (policy.scopes.length > 0) members['scope'] = policy.scopes.join(' ');
  if (policy.audiences.length > 0) members['audience'] = policy.audiences;
  return {
    method: 'POST',
    url,
    headers: { 'content-type': policy.encoding },
    credentials: client.credentials,
    body: policy.encoding === 'application/json' ? jsonOf(members) : formOf(members),
    secrets: [...secretsOf(policy), ...(refresh === undefined ? [] : [refresh]), ...client.secrets],
  };
}

type Members = Record<string, string | readonly string[]>;

function grantMembers({ grant }: OAuthPolicy, refresh: string | undefined): Members {
  switch (grant.type) {
    case 'client_credentials':
      return { grant_type: grant.type };
    case 'password':
      return { grant_type: grant.type, username: grant.username, password: grant.password };
    case 'refresh_token':
      return { grant_type: grant.type, refresh_token: refresh ?? grant.token };
    default:
      return {
        grant_type: grant.type,
        subject_token: grant.subject.token,
        subject_token_type: grant.subject.type,
        ...(grant.actor === undefined ? {} : { actor_token: grant.actor.token, actor_token_type: grant.actor.type }),
      };
  }
}

interface ClientProof {
  readonly members: Members;
  readonly credentials: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/** How the client proves who it is, in the request or its headers. */
function clientProof({ client }: OAuthPolicy, url: string): ClientProof {
  const { id = '', secret = '' } = client;
  const members: Members = client.id === undefined ? {} : { client_id: id };
  switch (client.authentication) {
    case 'none':
      return { members, credentials: {}, secrets: [] };
    case 'client_secret_post':
      return {
        members: client.secret === undefined ? members : { ...members, client_secret: secret },
        credentials: {},
        secrets: [],
      };
    case 'client_secret_basic': {
      // RFC 6749 §2.3.1: both are form-encoded first, so that a colon in the id stays part of it.
      const encoded = Buffer.from(`${formEncode(id)}:${formEncode(secret)}`).toString('base64');
      return { members: {}, credentials: { authorization: `Basic ${encoded}` }, secrets: [encoded] };
    }
    case 'client_secret_jwt':
    case 'private_key_jwt': {
      const assertion = client.assertion ?? signAssertion(id, secret, url);
      const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
      return {
        members: { ...members, client_assertion_type: type, client_assertion: assertion },
        credentials: {},
        secrets: [assertion],
      };
    }
  }
}

/** How long an assertion of Pawl's own may be used (seconds); it is sent at once. */
const assertionLife = 60;

/** A JWT signed with the client's secret (OpenID Connect Core §9, HS256). */
function signAssertion(id: string, secret: string, audience: string): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: id, sub: id, aud: audience, jti: randomUUID(), iat: now, exp: now + assertionLife };
  const signed = [{ alg: 'HS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function formOf(members: Members): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(members))
    for (const each of typeof value === 'string' ? [value] : value) form.append(name, each);
  return form.toString();
}

/** As the form has it, but that a list of one is its element: most servers take `audience` as one text. */
function jsonOf(members: Members): string {
  const entries = Object.entries(members).map(([name, value]) => [name, value.length === 1 ? value[0] : value]);
  return JSON.stringify(Object.fromEntries(entries));
}

function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}
