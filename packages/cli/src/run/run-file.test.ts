import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Embedded, startEmbedded } from '@pawl/store';
import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flowText, makeBench } from '../pawl.fixture.ts';

const bench = makeBench();
let embedded: Embedded;
let target: Server;
let requests: string[] = [];
/** What the target answers to a path; it says nothing to others. */
const answers: Record<string, number> = { '/ok': 200, '/refuse': 422, '/busy': 503 };

beforeAll(async () => {
  // Held by this file, so that the commands find PostgreSQL running.
  embedded = await startEmbedded({ dataDir: bench.dataDir, claim: 'join' });
  target = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const status = answers[request.url ?? ''];
    if (status !== undefined)
      response.writeHead(status, { 'content-type': 'application/json' }).end('{"said":"hello"}');
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  target.closeAllConnections();
  target.close();
  await embedded.stop();
  bench.clean();
});

function port(): number {
  return (target.address() as AddressInfo).port;
}

function allowed(): NodeJS.ProcessEnv {
  return { PAWL_ALLOW_NETS: `127.0.0.1:${port()}` };
}

function problemIn(stderr: string): Record<string, unknown> {
  const line = stderr.split('\n').find((each) => each.startsWith('{'));
  return JSON.parse(line ?? '{}') as Record<string, unknown>;
}

