import { createHmac } from 'node:crypto';
import type { ActionRequest, Actions, JsonObject } from '@pawl/core';
import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerJson, attempt, makeActions, requestFor, TestCancellation } from '../../actions.fixture.ts';
import { EgressGate } from '../../egress/egress.ts';
import { readOAuthPolicy } from './oauth-policy.ts';
import { givesTokens, record, takesTokens } from './token-server.fixture.ts';
import type { RecordingServer } from './token-server.fixture.ts';
import { Tokens } from './tokens.ts';

const grants = [{ flows: 'granted/*', nets: '127.0.0.9' }];
let issuer: RecordingServer;
let target: RecordingServer;
let actions: Actions & { close(): Promise<void> };

beforeAll(async () => {
  issuer = await record(givesTokens());
  target = await record((_, response) => answerJson(response, { ok: true }));
});
beforeEach(() => {
  actions = makeActions({ allowNets: '127.0.0.1', grants });
  issuer.answer = givesTokens();
  target.answer = (_, response) => answerJson(response, { ok: true });
  issuer.got.length = target.got.length = 0;
  return () => actions.close();
});
afterAll(async () => {
  await Promise.all([issuer.close(), target.close()]);
});

const oauth2 = (more: JsonObject = {}): JsonObject => ({
  oauth2: { authority: issuer.url, grant: 'client_credentials', client: { id: 'me', secret: 's' }, ...more },
});
const requestWith = (authentication: JsonObject, more: Partial<ActionRequest> = {}, args: JsonObject = {}) =>
  requestFor('http', { method: 'POST', endpoint: { uri: `${target.url}/a`, authentication }, ...args }, more);
const call = (authentication: JsonObject, more?: Partial<ActionRequest>, args?: JsonObject) =>
  attempt(actions, requestWith(authentication, more, args));
const form = (body = ''): Record<string, string> => Object.fromEntries(new URLSearchParams(body));

