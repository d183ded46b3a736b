import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Actions, JsonObject, Outcome } from '@pawl/core';
import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  answerJson,
  attempt,
  httpGuarantees,
  makeActions,
  requestFor,
  TestCancellation,
  TestLog,
} from '../../actions.fixture.ts';
import type { Attempted } from '../../actions.fixture.ts';
import { givesTokens, record } from './token-server.fixture.ts';
import type { RecordingServer } from './token-server.fixture.ts';

let issuer: RecordingServer;
let target: RecordingServer;
let actions: Actions & { close(): Promise<void> };
const log = new TestLog();
const secret = 'pä s/s"+~word';
const password = 'c0rrect horse';

beforeAll(async () => {
  issuer = await record(givesTokens());
  target = await record((_, response) => answerJson(response, { ok: true }));
});
beforeEach(() => {
  actions = makeActions({ allowNets: '127.0.0.1', log });
  issuer.got.length = target.got.length = 0;
  return () => actions.close();
});
afterAll(async () => {
  await Promise.all([issuer.close(), target.close()]);
});

const policy = (more: JsonObject = {}): JsonObject => ({
  oauth2: {
    authority: issuer.url,
    grant: 'password',
    username: 'u',
    password,
    client: { id: 'me', secret, authentication: 'client_secret_basic' },
    ...more,
  },
});
const call = (
  authentication: JsonObject,
  guarantee: (typeof httpGuarantees)[number] = 'once',
  cancellation = new TestCancellation(),
): Promise<Attempted> =>
  attempt(
    actions,
    requestFor('http', { method: 'POST', endpoint: { uri: target.url, authentication } }, { guarantee }),
    cancellation,
  );

/** Every text that a person may see of it. */
const shown = (outcome: Outcome): string => JSON.stringify([outcome, log.lines]);
/** The secrets of the policy in every form that they have been seen in. */
const forms = [secret, password].flatMap((each) => [
  each,
  JSON.stringify(each).slice(1, -1),
  encodeURIComponent(each),
  encodeURIComponent(each).toLowerCase(),
  new URLSearchParams({ '': each }).toString().slice(1),
  ...(['base64', 'base64url', 'hex'] as const).map((encoding) => Buffer.from(each).toString(encoding)),
]);
const basic = Buffer.from(`me:${new URLSearchParams({ '': secret }).toString().slice(1)}`).toString('base64');

describe('a token server that cannot answer now', () => {
  test.each([408, 425, 429, 500, 502, 503, 504, 599])('%i: nothing left, for every guarantee', async (status) => {
    issuer.answer = (_, response) => response.writeHead(status, { 'retry-after': '3' }).end('later');
    for (const guarantee of httpGuarantees)
      expect(await call(policy(), guarantee)).toMatchObject({
        left: 0,
        outcome: { kind: 'retryable', left: false, afterMs: 3000, error: { status } },
      });
    expect(target.got).toEqual([]);
  });

  test('a broken connection, or none, is the same', async () => {
    issuer.answer = (_, response) => response.socket?.destroy();
    const broken = await call(policy());
    issuer.answer = (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      response.socket?.destroy();
    };
    const cut = await call(policy());
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const none = await call(policy({ authority: `http://127.0.0.1:${port}` }));
    for (const each of [broken, cut, none])
      expect(each).toMatchObject({
        left: 0,
        outcome: {
          kind: 'retryable',
          left: false,
          error: { detail: expect.stringContaining('for a token') as string },
        },
      });
  });

  test('one that is silent until the deadline has cost nothing, and serves whoever waits longer', async () => {
    let answer = (): void => undefined;
    issuer.answer = (got, response) => {
      answer = () => givesTokens()(got, response);
    };
    const cancellation = new TestCancellation();
    const given = call(policy(), 'once', cancellation);
    await waitUntil('the token is asked for', () => issuer.got.length === 1);
    const patient = call(policy());
    cancellation.cancel();
    expect(await given).toEqual({ left: 0, outcome: { kind: 'cancelled' } });
    answer();
    expect(await patient).toMatchObject({ outcome: { kind: 'completed' } });
    expect(issuer.got.length).toBe(1);
  });
});

