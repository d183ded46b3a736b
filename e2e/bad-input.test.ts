import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, request as httpRequest, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Program, waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callApi } from './crash/api.ts';
import { freePort } from './support/database.ts';
import { startPawl } from './support/pawl.ts';

/*
 * Broken documents, inputs and targets, sent to a real `pawl start` and to the real commands. Each is answered with a
 * code, the place, and what to do; and the server is as healthy as before.
 */

const patienceMs = 60_000;
/** A healthy server answers within this time (ms), whatever it has just swallowed. */
const healthyMs = 1_000;
const hugeBytes = 100_000_000;
const deepLevels = 100_000;

let folder: string;
let url: string;
let pawl: Program;
const servers: Server[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pawl-bad-input-'));
  url = `http://127.0.0.1:${await freePort()}`;
  const deadPort = await freePort();
  const connections = join(folder, 'connections.json');
  const dead = { kind: 'postgres', url: `postgresql://user:s3cret@127.0.0.1:${deadPort}/none`, tls: 'off' };
  writeFileSync(connections, JSON.stringify({ dead }), { mode: 0o600 });
  writeFileSync(join(folder, 'cut.json'), '[{"a": 1}, {"a":');
  pawl = startPawl(['start', '--no-examples'], {
    env: { ...env(), PAWL_CONNECTIONS: connections, PAWL_ALLOW_NETS: '127.0.0.1' },
  });
  await waitUntil(
    'the API answers',
    async () => {
      if (!pawl.living) throw new Error(pawl.stderr);
      return (await callApi(url, '/readyz').catch(() => undefined))?.status === 200;
    },
    patienceMs,
  );
  await publish(document('fine', [{ say: { set: { fine: true } } }]));
  const strict = { schema: { format: 'json', document: { type: 'object', required: ['amount'] } } };
  await publish({ ...document('strict', [{ say: { set: { a: 1 } } }]), input: strict });
}, patienceMs * 2);

afterAll(async () => {
  expect(await pawl?.stop(), pawl?.stderr).toBe(0);
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
}, patienceMs);

function env(): Record<string, string> {
  return { PAWL_DATA: join(folder, 'data'), PAWL_PORT: new URL(url).port, PAWL_URL: url, PAWL_FILES: folder };
}

function document(name: string, tasks: readonly object[]): object {
  return { document: { dsl: '1.0.3', namespace: 'bad', name, version: '1.0.0' }, do: tasks };
}

const yaml = (task: string): string =>
  `document: { dsl: 1.0.3, namespace: bad, name: broken, version: 1.0.0 }\ndo:\n  - hello:\n${task}`;

async function publish(flow: object): Promise<void> {
  const answer = await callApi(url, '/api/v1/flows', { body: JSON.stringify(flow) });
  expect(answer.body['hash'], JSON.stringify(answer.body)).toBeDefined();
}

/** The server answers at once, and a run still completes. */
async function expectHealthy(): Promise<void> {
  const asked = performance.now();
  expect((await callApi(url, '/healthz')).status).toBe(200);
  expect(performance.now() - asked).toBeLessThan(healthyMs);
  expect(await outcomeOf('fine', null)).toMatchObject({ status: 'completed', output: { fine: true } });
}

/** Starts a run and waits until it has ended. */
async function outcomeOf(name: string, input: unknown): Promise<Record<string, unknown>> {
  const { body } = await callApi(url, `/api/v1/flows/bad/${name}/runs`, { body: JSON.stringify({ input }) });
  const path = `/api/v1/runs/${String(body['id'])}`;
  let run: Record<string, unknown> = {};
  await waitUntil(
    `run ${name} has ended`,
    async () => {
      run = (await callApi(url, path)).body;
      return run['endedAt'] !== null;
    },
    patienceMs,
  );
  return run;
}

interface BrokenDocument {
  readonly what: string;
  readonly text: string | Buffer;
  readonly format?: 'json';
  readonly code: string;
  /** JSON pointer of the place. */
  readonly path?: string;
  readonly line?: number;
  /** What the message or the hint says to do. */
  readonly says: RegExp;
}

function aliasBomb(): string {
  const nine = (name: string): string => `[${Array.from({ length: 9 }, () => name).join(',')}]`;
  const levels = Array.from({ length: 9 }, (_, n) => `x${n + 1}: &x${n + 1} ${nine(`*x${n}`)}`);
  return `x0: &x0 ${nine('x')}\n${levels.join('\n')}\ndo: *x9\n`;
}