describe('what a token is asked for with', () => {
  const client = { client_id: 'me', client_secret: 's' };
  const subject = { token: 'sub', type: 'urn:ietf:params:oauth:token-type:jwt' };
  const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';

  test.each<[JsonObject, JsonObject]>([
    [{}, { grant_type: 'client_credentials', ...client }],
    [{ scopes: ['a', 'b'] }, { grant_type: 'client_credentials', ...client, scope: 'a b' }],
    [
      { grant: 'password', username: 'ü', password: 'p&=' },
      { grant_type: 'password', username: 'ü', password: 'p&=', ...client },
    ],
    [
      { grant: 'refresh_token', subject: { token: 'ref', type: 'x' } },
      { grant_type: 'refresh_token', refresh_token: 'ref', ...client },
    ],
    [
      { grant: exchange, subject, audiences: ['api'] },
      { grant_type: exchange, subject_token: 'sub', subject_token_type: subject.type, ...client, audience: 'api' },
    ],
    [
      { grant: exchange, subject, actor: { token: 'act', type: 't' } },
      {
        grant_type: exchange,
        subject_token: 'sub',
        subject_token_type: subject.type,
        actor_token: 'act',
        actor_token_type: 't',
        ...client,
      },
    ],
  ])('%j', async (policy, members) => {
    expect((await call(oauth2(policy))).outcome).toMatchObject({ kind: 'completed' });
    expect(issuer.got).toMatchObject([
      { method: 'POST', url: '/oauth2/token', contentType: 'application/x-www-form-urlencoded' },
    ]);
    expect(form(issuer.got[0]?.body)).toEqual(members);
    await call(oauth2({ ...policy, request: { encoding: 'application/json' } }));
    expect(issuer.got[1]?.contentType).toBe('application/json');
    expect(JSON.parse(issuer.got[1]?.body ?? '')).toEqual(members);
    expect(target.got.map((each) => each.authorization)).toEqual(['Bearer T1', 'Bearer T2']);
  });

  test('several audiences are named one by one', async () => {
    await call(oauth2({ audiences: ['a', 'b'] }));
    expect(new URLSearchParams(issuer.got[0]?.body).getAll('audience')).toEqual(['a', 'b']);
    await call(oauth2({ audiences: ['a', 'b'], request: { encoding: 'application/json' } }));
    expect(JSON.parse(issuer.got[1]?.body ?? '')).toMatchObject({ audience: ['a', 'b'] });
  });

  test('a client proves who it is in the way that the policy names', async () => {
    const proven = async (client: JsonObject) => {
      await call(oauth2({ client }));
      const { authorization, body } = issuer.got.at(-1) ?? {};
      return { authorization, ...form(body), grant_type: undefined };
    };
    expect(await proven({ id: 'me', secret: 's', authentication: 'none' })).toEqual({ client_id: 'me' });
    const basic = Buffer.from('a%3Ab+c:d%2Be').toString('base64');
    expect(await proven({ id: 'a:b c', secret: 'd+e', authentication: 'client_secret_basic' })).toEqual({
      authorization: `Basic ${basic}`,
    });
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    expect(await proven({ id: 'me', assertion: 'signed', authentication: 'private_key_jwt' })).toEqual({
      client_id: 'me',
      client_assertion_type: type,
      client_assertion: 'signed',
    });
    const made = await proven({ id: 'me', secret: 'key', authentication: 'client_secret_jwt' });
    expect(made).toMatchObject({ client_id: 'me', client_assertion_type: type });
    const [head = '', claims = '', signature] =
      (made as unknown as JsonObject)['client_assertion']?.toString().split('.') ?? [];
    expect(createHmac('sha256', 'key').update(`${head}.${claims}`).digest('base64url')).toBe(signature);
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: 'me',
      sub: 'me',
      aud: `${issuer.url}/oauth2/token`,
    });
  });

  test.each([
    [{ endpoints: { token: '/auth/token' } }, '/realms/r/auth/token'],
    [{ endpoints: { token: 'token' } }, '/realms/r/token'],
    [{ endpoints: { token: '//evil.example/token' } }, '/realms/r/evil.example/token'],
    [{ endpoints: {} }, '/realms/r/oauth2/token'],
  ])('the token endpoint is below the authority: %j', async (policy, url) => {
    for (const authority of [`${issuer.url}/realms/r`, `${issuer.url}/realms/r/`]) {
      await call(oauth2({ ...policy, authority }));
      expect(issuer.got.at(-1)?.url).toBe(url);
    }
  });

  test.each<JsonObject>([
    {},
    { basic: {}, bearer: { token: 't' } },
    { certificate: {} },
    { oauth2: 's' },
    { oauth2: { use: 's' } },
    { oauth2: { grant: 'client_credentials' } },
    { oauth2: { authority: 'https://a' } },
    { oauth2: { authority: 'https://a', grant: 'authorization_code' } },
    { oauth2: { authority: 'https://a', grant: 'implicit' } },
    { oauth2: { authority: 'https://a/{b}', grant: 'client_credentials' } },
    { oauth2: { authority: 'https://hush@a', grant: 'client_credentials' } },
    { oauth2: { authority: 'https://a', grant: 'password', username: 'u' } },
    { oauth2: { authority: 'https://a', grant: 'password', username: 'u', password: 5 } },
    { oauth2: { authority: 'https://a', grant: 'refresh_token' } },
    { oauth2: { authority: 'https://a', grant: 'client_credentials', scopes: ['a', 1] } },
    { oauth2: { authority: 'https://a', grant: 'client_credentials', client: { secret: ['hush'] } } },
    { oauth2: { authority: 'https://a', grant: 'client_credentials', client: { authentication: 'private_key_jwt' } } },
    {
      oauth2: { authority: 'https://a', grant: 'client_credentials', client: { authentication: 'client_secret_jwt' } },
    },
    {
      oauth2: {
        authority: 'https://a',
        grant: 'client_credentials',
        client: { authentication: 'client_secret_basic' },
      },
    },
    { oidc: { authority: 'https://a', grant: 'client_credentials', request: { encoding: 'text/xml' } } },
    { oidc: { authority: 'file:///etc', grant: 'client_credentials' } },
    { oidc: { authority: 'nonsense', grant: 'client_credentials' } },
    { oauth2: { authority: 'http://10.0.0.1', grant: 'client_credentials' } },
  ])('a policy that cannot be used is refused before anything is sent: %j', async (policy) => {
    const { outcome, left } = await call(policy, { guarantee: 'once' });
    expect(left).toBe(0);
    expect(outcome.kind).toBe('terminal');
    expect(JSON.stringify(outcome)).not.toContain('hush');
    expect(target.got).toEqual([]);
  });
});

