import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowText, missing } from '../engine.fixture.ts';
import type { Asked, HttpBed } from './http.fixture.ts';
import { askRaw, openHttpBed } from './http.fixture.ts';

const good = flowText('good', [{ a: { set: { ok: true } } }]);
const flows = '/api/v1/flows';
const runs = '/api/v1/flows/test/good/runs';
const yaml = { 'content-type': 'application/yaml' };
const depth = 100_000;
const bombNames = Array.from('abcdefghij');
const aliasBomb = bombNames
  .map(
    (name, i) =>
      `${name}: &${name} [${Array(9)
        .fill(i === 0 ? 'x' : `*${bombNames[i - 1]}`)
        .join(',')}]`,
  )
  .join('\n');

interface Case extends Asked {
  readonly what: string;
  readonly path: string;
  readonly status: number;
  readonly code: string;
  readonly method?: string;
}

const cases: readonly Case[] = [
  { what: 'a start that is no JSON', path: runs, body: '{"input":', status: 400, code: 'PAWL_REQUEST_INVALID' },
  { what: 'an empty body that should be JSON', path: runs, body: '', status: 400, code: 'PAWL_REQUEST_INVALID' },
  { what: 'a start that is a list', path: runs, body: '[]', status: 400, code: 'PAWL_REQUEST_INVALID' },
  {
    what: 'a start with unknown members',
    path: runs,
    body: { input: 1, workspace: 'other', epoch: 3 },
    status: 400,
    code: 'PAWL_REQUEST_INVALID',
  },
  {
    what: 'a version that is a number',
    path: runs,
    body: { input: 1, version: 2 },
    status: 400,
    code: 'PAWL_REQUEST_INVALID',
  },
  {
    what: 'an input 100,000 levels deep',
    path: runs,
    body: `{"input":${'['.repeat(depth)}${']'.repeat(depth)}}`,
    status: 400,
    code: 'PAWL_REQUEST_INVALID',
  },
  {
    what: '__proto__ in an input',
    path: runs,
    body: '{"input":{"a":{"__proto__":{"admin":true}}}}',
    status: 400,
    code: 'PAWL_REQUEST_INVALID',
  },
  {
    what: '__proto__ in the request',
    path: runs,
    body: '{"__proto__":{"input":1}}',
    status: 400,
    code: 'PAWL_REQUEST_INVALID',
  },
  {
    what: '__proto__ in other letters',
    path: runs,
    body: '{"input":{"\\u005f_proto__":{"admin":true}}}',
    status: 400,
    code: 'PAWL_REQUEST_INVALID',
  },
  {
    what: 'constructor.prototype',
    path: runs,
    body: '{"input":{"constructor":{"prototype":{"admin":true}}}}',
    status: 400,
    code: 'PAWL_REQUEST_INVALID',
  },
  { what: 'a raw NUL in a body', path: runs, body: '{"input":"\u0000"}', status: 400, code: 'PAWL_REQUEST_INVALID' },
  {
    what: 'a NUL in a name',
    path: '/api/v1/flows/test/a%00b/runs',
    body: { input: 1 },
    status: 400,
    code: 'PAWL_REQUEST_INVALID',
  },
  { what: 'a NUL in a run id', path: '/api/v1/runs/%00', method: 'GET', status: 404, code: 'PAWL_RUN_UNKNOWN' },
  {
    what: 'a NUL in a cursor',
    path: '/api/v1/flows?cursor=%00',
    method: 'GET',
    status: 400,
    code: 'PAWL_REQUEST_INVALID',
  },
  {
    what: 'a path that cannot be decoded',
    path: '/api/v1/runs/%E0%A4%A',
    method: 'GET',
    status: 400,
    code: 'PAWL_REQUEST_INVALID',
  },
  {
    what: 'a very long name',
    path: `/api/v1/flows/test/${'x'.repeat(4_000)}`,
    method: 'GET',
    status: 414,
    code: 'PAWL_REQUEST_INVALID',
  },
  {
    what: 'a body of plain text',
    path: runs,
    body: '{}',
    headers: { 'content-type': 'text/plain' },
    status: 415,
    code: 'PAWL_MEDIA_TYPE',
  },
  {
    what: 'a form',
    path: runs,
    body: 'input=1',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    status: 415,
    code: 'PAWL_MEDIA_TYPE',
  },
  {
    what: 'YAML where only JSON is read',
    path: runs,
    body: 'input: 1',
    headers: yaml,
    status: 415,
    code: 'PAWL_MEDIA_TYPE',
  },
  {
    what: 'a compressed body',
    path: runs,
    body: gzipSync('{}').toString('latin1'),
    headers: { 'content-encoding': 'gzip' },
    status: 415,
    code: 'PAWL_MEDIA_TYPE',
  },
  { what: 'a way that there is not', path: '/api/v1/flaws', body: '{}', status: 404, code: 'PAWL_NOT_FOUND' },
  {
    what: 'a method that there is not',
    path: runs,
    method: 'PUT',
    body: '{}',
    status: 405,
    code: 'PAWL_REQUEST_INVALID',
  },
  { what: 'a flow that is no JSON', path: flows, body: '{"document":', status: 400, code: 'PAWL_FLOW_INVALID' },
  {
    what: 'a flow that is no YAML',
    path: flows,
    body: 'do: [}',
    headers: yaml,
    status: 400,
    code: 'PAWL_FLOW_INVALID',
  },
  { what: 'an empty flow', path: flows, body: ' ', headers: yaml, status: 400, code: 'PAWL_FLOW_INVALID' },
  { what: 'no flow at all', path: flows, status: 400, code: 'PAWL_REQUEST_INVALID' },
  {
    what: 'a flow with an unknown key',
    path: flows,
    body: good.replace('"do"', '"doo"'),
    status: 400,
    code: 'PAWL_FLOW_INVALID',
  },
  {
    what: 'a flow with a dangling then',
    path: flows,
    body: flowText('bad', [{ a: { set: { n: 1 }, then: 'nowhere' } }]),
    status: 400,
    code: 'PAWL_FLOW_INVALID',
  },
  {
    what: 'a flow that calls an unknown action',
    path: flows,
    body: flowText('bad', [{ a: { call: 'sql.upsrt' } }]),
    status: 400,
    code: 'PAWL_FLOW_INVALID',
  },
  {
    what: 'a flow with duplicate keys',
    path: flows,
    body: 'do: []\ndo: []',
    headers: yaml,
    status: 400,
    code: 'PAWL_FLOW_INVALID',
  },
  {
    what: 'a flow with an alias bomb',
    path: flows,
    body: aliasBomb,
    headers: yaml,
    status: 400,
    code: 'PAWL_FLOW_INVALID',
  },
  {
    what: 'a flow 100,000 levels deep',
    path: flows,
    body: `do: ${'['.repeat(depth)}${']'.repeat(depth)}`,
    headers: yaml,
    status: 400,
    code: 'PAWL_FLOW_INVALID',
  },
  {
    what: 'a flow with __proto__',
    path: flows,
    body: good.replace('{"ok":true}', '{"ok":true},"__proto__":{"admin":true}'),
    status: 400,
    code: 'PAWL_FLOW_INVALID',
  },
  {
    what: 'a flow with a NUL',
    path: flows,
    body: `document: "\u0000"`,
    headers: yaml,
    status: 400,
    code: 'PAWL_FLOW_INVALID',
  },
  {
    what: 'a flow with a broken expression',
    path: flows,
    body: flowText('bad', [{ a: { set: { n: '${ .a | }' } } }]),
    status: 400,
    code: 'PAWL_FLOW_INVALID',
  },
];