const documents: readonly BrokenDocument[] = [
  {
    what: 'YAML that is none',
    text: 'document: { dsl: 1.0.3\n  namespace: bad\ndo: [',
    code: 'PAWL_FLOW_SYNTAX',
    line: 1,
    says: /key: value/,
  },
  { what: 'an empty document', text: '', code: 'PAWL_FLOW_EMPTY', line: 1, says: /document: and do:/ },
  {
    what: 'an unknown key',
    text: yaml('      set: { a: 1 }\n      thn: end\n'),
    code: 'PAWL_FLOW_SCHEMA_UNKNOWN',
    path: '/do/0/hello/thn',
    line: 5,
    says: /did you mean "then"/,
  },
  {
    what: 'an unknown member of a contract',
    text: yaml('      metadata: { pawl: { guarante: once } }\n      set: { a: 1 }\n'),
    code: 'PAWL_FLOW_CONTRACT_KEY',
    path: '/do/0/hello/metadata/pawl/guarante',
    line: 4,
    says: /did you mean "guarantee"/,
  },
  {
    what: 'a `then` that leads nowhere',
    text: yaml('      set: { a: 1 }\n      then: nowhere\n'),
    code: 'PAWL_FLOW_THEN_UNKNOWN',
    path: '/do/0/hello/then',
    line: 5,
    says: /known here: .*"hello"/,
  },
  {
    what: 'a value of a wrong type',
    text: yaml('      wait: [5]\n'),
    code: 'PAWL_FLOW_SCHEMA_FORM',
    path: '/do/0/hello/wait',
    line: 4,
    says: /write PT30S/,
  },
  {
    what: 'a duration that is none',
    text: yaml('      wait: P1Q\n'),
    code: 'PAWL_FLOW_SCHEMA_FORM',
    path: '/do/0/hello/wait',
    line: 4,
    says: /write PT30S/,
  },
  {
    what: 'a key __proto__',
    text: yaml('      set: { __proto__: { admin: true } }\n'),
    code: 'PAWL_FLOW_KEY',
    path: '/do/0/hello/set',
    line: 4,
    says: /use another name/,
  },
  {
    what: 'a key that is there twice',
    text: yaml('      set: { a: 1, a: 2 }\n'),
    code: 'PAWL_FLOW_DUPLICATE_KEY',
    path: '/do/0/hello/set/a',
    line: 4,
    says: /keep one of them/,
  },
  { what: 'aliases that grow without end', text: aliasBomb(), code: 'PAWL_FLOW_TOO_LARGE', says: /aliases/ },
  {
    what: 'a number that JSON does not know',
    text: yaml('      set: { a: .inf }\n'),
    code: 'PAWL_FLOW_NOT_JSON',
    path: '/do/0/hello/set/a',
    line: 4,
    says: /put quotes around it/,
  },
  {
    what: 'an expression that does not compile',
    text: yaml('      set: { a: "${ .a | | }" }\n'),
    code: 'PAWL_FLOW_EXPRESSION',
    path: '/do/0/hello/set/a',
    line: 4,
    says: /expected a value/,
  },
  {
    what: 'a function that jq does not have',
    text: yaml('      set: { a: "${ nosuch(1) }" }\n'),
    code: 'PAWL_FLOW_EXPRESSION',
    path: '/do/0/hello/set/a',
    line: 4,
    says: /nosuch\/1 is not defined/,
  },
  {
    what: 'an action that nobody has',
    text: yaml('      call: sql.qery\n      with: {}\n'),
    code: 'PAWL_FLOW_ACTION_UNKNOWN',
    path: '/do/0/hello/call',
    line: 4,
    says: /did you mean "sql.query"/,
  },
  {
    what: 'lists in lists without end',
    text: '['.repeat(deepLevels) + ']'.repeat(deepLevels),
    format: 'json',
    code: 'PAWL_FLOW_TOO_DEEP',
    line: 1,
    says: /levels deep/,
  },
  {
    what: 'JSON that breaks off',
    text: '{"document": {"dsl": "1.0.3", "names',
    format: 'json',
    code: 'PAWL_FLOW_SYNTAX',
    says: /position 36/,
  },
];