describe('pawl run', () => {
  const greet = (): string =>
    bench.file('greet.yaml', flowText('greet', '  - greet: { set: { text: \'${ "Hello \\(.name)" }\' } }\n'));

  test('prints the output of a run as one JSON value and nothing else', async () => {
    const { code, stdout, stderr } = await bench.pawl(['run', greet(), '--input', '{"name":"Ada"}']);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '{"text":"Hello Ada"}\n', stderr: '' });
  });

  test('takes its input from a file and from stdin', async () => {
    const input = bench.file('ada.json', '{"name":"Ada"}');
    const fromFile = await bench.pawl(['run', greet(), '--input', `@${input}`]);
    const fromStdin = await bench.pawl(['run', greet(), '--input', '-'], {}, '{"name":"Grace"}');
    expect([fromFile.stdout, fromStdin.stdout]).toEqual(['{"text":"Hello Ada"}\n', '{"text":"Hello Grace"}\n']);
  });

  test('writes the journal, an event a line, from start to end', async () => {
    const journal = join(bench.folder, 'journal.jsonl');
    await bench.pawl(['run', greet(), '--input', '{"name":"Ada"}', '--journal', journal]);
    const events = readFileSync(journal, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ seq, type, name, step }) => [seq, type, name, step])).toEqual([
      [1, 'run.started', undefined, undefined],
      [2, 'task.started', 'greet', '/do/0/greet'],
      [3, 'task.completed', 'greet', '/do/0/greet'],
      [4, 'run.completed', undefined, undefined],
    ]);
  });

  test('ends with 1 and a problem document when the run faults', async () => {
    const file = bench.file(
      'fault.yaml',
      flowText(
        'fault',
        '  - stop: { raise: { error: { type: https://example.com/stop, status: 418, title: Stop, detail: enough } } }\n',
      ),
    );
    const { code, stdout, stderr } = await bench.pawl(['run', file]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(problemIn(stderr)).toMatchObject({
      type: 'https://example.com/stop',
      status: 418,
      title: 'Stop',
      detail: 'enough',
      instance: '/do/0/stop',
    });
  });

  test.each([
    ['a document that is no flow', 'x: 1\n', [], 'PAWL_FLOW_INVALID'],
    ['a text that is no YAML', 'a: [\n', [], 'PAWL_FLOW_INVALID'],
    ['an input that is no JSON', undefined, ['--input', '{'], 'PAWL_INPUT_INVALID'],
    ['a key that is no key', undefined, ['--key', 'é'], 'PAWL_KEY_INVALID'],
    ['a journal that cannot be written', undefined, ['--journal', '/nowhere/journal'], 'PAWL_USAGE'],
  ])('ends with 2 and starts nothing for %s', async (_, text, args, expected) => {
    const file = text === undefined ? greet() : bench.file('bad.yaml', text);
    const { code, stdout, stderr } = await bench.pawl(['run', file, ...args]);
    expect({ code, stdout, problem: problemIn(stderr)['code'] }).toEqual({ code: 2, stdout: '', problem: expected });
  });

  test('ends with 2 when the input does not match the schema of the flow', async () => {
    const schema = 'input: { schema: { format: json, document: { type: object, required: [name] } } }\n';
    const file = bench.file('schema.yaml', flowText('schema', '  - a: { set: { b: 1 } }\n', schema));
    const { code, stderr } = await bench.pawl(['run', file, '--input', '{}']);
    expect({ code, problem: problemIn(stderr)['code'] }).toEqual({ code: 2, problem: 'PAWL_INPUT_INVALID' });
  });

  test('ends with 4 at the timeout, says what the run waits for, and a later call with its key gets the result', async () => {
    const file = bench.file(
      'wait.yaml',
      flowText('wait', '  - pause: { wait: { seconds: 4 } }\n  - done: { set: { done: true } }\n'),
    );
    const begun = performance.now();
    const first = await bench.pawl(['run', file, '--key', 'k', '--timeout', '500ms']);
    expect(first.code).toBe(4);
    expect(problemIn(first.stderr)).toMatchObject({
      waitingFor: 'timer',
      instance: '/do/0/pause',
      detail: expect.stringContaining('the step pause waits until'),
    });
    expect(performance.now() - begun).toBeLessThan(4_000 + 3_000);
    const second = await bench.pawl(['run', file, '--key', 'k']);
    expect(second).toMatchObject({ code: 0, stdout: '{"done":true}\n' });
  });

  test('the error of the last attempt stands in the problem document of a timeout', async () => {
    const text = `  - call: { call: http, with: { method: get, endpoint: "http://127.0.0.1:1/" } }\n`;
    const { code, stderr } = await bench.pawl(
      ['run', bench.file('down.yaml', flowText('down', text)), '--timeout', '1500ms'],
      { PAWL_ALLOW_NETS: '127.0.0.1:1' },
    );
    expect(code).toBe(4);
    expect(problemIn(stderr)).toMatchObject({
      instance: '/do/0/call',
      lastError: { detail: expect.stringMatching(/cannot be reached/) },
    });
  });

  test('an effect is sent once though its process is killed before the run ends', async () => {
    requests = [];
    const tasks = `  - post: { call: http, metadata: { pawl: { keyIn: { header: Idempotency-Key } } }, with: { method: post, endpoint: "http://127.0.0.1:${port()}/ok", body: 1 } }\n  - pause: { wait: { seconds: 1 } }\n`;
    const file = bench.file('kill.yaml', flowText('kill', tasks));
    const first = bench.launch(['run', file, '--key', 'k'], allowed());
    await waitUntil('the request has come', () => requests.length > 0);
    const journal = join(bench.folder, 'kill.jsonl');
    await first.end('SIGKILL');
    const second = await bench.pawl(['run', file, '--key', 'k', '--journal', journal], allowed());
    expect(second).toMatchObject({ code: 0, stdout: '{"said":"hello"}\n' });
    // Killed between the answer and its commit, it is sent again with the same key: the target would tell.
    const resent = readFileSync(journal, 'utf8').includes('"attempt":2');
    expect(requests).toHaveLength(resent ? 2 : 1);
  });

  test('the same key with another input or another document is refused', async () => {
    await bench.pawl(['run', greet(), '--key', 'same', '--input', '{"name":"Ada"}']);
    const again = await bench.pawl(['run', greet(), '--key', 'same', '--input', '{"name":"Ada"}']);
    const otherInput = await bench.pawl(['run', greet(), '--key', 'same', '--input', '{"name":"Bob"}']);
    const changed = bench.file('changed.yaml', flowText('greet', '  - bye: { set: { text: bye } }\n'));
    const otherFile = await bench.pawl(['run', changed, '--key', 'same', '--input', '{"name":"Ada"}']);
    const fresh = await bench.pawl(['run', changed]);
    expect(again).toMatchObject({ code: 0, stdout: '{"text":"Hello Ada"}\n' });
    expect([otherInput, otherFile].map(({ code, stderr }) => [code, problemIn(stderr)['code']])).toEqual([
      [2, 'PAWL_START_MISMATCH'],
      [2, 'PAWL_START_MISMATCH'],
    ]);
    expect(fresh.stdout).toBe('{"text":"bye"}\n');
  });

  test('reaches a loopback address only when PAWL_ALLOW_NETS says so', async () => {
    const file = bench.file(
      'get.yaml',
      flowText('get', `  - get: { call: http, with: { method: get, endpoint: "http://127.0.0.1:${port()}/ok" } }\n`),
    );
    const refused = await bench.pawl(['run', file]);
    expect(refused.code).toBe(1);
    expect(problemIn(refused.stderr)).toMatchObject({ code: 'PAWL_EGRESS' });
    expect(await bench.pawl(['run', file], allowed())).toMatchObject({ code: 0, stdout: '{"said":"hello"}\n' });
  });

  test('Ctrl-C leaves the run for later and ends with 4', async () => {
    const file = bench.file('long.yaml', flowText('long', '  - pause: { wait: { hours: 1 } }\n'));
    const journal = join(bench.folder, 'long.jsonl');
    const run = bench.launch(['run', file, '--journal', journal]);
    await waitUntil('the run waits', () => existsSync(journal) && readFileSync(journal, 'utf8').includes('"pause"'));
    const { code, stderr } = await run.end('SIGINT');
    expect(code).toBe(4);
    expect(problemIn(stderr)['detail']).toContain('was left when the command was stopped');
  });
});

test('pawl run works with a data folder that does not exist yet, and stops the PostgreSQL that it started', async () => {
  const file = bench.file('new.yaml', flowText('new', '  - a: { set: { b: 1 } }\n'));
  const dataDir = join(bench.folder, 'new', 'data');
  expect(await bench.pawl(['run', file], { PAWL_DATA: dataDir })).toEqual({
    code: 0,
    stdout: '{"b":1}\n',
    stderr: expect.stringMatching(/^pawl: made the data folder /),
  });
  expect(existsSync(join(dataDir, 'pg18', 'PG_VERSION'))).toBe(true);
  expect(existsSync(join(dataDir, 'pg18', 'postmaster.pid'))).toBe(false);
});