describe('how long a token is used', () => {
  test('calls of one policy share a token, at once and later; another policy has its own', async () => {
    await Promise.all(Array.from({ length: 50 }, () => call(oauth2(), { guarantee: 'once' })));
    await call(oauth2(), { flow: { namespace: 'tests', name: 'another' } });
    expect(issuer.got.length).toBe(1);
    expect(new Set(target.got.map((each) => each.authorization))).toEqual(new Set(['Bearer T1']));
    await call(oauth2({ client: { id: 'me', secret: 'other' } }));
    expect(target.got.at(-1)?.authorization).toBe('Bearer T2');
  });

  test('a flow that may reach other nets shares no token', async () => {
    await call(oauth2());
    await call(oauth2(), { flow: { namespace: 'granted', name: 'flow' } });
    expect(target.got.map((each) => each.authorization)).toEqual(['Bearer T1', 'Bearer T2']);
  });

  test('it is renewed before it expires, by a clock that does not jump', async () => {
    const gate = new EgressGate({ allowNets: '127.0.0.1', denyEndpoints: [], grants: [], userAgent: 'pawl-test/0' });
    const clock = { now: 0 };
    const tokens = new Tokens(gate.forFlow({ namespace: 'tests', name: 'flow' }), () => clock.now);
    const get = async (more: JsonObject) => {
      const policy = readOAuthPolicy('oauth2', oauth2(more)['oauth2'] as JsonObject);
      return (await tokens.get(policy, new TestCancellation())).value;
    };
    const renewed = async (expires: JsonObject, scopes: string) => {
      issuer.answer = givesTokens(expires);
      const start = clock.now;
      const first = await get({ scopes: [scopes] });
      for (let seconds = 0; seconds < 100_000; seconds += 1) {
        clock.now = start + seconds * 1000;
        if ((await get({ scopes: [scopes] })) !== first) return seconds;
      }
      return undefined;
    };
    expect(await renewed({ expires_in: 3600 }, 'a')).toBe(3570);
    expect(await renewed({ expires_in: '3600' }, 'b')).toBe(3570);
    expect(await renewed({ expires_in: 20 }, 'c')).toBe(10);
    expect(await renewed({}, 'd')).toBe(270);
    expect(await renewed({ expires_in: 1e300 }, 'e')).toBe(86_370);
    expect(await renewed({ expires_in: -5 }, 'f')).toBe(0);
    await gate.close();
  });

  test('it is renewed while Pawl runs', async () => {
    issuer.answer = givesTokens({ expires_in: 0.2 });
    await waitUntil('the third token', async () => {
      await call(oauth2());
      return issuer.got.length >= 3;
    });
    expect(target.got.length).toBeGreaterThanOrEqual(3);
  });

  test('a refresh token that the server exchanged is the next one; a refused one gives way to the policy’s own', async () => {
    const policy = oauth2({ grant: 'refresh_token', subject: { token: 'R0', type: 't' } });
    let asked = 0;
    issuer.answer = (got, response) => {
      const refused = form(got.body)['refresh_token'] === 'R2';
      answerJson(
        response,
        refused
          ? { error: 'invalid_grant', error_description: 'R2 is spent' }
          : { access_token: 'T', expires_in: 0, refresh_token: `R${++asked}` },
        refused ? 400 : 200,
      );
    };
    const outcomes = [];
    for (let calls = 0; calls < 4; calls++) outcomes.push((await call(policy)).outcome);
    expect(issuer.got.map((each) => form(each.body)['refresh_token'])).toEqual(['R0', 'R1', 'R2', 'R0']);
    expect(outcomes.map((each) => each.kind)).toEqual(['completed', 'completed', 'terminal', 'completed']);
    expect(JSON.stringify(outcomes)).not.toContain('R2');
  });
});