describe('a broken document', () => {
  it.each(documents)('with $what is refused with its place', async ({ text, format, ...want }) => {
    const type = format === 'json' ? 'application/json' : 'application/yaml';
    const { status, body } = await post('/api/v1/flows', type, Buffer.from(text));
    expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'PAWL_FLOW_INVALID' });
    expectProblem(body['problems'], want);
    await expectHealthy();
  });

  it('among many is found by the command, each with its place', async () => {
    const files = documents.map(({ text, format }, n) => {
      const file = join(folder, `broken-${n}.${format ?? 'yaml'}`);
      writeFileSync(file, text);
      return file;
    });
    const check = startPawl(['check', ...files, '--json'], { env: env() });
    expect(await check.ended, check.stderr).toBe(2);
    const found = (JSON.parse(check.stdout) as { files: { problems: unknown; valid: boolean }[] }).files;
    for (const [n, want] of documents.entries()) {
      expectProblem(found[n]?.problems, want);
      // The machine that runs the flow may know an action that the one that checks it does not.
      expect(found[n]?.valid, want.what).toBe(want.code === 'PAWL_FLOW_ACTION_UNKNOWN');
    }
  });

  it('of 100 MB is refused, and the command says how much it reads', async () => {
    const text = `${yaml('      set: { a: 1 }\n')}# ${'x'.repeat(hugeBytes)}`;
    expect(await postHuge('/api/v1/flows', 'application/yaml', text)).toMatchObject({
      status: 413,
      body: { code: 'PAWL_TOO_LARGE' },
    });
    const file = join(folder, 'huge.yaml');
    writeFileSync(file, text);
    const check = startPawl(['check', file, '--json'], { env: env() });
    expect(await check.ended).toBe(2);
    expect(check.stdout).toContain('PAWL_FLOW_TOO_LARGE');
    await expectHealthy();
  });

  it('that is not UTF-8 is refused, by HTTP and by the command', async () => {
    const text = Buffer.from(yaml('      set: { a: "?" }\n'));
    text[text.indexOf('?')] = 0xff;
    const { status, body } = await post('/api/v1/flows', 'application/yaml', text);
    expect({ status, code: body['code'], detail: body['detail'] }).toEqual({
      status: 400,
      code: 'PAWL_REQUEST_INVALID',
      detail: 'The body is not UTF-8 text.',
    });
    const file = join(folder, 'latin1.yaml');
    writeFileSync(file, text);
    const check = startPawl(['check', file], { env: env() });
    expect(await check.ended).toBe(2);
    expect(check.stdout + check.stderr).toMatch(/latin1\.yaml .*utf-8/i);
    await expectHealthy();
  });

  it('with a NUL character is refused', async () => {
    const { status, body } = await callApi(url, '/api/v1/flows', {
      body: yaml('      set: { a: "x" }\n').replace('"x"', '"\0"'),
      type: 'application/yaml',
    });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toMatch(/NUL|U\+0000|control/i);
    await expectHealthy();
  });
});

