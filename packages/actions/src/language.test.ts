import type { JsonObject, Outcome } from '@pawl/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attempt, makeActions, requestFor, serve } from './actions.fixture.ts';

/*
 * What Pawl decides about calls and programs where the language's text is silent. Each test is named by the decision;
 * docs/reference/language.md tells them to authors.
 */

let server: Awaited<ReturnType<typeof serve>>;
let actions: ReturnType<typeof makeActions>;

beforeAll(async () => {
  server = await serve((request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/here' }).end();
    else if (request.url === '/same') response.writeHead(304).end();
    else if (request.url === '/bytes') response.writeHead(200, { 'content-type': 'image/x' }).end('abc');
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{"here":true}');
  });
  actions = makeActions({ allowNets: '127.0.0.1' });
});

afterAll(async () => {
  await actions.close();
  await server.close();
});

async function outcomeOf(action: string, args: JsonObject): Promise<Outcome> {
  return (await attempt(actions, requestFor(action, args))).outcome;
}

const get = (path: string, more: JsonObject = {}): Promise<Outcome> =>
  outcomeOf('http', { method: 'get', endpoint: `${server.url}${path}`, ...more });

describe('redirect', () => {
  test('false (the default) follows nothing: a 3xx is an error with its status', async () => {
    const error = { type: expect.stringMatching(/\/communication$/), status: 302 };
    expect(await get('/moved')).toMatchObject({ kind: 'terminal', error });
    expect(await get('/moved', { redirect: false })).toMatchObject({ kind: 'terminal', error });
  });

  test('true follows, and a 3xx that leads nowhere is an output', async () => {
    expect(await get('/moved', { redirect: true })).toMatchObject({ kind: 'completed', output: { here: true } });
    expect(await get('/same', { redirect: true, output: 'response' })).toMatchObject({
      kind: 'completed',
      output: { statusCode: 304 },
    });
  });
});

describe('the content of an answer', () => {
  test('is Base64 where it is neither JSON nor text', async () => {
    expect(await get('/bytes')).toMatchObject({ kind: 'completed', output: 'YWJj' });
  });
});

describe('a program that ends with a code other than 0', () => {
  const exits = (more: JsonObject = {}): Promise<Outcome> =>
    outcomeOf('run.script', { language: 'js', code: 'console.log("half"); process.exit(3)', ...more });

  test('is a runtime error', async () => {
    for (const more of [{}, { return: 'stdout' }, { return: 'stderr' }, { return: 'none' }])
      expect(await exits(more), JSON.stringify(more)).toMatchObject({
        kind: 'terminal',
        error: { type: expect.stringMatching(/\/runtime$/), detail: expect.stringContaining('3') },
      });
  });

  test('has its code as output where the step returns code or all', async () => {
    expect(await exits({ return: 'code' })).toMatchObject({ kind: 'completed', output: 3 });
    expect(await exits({ return: 'all' })).toMatchObject({ kind: 'completed', output: { code: 3, stdout: 'half\n' } });
  });
});