describe('a token that the endpoint refuses', () => {
  test('is dropped, and the call is sent once more with a new one, whatever its guarantee', async () => {
    for (const guarantee of ['pure', 'idempotent', 'keyed', 'once'] as const) {
      issuer.answer = givesTokens();
      target.answer = takesTokens(new Set(['T2']));
      const policy = oauth2({ scopes: [guarantee] });
      expect(await call(policy, { guarantee }, { body: { n: 1 } })).toMatchObject({
        left: 1,
        outcome: { kind: 'completed', output: { ok: true } },
      });
      expect(target.got.splice(0)).toMatchObject([
        { authorization: 'Bearer T1', body: '{"n":1}' },
        { authorization: 'Bearer T2', body: '{"n":1}' },
      ]);
      expect(await call(policy)).toMatchObject({ outcome: { kind: 'completed' } });
      expect(target.got.splice(0).length).toBe(1);
    }
  });

  test('many calls that meet it at once ask for one new token', async () => {
    const accepted = new Set(['T1']);
    target.answer = takesTokens(accepted);
    await call(oauth2());
    accepted.clear();
    accepted.add('T2');
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => call(oauth2(), { guarantee: 'once' })));
    expect(outcomes.every(({ outcome }) => outcome.kind === 'completed')).toBe(true);
    expect(issuer.got.length).toBe(2);
  });

  test('twice, is the answer: 401, and the call is not sent a third time', async () => {
    target.answer = takesTokens(new Set());
    const { outcome, left } = await call(oauth2(), { guarantee: 'once' });
    expect(outcome).toMatchObject({ kind: 'terminal', error: { status: 401 } });
    expect([left, issuer.got.length, target.got.length]).toEqual([1, 2, 2]);
    // The endpoint tells in its answer what it was sent.
    expect(JSON.stringify(outcome)).toContain('[secret]');
    expect(JSON.stringify(outcome)).not.toMatch(/T[12]/);
  });

  test('with no new one to be had, has still done nothing', async () => {
    target.answer = takesTokens(new Set());
    await call(oauth2({ scopes: ['warm'] }));
    const first = givesTokens();
    issuer.answer = (got, response) => {
      first(got, response);
      issuer.answer = (_, later) => later.writeHead(503, { 'retry-after': '7' }).end();
    };
    expect(await call(oauth2(), { guarantee: 'once' })).toMatchObject({
      left: 1,
      outcome: { kind: 'retryable', left: false, afterMs: 7000, error: { status: 503 } },
    });
  });

  test('when the second request does not leave, nothing has left: the first one was refused', async () => {
    target.answer = (_, response) => {
      response.writeHead(401, { connection: 'close' }).end();
      target.answer = (_again, later) => later.socket?.destroy();
    };
    const broken = await call(oauth2(), { guarantee: 'once' });
    expect(broken).toMatchObject({ left: 1, outcome: { kind: 'ambiguous' } });
    const short = await record((_, response) => {
      response.writeHead(401, { connection: 'close' }).end();
      void short.close();
    });
    const endpoint = { uri: short.url, authentication: oauth2() };
    expect(await call({}, { guarantee: 'once' }, { endpoint })).toMatchObject({
      left: 1,
      outcome: { kind: 'retryable', left: false },
    });
  });

  test('after a redirect, is the answer: what redirected may have acted', async () => {
    target.answer = ({ url }, response) =>
      url === '/a' ? response.writeHead(303, { location: '/a?2' }).end() : answerJson(response, {}, 401);
    expect((await call(oauth2(), { guarantee: 'once' }, { redirect: true })).outcome).toMatchObject({
      kind: 'terminal',
      error: { status: 401 },
    });
    expect(target.got.map((each) => `${each.method} ${each.url}`)).toEqual(['POST /a', 'GET /a?2']);
  });
});