function expectProblem(problems: unknown, want: Pick<BrokenDocument, 'code' | 'path' | 'line' | 'says'>): void {
  const found = (problems as { code: string; path: string; line?: number; message: string; hint?: string }[]).find(
    ({ code }) => code === want.code,
  );
  expect(found, JSON.stringify(problems)).toBeDefined();
  if (want.path !== undefined) expect(found?.path).toBe(want.path);
  if (want.line !== undefined) expect(found?.line).toBe(want.line);
  expect(`${found?.message} ${found?.hint ?? ''}`).toMatch(want.says);
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** A request whose answer is read even if the server has stopped to read the body. */
function postHuge(path: string, type: string, body: string): Promise<Answer> {
  return post(path, type, Buffer.from(body));
}

function post(path: string, type: string, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${url}${path}`,
      { method: 'POST', headers: { 'content-type': type, 'content-length': body.length } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.once('end', () => {
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> });
          request.destroy();
        });
      },
    );
    request.once('error', reject);
    request.end(body);
  });
}

const inputs: readonly {
  readonly what: string;
  readonly flow?: string;
  readonly type?: string;
  readonly body: string | Buffer;
  readonly status: number;
  readonly code: string;
  readonly says: RegExp;
}[] = [
  { what: 'that breaks off', body: '{"input": {"a":', status: 400, code: 'PAWL_REQUEST_INVALID', says: /not JSON/ },
  {
    what: 'with a member that nobody knows',
    body: '{"inptu": 1}',
    status: 400,
    code: 'PAWL_REQUEST_INVALID',
    says: /\/inptu .*not allowed/,
  },
  { what: 'that is no object', body: '[1]', status: 400, code: 'PAWL_REQUEST_INVALID', says: /must be an object/ },
  {
    what: 'with a member __proto__',
    body: '{"input": {"__proto__": {"admin": true}}}',
    status: 400,
    code: 'PAWL_REQUEST_INVALID',
    says: /__proto__/,
  },
  {
    what: 'nested without end',
    body: `{"input": ${'['.repeat(deepLevels)}${']'.repeat(deepLevels)}}`,
    status: 400,
    code: 'PAWL_REQUEST_INVALID',
    says: /levels deep/,
  },
  {
    what: 'of a content type that nobody reads',
    type: 'image/png',
    body: '{}',
    status: 415,
    code: 'PAWL_MEDIA_TYPE',
    says: /application\/json/,
  },
  {
    what: 'that the schema of the flow refuses',
    flow: 'strict',
    body: '{"input": {"amuont": 1}}',
    status: 400,
    code: 'PAWL_INPUT_INVALID',
    says: /amount/,
  },
  {
    what: 'of a flow that does not exist',
    flow: 'nosuch',
    body: '{}',
    status: 404,
    code: 'PAWL_FLOW_UNKNOWN',
    says: /bad\/nosuch/,
  },
  {
    what: 'that is not UTF-8',
    body: Buffer.from([0x7b, 0x22, 0x69, 0xff, 0x22, 0x7d]),
    status: 400,
    code: 'PAWL_REQUEST_INVALID',
    says: /UTF-8/,
  },
  {
    what: 'with a NUL in a text',
    body: '{"input": "a\0b"}',
    status: 400,
    code: 'PAWL_REQUEST_INVALID',
    says: /control character/i,
  },
  {
    what: 'of 100 MB',
    body: `{"input": "${'x'.repeat(hugeBytes)}"}`,
    status: 413,
    code: 'PAWL_TOO_LARGE',
    says: /larger/,
  },
];

describe('a start', () => {
  it.each(inputs)(
    '$what is refused, and nothing is started',
    async ({ flow = 'fine', type = 'application/json', body, status, code, says }) => {
      const answer = await post(`/api/v1/flows/bad/${flow}/runs`, type, Buffer.from(body));
      expect({ status: answer.status, code: answer.body['code'] }).toEqual({ status, code });
      expect(JSON.stringify(answer.body)).toMatch(says);
      expect(String(answer.body['hint'])).not.toBe('');
      await expectHealthy();
    },
  );

  it('with a number beyond all numbers is decided as it is stored', async () => {
    await publish(
      document('huge-number', [
        { ask: { set: { isNull: '${ $workflow.input == null }', value: '${ $workflow.input }' } } },
      ]),
    );
    const { body } = await callApi(url, '/api/v1/flows/bad/huge-number/runs', { body: '{"input": 1e999}' });
    const path = `/api/v1/runs/${String(body['id'])}`;
    await waitUntil('the run has ended', async () => (await callApi(url, path)).body['endedAt'] !== null, patienceMs);
    expect((await callApi(url, path)).body).toMatchObject({
      input: Number.MAX_VALUE,
      output: { isNull: false, value: Number.MAX_VALUE },
    });
  });
});

type Misbehave = (response: ServerResponse) => void;

/** A target on a port of its own; answers its address. */
async function target(misbehave: Misbehave): Promise<string> {
  return listen(
    createHttpServer((_, response) => {
      response.on('error', () => undefined);
      misbehave(response);
    }),
  );
}

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const json = { 'content-type': 'application/json' };

/** Ten billion bytes, as long as somebody takes them. */
function pour(response: ServerResponse): void {
  const piece = Buffer.alloc(65_536, 'x');
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '10000000000' });
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', more);
  more();
}

const effect = { metadata: { pawl: { onAmbiguous: 'fail' } } };
const page = { metadata: { pawl: { batch: { size: 10, page: true } } } };

interface BadTarget {
  readonly what: string;
  /** The task `ask`; or more of them, of which `step` is the one that faults. */
  readonly tasks: () => Promise<object[]>;
  readonly step?: string;
  /** End of the type of the run's error. */
  readonly error: string;
  readonly says: RegExp;
}

const get = async (misbehave: Misbehave): Promise<object[]> => [
  { ask: { call: 'http', with: { method: 'get', endpoint: await target(misbehave) } } },
];
const send = (endpoint: string, more: object = {}): object[] => [
  { ask: { ...effect, ...more, call: 'http', with: { method: 'post', endpoint, body: { a: 1 } } } },
];

const targets: readonly BadTarget[] = [
  {
    what: 'a target that answers garbage',
    tasks: async () =>
      send(await listen(createServer((socket) => socket.on('error', () => undefined).end('\0\xff garbage\r\n\r\n')))),
    error: 'ambiguous',
    says: /POST http.* broke/,
  },
  {
    what: 'a target that answers ten billion bytes',
    tasks: () => get(pour),
    error: 'communication',
    says: /larger than 10485760 bytes/,
  },
  {
    what: 'a target that answers a byte a minute',
    tasks: async () =>
      send(await target((response) => response.writeHead(200, { ...json, 'content-length': '1000' }).write('{')), {
        timeout: { after: 'PT1S' },
      }),
    error: 'ambiguous',
    says: /POST http/,
  },
  {
    what: 'a target that breaks off in its answer',
    tasks: async () =>
      send(
        await target((response) => {
          response.writeHead(200, { ...json, 'content-length': '1000' }).write('{', () => response.destroy());
        }),
      ),
    error: 'ambiguous',
    says: /answered 200, but the answer could not be read/,
  },
  {
    what: 'a target whose JSON is none',
    tasks: () => get((response) => response.writeHead(200, json).end('{"a": nope')),
    error: 'communication',
    says: /says that it is JSON, but it is not/,
  },
  {
    what: 'a target whose answer nests without end',
    tasks: () => get((response) => response.writeHead(200, json).end('['.repeat(deepLevels) + ']'.repeat(deepLevels))),
    error: 'communication',
    says: /levels deep/,
  },
  {
    what: 'a target whose answer is not UTF-8',
    tasks: () => get((response) => response.writeHead(200, json).end(Buffer.from([0x22, 0xff, 0x22]))),
    error: 'communication',
    says: /not UTF-8/,
  },
  {
    what: 'an address that must not be reached',
    tasks: async () => send('http://169.254.169.254/'),
    error: 'authorization',
    says: /PAWL_ALLOW_NETS/,
  },
  {
    what: 'a connection that nobody made',
    tasks: async () => [{ ask: { call: 'sql.query', with: { connection: 'nosuch', sql: 'select 1' } } }],
    error: 'configuration',
    says: /no connection named "nosuch"/,
  },
  {
    what: 'a database that cannot be reached',
    step: '/do/0/quick/try/0/ask',
    tasks: async () => [
      {
        quick: {
          try: [{ ask: { call: 'sql.query', with: { connection: 'dead', sql: 'select 1' } } }],
          catch: { retry: { delay: { milliseconds: 10 }, limit: { attempt: { count: 1 } } } },
        },
      },
    ],
    error: 'communication',
    says: /connection dead: the database cannot be reached/,
  },
  {
    what: 'jq that never ends',
    tasks: async () => [{ ask: { set: { a: '${ [limit(1e12; repeat(1))] }' } } }],
    error: 'expression',
    says: /limit of .* steps/,
  },
  {
    what: 'jq that calls itself for ever',
    tasks: async () => [{ ask: { set: { a: '${ def f: 1 + f; f }' } } }],
    error: 'expression',
    says: /limit of .* nested/,
  },
  {
    what: 'a file outside of the folders',
    tasks: async () => [{ ask: { call: 'file.read', with: { path: '/etc/passwd', format: 'json' } } }],
    error: 'authorization',
    says: /PAWL_FILES/,
  },
  {
    what: 'a file that breaks off',
    step: '/do/1/rows',
    tasks: async () => [
      { ask: { call: 'file.read', with: { path: 'cut.json', format: 'json' } } },
      { rows: { ...page, for: { each: 'page', in: '${ . }' }, do: [{ note: { set: { n: 1 } } }] } },
    ],
    error: 'validation',
    says: /Row 2 of cut\.json/,
  },
  {
    what: 'arguments that an action cannot take',
    tasks: async () => [{ ask: { call: 'http', with: { method: 'get', endpoint: '${ .nothing }' } } }],
    error: 'validation',
    says: /endpoint must be/,
  },
];

describe('a run', () => {
  it.each(targets)(
    'that meets $what faults with the step and the reason',
    async ({ what, tasks, step = '/do/0/ask', error, says }) => {
      const name = what.replaceAll(/\W+/g, '-');
      await publish(document(name, await tasks()));
      const run = await outcomeOf(name, null);
      expect(run).toMatchObject({ status: 'faulted', error: { instance: step } });
      const raised = run['error'] as { type: string; detail: string };
      expect(raised.type).toMatch(new RegExp(`/${error}$`));
      expect(raised.detail).toMatch(says);
      expect(JSON.stringify(run)).not.toContain('s3cret');
      await expectHealthy();
    },
  );

  it('of the command line faults with problem JSON that names the step', async () => {
    const file = join(folder, 'endless.json');
    writeFileSync(file, JSON.stringify(document('endless', [{ ask: { set: { a: '${ [repeat(1)] }' } } }])));
    const run = startPawl(['run', file], { env: env() });
    expect(await run.ended, run.stderr).toBe(1);
    expect(run.stdout).toBe('');
    expect(JSON.parse(run.stderr)).toMatchObject({ instance: '/do/0/ask', status: 400 });
    await expectHealthy();
  });
});
