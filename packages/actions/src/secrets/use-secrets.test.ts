import type { ActionRequest, Actions, Json, JsonObject } from '@pawl/core';
import { PawlError } from '@pawl/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerJson, attempt, bodyText, makeActions, requestFor, serve, TestLog } from '../actions.fixture.ts';
import type { TestServer } from '../actions.fixture.ts';
import { parseHostRule } from './hosts.ts';
import type { OpenedSecret, Secrets } from './secrets.ts';

const mark = (...path: string[]) => `\ufdd0&"'<${path.join('\ufdd2')}\ufdd1`;
const token = 'sk_live_4eC39HqL/yjWD+arjtT1"zdp7dc';
const password = 'correct horse battery';

interface Seen {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

describe('an attempt that names secrets', () => {
  let target: TestServer;
  let other: TestServer;
  let actions: Actions & { close(): Promise<void> };
  const seen: Seen[] = [];
  const values = new Map<string, OpenedSecret>();
  const log = new TestLog();
  const keep = (name: string, value: Json, hosts?: readonly string[]) =>
    values.set(name, { workspace: 'default', name, version: 1, value, hosts: hosts?.map(parseHostRule) });
  const secrets: Secrets = {
    open: async (names) =>
      names.map((name) => {
        const found = values.get(name);
        if (found === undefined) throw new PawlError('PAWL_SECRET_UNKNOWN', `There is no secret ${name}.`);
        return found;
      }),
  };

  beforeAll(async () => {
    const echo = (
      request: Parameters<Parameters<typeof serve>[0]>[0],
      response: Parameters<Parameters<typeof serve>[0]>[1],
    ) => {
      void bodyText(request).then((body) => {
        const { url = '', headers } = request;
        seen.push({ url, headers: headers as Record<string, string>, body });
        if (url.startsWith('/away')) {
          response.writeHead(302, { location: `${other.url}/landed?${url.split('?')[1] ?? ''}` }).end();
        } else if (url.startsWith('/token'))
          answerJson(response, { access_token: 'granted-access', token_type: 'Bearer' });
        else
          answerJson(
            response,
            { url, body, headers, base64: Buffer.from(`x:${token}`).toString('base64') },
            url.startsWith('/bad') ? 400 : 200,
          );
      });
    };
    target = await serve(echo);
    other = await serve(echo);
    actions = makeActions({ allowNets: '127.0.0.1', secrets, log });
  });
  beforeEach(() => {
    seen.length = 0;
    keep('token', token);
    keep('login', { username: 'ada', password });
  });
  afterAll(async () => {
    await actions.close();
    await target.close();
    await other.close();
  });

  const call = (args: JsonObject, names: readonly string[], more: Partial<ActionRequest> = {}) =>
    attempt(actions, requestFor('http', args, { secrets: names, ...more }));

  it('sends their values, and shows none in what came back', async () => {
    const { outcome } = await call(
      {
        method: 'POST',
        endpoint: `${target.url}/in`,
        headers: { authorization: `Bearer ${mark('token')}` },
        query: { key: mark('token') },
        body: { token: mark('token'), user: mark('login', 'username'), whole: mark('login') },
        output: 'response',
      },
      ['token', 'login'],
    );
    expect(seen[0]?.headers['authorization']).toBe(`Bearer ${token}`);
    expect(new URL(seen[0]?.url ?? '', target.url).searchParams.get('key')).toBe(token);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ token, user: 'ada', whole: { username: 'ada', password } });
    expect(outcome).toMatchObject({
      kind: 'completed',
      output: { content: { headers: { authorization: 'Bearer «secret token»' } } },
    });
    const text = JSON.stringify(outcome);
    for (const form of [
      token,
      JSON.stringify(token).slice(1, -1),
      encodeURIComponent(token),
      password,
      Buffer.from(token).toString('base64').slice(0, -3),
    ])
      expect(text).not.toContain(form);
  });

  it.each(['basic', 'bearer', 'oauth2'] as const)('takes one as the whole policy of %s', async (kind) => {
    keep(
      'policy',
      {
        basic: { username: 'ada', password },
        bearer: { token },
        oauth2: {
          authority: target.url,
          endpoints: { token: '/token' },
          grant: 'client_credentials',
          client: { id: 'orders', secret: token },
        },
      }[kind],
    );
    const { outcome } = await call(
      { method: 'GET', endpoint: { uri: `${target.url}/in`, authentication: { [kind]: mark('policy') } } },
      ['policy'],
    );
    const expected = {
      basic: `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`,
      bearer: `Bearer ${token}`,
      oauth2: 'Bearer granted-access',
    }[kind];
    expect(seen.at(-1)?.headers['authorization']).toBe(expected);
    if (kind === 'oauth2') expect(new URLSearchParams(seen[0]?.body).get('client_secret')).toBe(token);
    expect(outcome.kind).toBe('completed');
    expect(JSON.stringify(outcome)).not.toContain(kind === 'basic' ? password : JSON.stringify(token).slice(1, -1));
  });

