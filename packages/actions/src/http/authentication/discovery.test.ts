import type { Actions, JsonObject } from '@pawl/core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerJson, attempt, makeActions, requestFor, TestCancellation } from '../../actions.fixture.ts';
import type { Egress } from '../../egress/egress.ts';
import { discover } from './discovery.ts';
import { readOAuthPolicy } from './oauth-policy.ts';
import { givesTokens, record } from './token-server.fixture.ts';
import type { RecordingServer } from './token-server.fixture.ts';

let provider: RecordingServer;
let target: RecordingServer;
let actions: Actions & { close(): Promise<void> };
const realm = '/realms/r';
const document = `${realm}/.well-known/openid-configuration`;

beforeAll(async () => {
  provider = await record(givesTokens());
  target = await record((_, response) => answerJson(response, { ok: true }));
});
beforeEach(() => {
  actions = makeActions({ allowNets: '127.0.0.1' });
  provider.got.length = target.got.length = 0;
  return () => actions.close();
});
afterAll(async () => {
  await Promise.all([provider.close(), target.close()]);
});

/** From now on the provider has this discovery document, changed. */
function provide(changes: JsonObject = {}): void {
  const tokens = givesTokens({ expires_in: 0 });
  const described = { issuer: `${provider.url}${realm}`, token_endpoint: `${provider.url}/t`, ...changes };
  provider.answer = (got, response) => (got.url === document ? answerJson(response, described) : tokens(got, response));
}
const call = async (more: JsonObject = {}) => {
  const oidc = {
    authority: `${provider.url}${realm}`,
    grant: 'client_credentials',
    client: { secret: 'hush' },
    ...more,
  };
  const endpoint = { uri: target.url, authentication: { oidc } };
  return attempt(actions, requestFor('http', { method: 'POST', endpoint }, { guarantee: 'once' }));
};
const asked = () => provider.got.map(({ method, url }) => `${method} ${url}`);

describe('oidc', () => {
  test('finds the token endpoint in the discovery document, and reads that once', async () => {
    provide();
    for (const authority of [realm, `${realm}/`, document]) {
      provider.got.length = 0;
      expect(await call({ authority: `${provider.url}${authority}` })).toMatchObject({
        left: 1,
        outcome: { kind: 'completed' },
      });
      await call({ authority: `${provider.url}${authority}` });
      expect(asked().filter((each) => each === `GET ${document}`).length).toBeLessThanOrEqual(1);
      expect(asked().filter((each) => each === 'POST /t').length).toBe(2);
    }
    expect(provider.got.some(({ method, body }) => method === 'GET' && body !== '')).toBe(false);
  });

  test.each<[string, JsonObject]>([
    ['another issuer', { issuer: 'https://evil.example' }],
    ['no issuer', { issuer: null }],
    ['no token endpoint', { token_endpoint: null }],
    ['a token endpoint that is no URL', { token_endpoint: 'nonsense' }],
    ['a token endpoint on a private net', { token_endpoint: 'http://10.0.0.1/t' }],
    ['a token endpoint with a user name', { token_endpoint: 'http://u@127.0.0.1/t' }],
    ['a token endpoint in a file', { token_endpoint: 'file:///etc/passwd' }],
  ])('%s in the document ends it before any secret is sent', async (_name, changes) => {
    provide(changes);
    const { outcome, left } = await call();
    expect([outcome.kind, left]).toEqual(['terminal', 0]);
    expect(asked()).toEqual([`GET ${document}`]);
    expect(target.got).toEqual([]);
  });

  test('an issuer other than the authority is taken where the policy lists it', async () => {
    provide({ issuer: 'https://issuer.example' });
    expect((await call()).outcome).toMatchObject({ kind: 'terminal', error: { status: 401 } });
    const token = `a.${Buffer.from('{"iss":"https://issuer.example"}').toString('base64url')}.c`;
    const discovered = provider.answer;
    provider.answer = (got, response) =>
      got.url === document ? discovered(got, response) : answerJson(response, { access_token: token });
    expect((await call({ issuers: ['https://issuer.example'] })).outcome).toMatchObject({ kind: 'completed' });
    expect((await call({ issuers: ['https://other.example'] })).outcome).toMatchObject({ kind: 'terminal' });
  });

  test('a document that is none, missing or not to be had now', async () => {
    const answers: [RecordingServer['answer'], JsonObject][] = [
      [(_, response) => response.writeHead(200).end('<html>'), { kind: 'terminal' }],
      [(_, response) => answerJson(response, ['no']), { kind: 'terminal' }],
      [(_, response) => response.writeHead(404).end(), { kind: 'terminal' }],
      [(_, response) => response.writeHead(302, { location: '/elsewhere' }).end(), { kind: 'terminal' }],
      [(_, response) => response.writeHead(500).end(), { kind: 'retryable', left: false }],
      [(_, response) => response.socket?.destroy(), { kind: 'retryable', left: false }],
    ];
    for (const [answer, outcome] of answers) {
      provider.answer = answer;
      expect(await call()).toMatchObject({ left: 0, outcome });
    }
    expect(provider.got.every(({ url }) => url === document)).toBe(true);
  });

  test('a token endpoint that moved is found again after a refusal', async () => {
    provide();
    await call();
    provide({ token_endpoint: `${provider.url}/moved` });
    const described = provider.answer;
    provider.answer = (got, response) => (got.url === '/t' ? response.writeHead(404).end() : described(got, response));
    expect((await call()).outcome.kind).toBe('terminal');
    expect((await call()).outcome.kind).toBe('completed');
    expect(asked().at(-1)).toBe('POST /moved');
  });

  test('an authority with TLS may not name a token endpoint without', async () => {
    const body = JSON.stringify({ issuer: 'https://id.example', token_endpoint: 'http://id.example/t' });
    const answer = { status: 200, headers: {}, url: new URL('https://id.example'), redirects: 0 };
    // No server here has a certificate that Pawl trusts, so this one answer is made by hand.
    const egress: Egress = { request: () => Promise.resolve({ ...answer, body: { bytes: Buffer.from(body) } }) };
    const policy = readOAuthPolicy('oidc', { authority: 'https://id.example', grant: 'client_credentials' });
    await expect(discover({ policy, egress, cancellation: new TestCancellation() })).rejects.toMatchObject({
      outcome: { kind: 'terminal', error: { detail: expect.stringContaining('without TLS') as string } },
    });
  });
});
