import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Actions, JsonObject } from '@pawl/core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerJson, attempt, httpGuarantees, makeActions, requestFor } from '../../actions.fixture.ts';
import { parseChallenges } from './challenge.ts';
import { givesTokens, record } from './token-server.fixture.ts';
import type { Got, RecordingServer } from './token-server.fixture.ts';

let target: RecordingServer;
let other: RecordingServer;
let actions: Actions & { close(): Promise<void> };
const password = 'open sesame';

beforeAll(async () => {
  target = await record((_, response) => answerJson(response, { ok: true }));
  other = await record((_, response) => answerJson(response, { ok: true }));
});
beforeEach(() => {
  actions = makeActions({ allowNets: '127.0.0.1' });
  target.got.length = other.got.length = 0;
  return () => actions.close();
});
afterAll(async () => {
  await Promise.all([target.close(), other.close()]);
});

const challenge = (response: ServerResponse, more: string, nonce = 'n1') =>
  response
    .writeHead(401, { 'www-authenticate': ['Basic realm="b"', `Digest realm="r", nonce="${nonce}", ${more}`] })
    .end();

/** Whether a request proves that it knows the password, by the text of RFC 7616 §3.4.1. */
function proves(got: Got, algorithm: string, nonce = 'n1'): boolean {
  const [given] = parseChallenges(got.authorization ?? '');
  if (given?.scheme !== 'digest' || given.parameters.get('nonce') !== nonce) return false;
  const hash = (text: string) =>
    createHash(algorithm.startsWith('SHA') ? 'sha256' : 'md5')
      .update(text)
      .digest('hex');
  const cnonce = given.parameters.get('cnonce') ?? '';
  const secret = hash(`user:r:${password}`);
  const key = algorithm.endsWith('-sess') ? hash(`${secret}:${nonce}:${cnonce}`) : secret;
  const expected = hash(`${key}:${nonce}:00000001:${cnonce}:auth:${hash(`${got.method}:${got.url}`)}`);
  return given.parameters.get('response') === expected && given.parameters.get('uri') === got.url;
}

const call = (
  args: JsonObject = {},
  guarantee: (typeof httpGuarantees)[number] = 'once',
  uri = `${target.url}/a?b=%20c`,
) =>
  attempt(
    actions,
    requestFor(
      'http',
      { method: 'post', endpoint: { uri, authentication: { digest: { username: 'user', password } } }, ...args },
      { guarantee },
    ),
  );

describe('digest', () => {
  test.each(['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'])(
    '%s: the challenge is answered, for every guarantee',
    async (algorithm) => {
      target.answer = (got, response) =>
        proves(got, algorithm)
          ? answerJson(response, { ok: true })
          : challenge(response, `algorithm=${algorithm}, qop="auth-int,auth", opaque="o"`);
      for (const guarantee of httpGuarantees) {
        target.got.length = 0;
        expect(await call({ body: { n: 1 } }, guarantee)).toMatchObject({
          left: 1,
          outcome: { kind: 'completed', output: { ok: true } },
        });
        expect(target.got.map((each) => [each.authorization === undefined, each.body])).toEqual([
          [true, '{"n":1}'],
          [false, '{"n":1}'],
        ]);
      }
    },
  );

  test('an endpoint that asks for nothing gets nothing', async () => {
    target.answer = (_, response) => answerJson(response, { ok: true });
    expect((await call()).outcome).toMatchObject({ kind: 'completed' });
    expect(target.got.map((each) => each.authorization)).toEqual([undefined]);
  });

  test('a nonce that became stale is answered once more, and no more', async () => {
    let nonces = 0;
    let valid = 'n2';
    target.answer = (got, response) =>
      proves(got, 'MD5', valid)
        ? answerJson(response, { ok: true })
        : challenge(response, 'qop=auth, stale=true', `n${++nonces}`);
    expect((await call()).outcome).toMatchObject({ kind: 'completed' });
    expect(target.got.length).toBe(3);
    valid = 'none';
    expect((await call()).outcome).toMatchObject({ kind: 'terminal', error: { status: 401 } });
    expect(target.got.length).toBe(6);
  });

  test('a wrong password is refused after two requests, and shown in no form', async () => {
    target.answer = (got, response) =>
      got.authorization === undefined
        ? challenge(response, 'qop=auth')
        : answerJson(
            response,
            { told: [got.authorization, password, encodeURIComponent(password), btoa(password)] },
            401,
          );
    const { outcome } = await call();
    expect(outcome).toMatchObject({ kind: 'terminal', error: { status: 401 } });
    expect(target.got.length).toBe(2);
    const response = parseChallenges(target.got[1]?.authorization ?? '')[0]?.parameters.get('response') ?? 'none';
    for (const form of [password, encodeURIComponent(password), btoa(password), response])
      expect(JSON.stringify(outcome)).not.toContain(form);
  });

  test.each(['Basic realm="b"', 'Digest realm="r", nonce="n", algorithm=SHA-512-256', 'Digest', ''])(
    'a challenge that cannot be answered is a plain 401: %j',
    async (header) => {
      target.answer = (_, response) => response.writeHead(401, { 'www-authenticate': header }).end();
      expect((await call()).outcome).toMatchObject({ kind: 'terminal', error: { status: 401 } });
      expect(target.got.length).toBe(1);
    },
  );
});

describe('another origin', () => {
  test('whose challenge a redirect leads to gets no answer', async () => {
    target.answer = (_, response) => response.writeHead(307, { location: `${other.url}/steal` }).end();
    other.answer = (_, response) => challenge(response, 'qop=auth');
    expect((await call({ redirect: true }, 'pure')).outcome).toMatchObject({
      kind: 'terminal',
      error: { status: 401 },
    });
    expect(other.got.map((each) => each.authorization)).toEqual([undefined]);
    expect(target.got.length).toBe(1);
  });

  test('that a redirect leads to gets no credentials of any policy, nor does the endpoint with another port', async () => {
    const issuer = await record(givesTokens());
    const policies: JsonObject[] = [
      { basic: { username: 'user', password } },
      { bearer: { token: 'tok' } },
      { oauth2: { authority: issuer.url, grant: 'client_credentials' } },
    ];
    other.answer = (_, response) => answerJson(response, { ok: true });
    for (const status of [301, 302, 303, 307, 308]) {
      target.answer = (_, response) => response.writeHead(status, { location: `${other.url}/next` }).end();
      for (const authentication of policies) {
        const endpoint = { uri: target.url, authentication };
        const { outcome } = await attempt(actions, requestFor('http', { method: 'GET', endpoint, redirect: true }));
        expect(outcome).toMatchObject({ kind: 'completed' });
        expect(target.got.at(-1)?.authorization).toMatch(/^(Basic|Bearer) /);
        expect(other.got.at(-1)?.authorization).toBeUndefined();
      }
    }
    await issuer.close();
  });
});