describe.skipIf(missing !== undefined)(`bad input${missing === undefined ? '' : ` (not run: ${missing})`}`, () => {
  let bed: HttpBed;

  beforeAll(async () => {
    bed = await openHttpBed('bad');
    await bed.engine.deploy(good);
  });
  afterAll(() => bed?.close());

  const isHealthy = async () => {
    const { status, json } = await bed.ask('POST', runs, { body: { input: 1 } });
    expect(status).toBe(202);
    expect((await bed.engine.ended(String(json['id'])))?.status).toBe('completed');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  };

  it.each(cases)(
    '$what is refused with $status and a hint',
    async ({ path, method = 'POST', status, code, body, headers }) => {
      const answer = await bed.ask(method, path, {
        ...(body === undefined ? {} : { body }),
        ...(headers === undefined ? {} : { headers }),
      });
      expect(answer.json).toMatchObject({
        status,
        code,
        title: expect.any(String) as string,
        hint: expect.any(String) as string,
      });
      expect(answer.status).toBe(status);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(String(answer.json['detail']).length).toBeLessThan(2_000);
      await isHealthy();
    },
  );

  it('a body that is no UTF-8 is refused', async () => {
    const head = `POST ${runs} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 3\r\nconnection: close\r\n\r\n`;
    expect(await askRaw(bed.server.port, Buffer.concat([Buffer.from(head), Buffer.from([0x22, 0xff, 0x22])]))).toMatch(
      /^HTTP\/1.1 400[\s\S]*PAWL_REQUEST_INVALID/,
    );
    await isHealthy();
  });

  it('100 MB are refused before they are read, announced or not', async () => {
    const announced = `POST ${runs} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100000000\r\n\r\n{"input":"`;
    expect(await askRaw(bed.server.port, announced)).toMatch(/^HTTP\/1.1 413[\s\S]*PAWL_TOO_LARGE/);
    const before = process.memoryUsage().rss;
    const piece = `100000\r\n${'x'.repeat(1_048_576)}\r\n`;
    const chunked = `POST ${runs} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
    const answer = await askRaw(bed.server.port, chunked + piece.repeat(40)).catch((error: Error) => error.message);
    expect(answer).toMatch(/^HTTP\/1.1 413|ECONNRESET|EPIPE/);
    expect(process.memoryUsage().rss - before).toBeLessThan(400_000_000);
    await isHealthy();
  });

  it.each([
    ['nonsense', 'hello\r\n\r\n', 400],
    [
      'two lengths',
      `POST ${runs} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['a header without an end', `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(40_000)}`, 431],
    ['no host', 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
  ])('%s on the wire is answered in the same form', async (_what, bytes, status) => {
    const answer = await askRaw(bed.server.port, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    await isHealthy();
  });

  it('keeps strange but valid text exactly', async () => {
    const input = { text: 'a\u0000b\u2028\ud83d\ude00', half: '\ud800', constructor: 1, toString: 'x' };
    const { json } = await bed.ask('POST', runs, { body: JSON.stringify({ input }) });
    const run = await bed.engine.ended(String(json['id']));
    expect(run?.input).toEqual(input);
    expect(JSON.parse((await bed.ask('GET', `/api/v1/runs/${String(json['id'])}`)).text)).toMatchObject({ input });
  });
});