describe('a token server that refuses', () => {
  test.each([400, 401, 403, 404])('%i is an error of authentication that says why, in plain words', async (status) => {
    issuer.answer = (_, response) =>
      answerJson(response, { error: 'invalid_client', error_description: 'Who is that?' }, status);
    expect(await call(policy())).toMatchObject({
      left: 0,
      outcome: {
        kind: 'terminal',
        error: {
          type: expect.stringMatching(/\/authentication$/) as string,
          status: 401,
          detail: `${issuer.url}/oauth2/token refused to give a token: ${status} (invalid_client: Who is that?). Nothing was done at the endpoint. Check the client, the grant and the scopes of the policy.`,
        },
      },
    });
    expect(target.got).toEqual([]);
  });

  test('is asked again by the next call: a refusal is not remembered', async () => {
    issuer.answer = (_, response) => answerJson(response, {}, 400);
    await call(policy());
    issuer.answer = givesTokens();
    expect((await call(policy())).outcome).toMatchObject({ kind: 'completed' });
  });

  test.each(['json', 'text', 'form'])('no secret that it echoes is shown, in no form: %s', async (kind) => {
    issuer.answer = ({ authorization, body }, response) => {
      const told = [...forms, authorization, body].join(' ; ');
      if (kind === 'json') answerJson(response, { error: told, error_description: told.repeat(3) }, 401);
      else response.writeHead(401, { 'content-type': 'text/plain' }).end(kind === 'form' ? `error=${told}` : told);
    };
    const { outcome } = await call(policy());
    expect(outcome).toMatchObject({ kind: 'terminal', error: { status: 401 } });
    for (const form of [...forms, basic]) expect(shown(outcome)).not.toContain(form);
  });
});

describe('hostile answers of a token server', () => {
  const header = { 'content-type': 'application/json' };
  const jwt = (claims: unknown) => `a.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c`;

  test.each<[string, unknown]>([
    ['a list', []],
    ['null', null],
    ['a text', 'T1'],
    ['no token', {}],
    ['an error with 200', { error: 'bad_verification_code' }],
    ['a token that is a number', { access_token: 1 }],
    ['a token that is an object', { access_token: { toString: 'x' } }],
    ['an empty token', { access_token: '' }],
    ['a token with a line break', { access_token: 'hush\r\nX-Evil: 1' }],
    ['a token beyond ASCII', { access_token: 'hushé' }],
    ['a huge token', { access_token: 'hush'.repeat(5000) }],
    ['another type', { access_token: 'hush', token_type: 'mac' }],
    ['a type that is a number', { access_token: 'hush', token_type: 1 }],
    ['a life that is no number', { access_token: 'hush', expires_in: 'soon' }],
    ['a life that is an object', { access_token: 'hush', expires_in: {} }],
    ['a refresh token that is none', { access_token: 'hush', refresh_token: 5 }],
    ['only what objects inherit', { __proto__: null, constructor: 'hush' }],
  ])('%s is a refusal that shows nothing of it', async (_name, value) => {
    issuer.answer = (_, response) => answerJson(response, value);
    const { outcome, left } = await call(policy());
    expect(left).toBe(0);
    expect(outcome).toMatchObject({
      kind: 'terminal',
      error: { status: 401, detail: expect.stringContaining('cannot be used') as string },
    });
    expect(shown(outcome)).not.toMatch(/hush|X-Evil/);
    expect(target.got).toEqual([]);
  });

  test.each<[string, string | Buffer]>([
    ['10 MB', `{"access_token":"${'x'.repeat(10_000_000)}"}`],
    ['no JSON', '<html>Maintenance</html>'],
    ['nothing', ''],
    ['no UTF-8', Buffer.from([0x7b, 0xff])],
    ['deep nesting', '['.repeat(60_000)],
  ])('%s is a refusal, and the worker stays well', async (_name, body) => {
    issuer.answer = (_, response) => response.writeHead(200, header).end(body);
    expect(await call(policy())).toMatchObject({ left: 0, outcome: { kind: 'terminal', error: { status: 401 } } });
    issuer.answer = givesTokens();
    expect(await call(policy())).toMatchObject({ outcome: { kind: 'completed' } });
  });

  test.each([301, 302, 303, 307, 308])(
    'a redirect (%i) is not followed: it would take the secrets along',
    async (status) => {
      const before = target.got.length;
      issuer.answer = (_, response) => response.writeHead(status, { location: `${target.url}/steal` }).end();
      expect(await call(policy())).toMatchObject({
        left: 0,
        outcome: { kind: 'terminal', error: { status: 401, detail: expect.stringContaining('redirect') as string } },
      });
      expect(target.got.length).toBe(before);
    },
  );

  test('a token is taken only from an issuer that the policy lists', async () => {
    const issuers = ['https://good.example'];
    const give = async (token: string) => {
      issuer.answer = (_, response) => answerJson(response, { access_token: token });
      return (await call(policy({ issuers, scopes: [token] }))).outcome.kind;
    };
    expect(await give(jwt({ iss: 'https://good.example' }))).toBe('completed');
    for (const claims of [{ iss: 'https://good.example.evil.example' }, { iss: ['https://good.example'] }, {}, null])
      expect(await give(jwt(claims))).toBe('terminal');
    expect(await give('opaque')).toBe('terminal');
    expect(await give('a.!.c')).toBe('terminal');
  });
});
