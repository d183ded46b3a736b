import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createTestDatabase, whyNoServer } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flowText, makeBench, type Pawl } from '../pawl.fixture.ts';

const bench = makeBench();
let server: Pawl;
let url = '';
let target: Server;
let port = 0;

const token = 'sk_live_4eC39HqL/yjWD+arjtT1"zdp7dc';
const password = 'correct horse battery staple';
const clientSecret = 'a-client-secret-of-orders';

interface Got {
  readonly url: URL;
  readonly authorization: string;
  readonly key: string;
  readonly body: string;
}
const got: Got[] = [];

beforeAll(async () => {
  // It shows in its answers whatever it got, as services for trying things out do.
  target = createServer((request, response) => {
    void text(request).then((body) => {
      const { headers } = request;
      const url = new URL(request.url ?? '', 'http://target');
      got.push({ url, authorization: String(headers['authorization']), key: String(headers['x-key']), body });
      const answer =
        url.pathname === '/oauth2/token' ? { access_token: 'granted', token_type: 'Bearer' } : { headers, url, body };
      response.writeHead(url.pathname === '/refuse' ? 422 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  port = (target.address() as AddressInfo).port;
  server = bench.launch(['start', '--no-examples'], {
    ...{ PAWL_PORT: '0', PAWL_LOG_LEVEL: 'debug', PAWL_ALLOW_NETS: `127.0.0.1:${port}` },
  });
  await server.says('Pawl is at', 100_000);
  url = /Pawl is at (\S+)/.exec(server.stdout())?.[1] ?? '';
}, 120_000);

afterAll(async () => {
  target.closeAllConnections();
  target.close();
  await server.end();
  bench.clean();
});

const atServer = (args: string[]) => bench.pawl(args, { PAWL_URL: url });
const secret = (...args: string[]) => atServer(['secret', ...args]);
const set = (name: string, value: string, ...more: string[]) =>
  bench.pawl(['secret', 'set', name, '--stdin', ...more], { PAWL_URL: url }, value);

/** Every way in which a text may show one of the values. */
function leaks(where: string | Buffer): string[] {
  const bytes = Buffer.isBuffer(where) ? where : Buffer.from(where);
  return [token, password, clientSecret].filter((value) =>
    [
      value,
      JSON.stringify(value).slice(1, -1),
      encodeURIComponent(value),
      Buffer.from(value).toString('base64').slice(0, -4),
      Buffer.from(`ada:${value}`).toString('base64').slice(8, -4),
      Buffer.from(value).toString('hex'),
    ].some((form) => bytes.includes(form)),
  );
}

describe('pawl secret', () => {
  test('keeps what flows send, and the target alone gets it', async () => {
    expect((await set('token', `${token}\n`)).stdout).toContain('version 1');
    await set('login', JSON.stringify({ username: 'ada', password }), '--object');
    await set('client', clientSecret, '--host', `127.0.0.1:${port}`);
    const base = `http://127.0.0.1:${port}`;
    const calls = (path: string) => `  - send:
      call: http
      with:
        method: post
        endpoint: ${base}${path}
        headers: { x-key: "\${ $secrets.token }" }
        query: { key: "\${ $secrets.token }" }
        body: { token: "\${ $secrets.token }", user: "\${ $secrets.login.username }" }
        output: response
`;
    const authentications = `  - basic:
      call: http
      with: { method: get, endpoint: { uri: ${base}/basic, authentication: { basic: { use: login } } } }
  - oauth2:
      call: http
      with:
        method: get
        endpoint:
          uri: ${base}/oauth2
          authentication:
            oauth2: { authority: ${base}, grant: client_credentials, client: { id: orders, secret: "\${ $secrets.client }" } }
`;
    const use = 'use: { secrets: [token, login, client] }\n';
    const journals = ['good', 'bad'].map((name) => join(bench.folder, `${name}.jsonl`));
    const env = { PAWL_ALLOW_NETS: `127.0.0.1:${port}`, PAWL_LOG_LEVEL: 'debug' };
    const good = bench.file('good.yaml', flowText('good', calls('/in') + authentications, use));
    const bad = bench.file('bad.yaml', flowText('bad', calls('/refuse'), use));
    const ended = [
      await bench.pawl(['run', good, '--journal', journals[0] ?? ''], env),
      await bench.pawl(['run', bad, '--journal', journals[1] ?? ''], env),
    ];
    expect(ended.map(({ code }) => code)).toEqual([0, 1]);

    const [sent, basic, asked, oauth2] = got;
    expect(sent).toMatchObject({ key: token, body: JSON.stringify({ token, user: 'ada' }) });
    expect(sent?.url.searchParams.get('key')).toBe(token);
    expect(basic?.authorization).toBe(`Basic ${Buffer.from(`ada:${password}`).toString('base64')}`);
    expect(new URLSearchParams(asked?.body).get('client_secret')).toBe(clientSecret);
    expect(oauth2?.authorization).toBe('Bearer granted');

    for (const journal of journals) expect(readFileSync(journal, 'utf8')).toContain('«secret token»');
    const shown = [
      ...journals.map((journal) => readFileSync(journal, 'utf8')),
      ...ended.flatMap(({ stdout, stderr }) => [stdout, stderr]),
      server.stdout(),
      server.stderr(),
    ];
    expect(shown.flatMap(leaks)).toEqual([]);
    const files = filesBelow(bench.dataDir);
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap((file) => leaks(readFileSync(file)).map((value) => `${value} in ${file}`))).toEqual([]);
  }, 120_000);

  test('lists, tests, rotates and removes them without their values', async () => {
    const listed = await secret('list');
    expect(listed.stdout).toMatch(/token +1 /);
    const outputs = [
      listed,
      await secret('test', 'token'),
      await secret('rotate-key'),
      await secret('test', 'token'),
      await secret('changes'),
    ];
    expect(outputs.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    expect(outputs.flatMap(({ stdout, stderr }) => leaks(stdout + stderr))).toEqual([]);
    expect((await secret('remove', 'token')).stdout).toContain('removed');
    expect(await secret('test', 'token')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('pawl secret list'),
    });
  }, 120_000);

  test('takes no value from the command line', async () => {
    const refused = await secret('set', 'x', '--value', password);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('other users') });
    expect(refused.stderr).not.toContain(password);
    const inline = await atServer(['connection', 'set', 'x', '--kind', 'postgres', '--secret', `password=${password}`]);
    expect(inline.code).toBe(2);
    expect(inline.stderr).not.toContain(password);
    expect((await secret('set', 'x')).stderr).toContain('--stdin');
  });
});

const missing = await whyNoServer();

describe.skipIf(missing !== undefined)(
  `pawl connection${missing === undefined ? '' : ` (not run: ${missing})`}`,
  () => {
    test('keeps an account at a database that flows use', async () => {
      const database = await createTestDatabase('pawl_cli_connection');
      try {
        const url = new URL(database.url);
        const { hostname, port: given, username, pathname } = url;
        const at = `${hostname}:${given || '5432'}`;
        const fields = [
          `host=${hostname}`,
          `port=${given || '5432'}`,
          `user=${username}`,
          `database=${pathname.slice(1)}`,
          'tls=off',
          `allow=${at}`,
        ];
        const file = bench.file('password', decodeURIComponent(url.password) || 'none-is-needed');
        const made = await atServer([
          'connection',
          'set',
          'crm',
          '--kind',
          'postgres',
          '--field',
          ...fields,
          '--secret',
          `password@${file}`,
        ]);
        expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('version 1') });
        expect(await atServer(['connection', 'test', 'crm'])).toMatchObject({
          code: 0,
          stdout: 'The connection crm works.\n',
        });
        const flow = bench.file(
          'sql.yaml',
          flowText('sql', '  - ask: { call: sql.query, with: { connection: crm, sql: "select 42 as answer" } }\n'),
        );
        expect(await bench.pawl(['run', flow])).toMatchObject({ code: 0, stdout: '[{"answer":42}]\n' });
        expect((await atServer(['connection', 'remove', 'crm'])).code).toBe(0);
        expect((await atServer(['connection', 'test', 'crm'])).code).toBe(2);
      } finally {
        await database.drop();
      }
    }, 120_000);
  },
);

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}