  it('shows none in an error that quotes the answer', async () => {
    const { outcome } = await call({ method: 'POST', endpoint: `${target.url}/bad`, body: mark('token') }, ['token']);
    expect(outcome).toMatchObject({ kind: 'terminal', error: { status: 400 } });
    expect(JSON.stringify(outcome)).toContain('«secret token»');
    expect(JSON.stringify(outcome)).not.toContain('sk_live');
    // The answer is quoted in part: the cut goes through the secret.
    expect(JSON.stringify(outcome)).not.toMatch(/eDpza19saXZl|c2tfbGl2Z|za19saXZl/);
  });

  it('leaves marks alone that the request does not name', async () => {
    await attempt(actions, requestFor('http', { method: 'POST', endpoint: `${target.url}/in`, body: mark('token') }));
    expect(seen[0]?.body).not.toContain('sk_live');
    const none = await call({ method: 'POST', endpoint: `${target.url}/in`, body: mark('token') }, []);
    expect(none.outcome).toMatchObject({ kind: 'terminal', error: { status: 403 } });
  });

  it.each([
    ['unknown', { x: mark('nothing') }, ['nothing'], /no secret nothing/],
    ['without such a member', { x: mark('login', 'pin') }, ['login'], /no member pin/],
  ])('is refused for a secret that is %s', async (_, body, names, detail) => {
    const { outcome, left } = await call({ method: 'POST', endpoint: target.url, body }, names);
    expect(outcome).toMatchObject({ kind: 'terminal', error: { status: 403, detail: expect.stringMatching(detail) } });
    expect([left, seen]).toEqual([0, []]);
  });

  it('is made again when the secrets cannot be opened now', async () => {
    const later = makeActions({
      secrets: { open: () => Promise.reject(new PawlError('PAWL_STORE_UNREACHABLE', 'The database is gone.')) },
    });
    const { outcome } = await attempt(
      later,
      requestFor('http', { method: 'GET', endpoint: target.url }, { secrets: ['token'] }),
    );
    expect(outcome).toMatchObject({ kind: 'retryable', left: false });
    await later.close();
  });

  it('is refused by actions that would keep or spread them', async () => {
    const { outcome } = await attempt(actions, requestFor('log', { message: mark('token') }, { secrets: ['token'] }));
    expect(outcome).toMatchObject({ kind: 'terminal', error: { status: 403 } });
    expect(JSON.stringify(log.lines)).not.toContain('sk_live');
  });

  describe('that is bound to hosts', () => {
    const host = () => new URL(target.url).host;

    it('goes there, and nowhere else', async () => {
      keep('token', token, [host()]);
      const there = { method: 'POST', endpoint: `${target.url}/in`, body: mark('token') };
      expect((await call(there, ['token'])).outcome.kind).toBe('completed');
      for (const args of [
        { body: { deep: [mark('token')] } },
        { headers: { 'x-key': mark('token') } },
        { query: { key: mark('token') } },
        { endpoint: { uri: `${other.url}/in`, authentication: { basic: { username: 'u', password: mark('token') } } } },
      ]) {
        seen.length = 0;
        const { outcome, left } = await call({ method: 'POST', endpoint: `${other.url}/in`, ...args }, ['token']);
        expect(outcome).toMatchObject({
          kind: 'terminal',
          error: { status: 403, detail: expect.stringContaining(new URL(other.url).host) },
        });
        expect([left, seen]).toEqual([0, []]);
      }
    });

    it('does not go where it is redirected', async () => {
      keep('token', token, [host()]);
      const { outcome } = await call(
        { method: 'GET', endpoint: `${target.url}/away`, query: { key: mark('token') }, redirect: true },
        ['token'],
      );
      expect(seen.map(({ url }) => url.split('?')[0])).toEqual(['/away']);
      expect(JSON.stringify(outcome)).toContain('may be sent to');
      expect(JSON.stringify(outcome)).not.toContain('sk_live');
    });

    it('goes to its token server while the call goes elsewhere', async () => {
      keep('client', token, [host()]);
      const policy = {
        authority: target.url,
        endpoints: { token: '/token' },
        grant: 'client_credentials',
        client: { id: 'o', secret: mark('client') },
      };
      const args = (kind: string) => ({
        method: 'GET',
        endpoint: { uri: `${other.url}/${kind}`, authentication: { oauth2: policy } },
      });
      expect((await call(args('first'), ['client'])).outcome.kind).toBe('completed');
      expect((await call(args('second'), ['client'])).outcome.kind).toBe('completed');
      expect(seen.map(({ url }) => url)).toEqual(['/token', '/first', '/second']);
    });

    it('is not given to a program, which could send it anywhere', async () => {
      keep('token', token, [host()]);
      const args = { language: 'js', code: 'return 1', stdin: mark('token') };
      const { outcome } = await attempt(actions, requestFor('run.script', args, { secrets: ['token'] }));
      expect(outcome).toMatchObject({ kind: 'terminal', error: { status: 403 } });
    });
  });
});
