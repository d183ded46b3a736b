import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '@pawl/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import { flowText, makeBench } from './pawl.fixture.ts';

const bench = makeBench();
afterAll(() => bench.clean());

describe('a command line that is not understood', () => {
  test.each([
    [['rnu'], 'Did you mean run?'],
    [['run', 'flow.yaml', '--inptu', '1'], 'Did you mean --input?'],
    [['run'], "missing required argument 'file'"],
    [['run', 'flow.yaml', '--timeout', 'soon'], 'such as 500ms, 60s, 5m'],
    [['runs', '--limit', '0'], 'from 1 to 10000'],
    [['runs', '--status', 'open'], 'Allowed choices are pending'],
    [['decide', 'x', '--applied', '--fail'], 'exactly one of'],
    [['decide', '--applied'], 'Say which decision'],
    [['decide', 'x', '--approve', '--reject'], 'exactly one of'],
    [['decide', 'x', '--data', '1'], 'exactly one of'],
    [['decide', 'x', '--fail', '--data', '1'], '--data goes with --approve'],
  ])('pawl %j ends with 2 and says: %s', async (args, said) => {
    const { code, stdout, stderr } = await bench.pawl(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(said);
  });

  test('a variable that makes no sense is named', async () => {
    const { code, stderr } = await bench.pawl(['start'], { PAWL_PORT: 'http' });
    expect(code).toBe(2);
    expect(stderr).toBe(
      'PAWL_USAGE: PAWL_PORT must be a port number from 0 to 65535, not "http". Run the command with --help to see its options and examples.\n',
    );
  });
});

test('a command says where it looked for the server when none answers', async () => {
  const { code, stderr } = await bench.pawl(['runs'], { PAWL_URL: 'http://127.0.0.1:1' });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^PAWL_UNAVAILABLE: No Pawl answers at http:\/\/127\.0\.0\.1:1 .*npm start/);
});

test('help goes to stdout and ends with 0', async () => {
  const { code, stdout, stderr } = await bench.pawl(['run', '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('--journal <file>');
});

describe('pawl check', () => {
  const good = (): string =>
    bench.file(
      'good.yaml',
      flowText('good', '  - post: { call: http, with: { method: post, endpoint: "https://example.com/" } }\n'),
    );
  const bad = (): string => bench.file('bad.yaml', flowText('bad', '  - a: { set: { b: 1 }, then: nowhere }\n'));

  test('reads many files and answers for each in order', async () => {
    const many = Array.from({ length: 200 }, (_, index) => (index % 50 === 7 ? bad() : good()));
    const { code, stdout } = await bench.pawl(['check', '--json', ...many, 'missing.yaml']);
    const { files } = JSON.parse(stdout) as {
      files: {
        file: string;
        valid: boolean;
        problems: { code: string; severity: string; path: string; message: string }[];
      }[];
    };
    expect(code).toBe(2);
    expect(files.map(({ file }) => file)).toEqual([...many, 'missing.yaml']);
    expect(files.filter(({ valid }) => !valid)).toHaveLength(5);
    expect(files[7]?.problems[0]).toMatchObject({
      code: expect.stringMatching(/^PAWL_FLOW_(?!SCHEMA)/),
      severity: 'error',
      path: '/do/0/a/then',
    });
  });

  test('shows people the place of a problem, and the guarantee of each step', async () => {
    const wrong = await bench.pawl(['check', bad()]);
    expect(wrong).toMatchObject({ code: 2, stdout: expect.stringMatching(/bad\.yaml:3:\d+: error PAWL_FLOW_\w+: /) });
    const right = await bench.pawl(['check', good()]);
    expect(right).toMatchObject({ code: 0, stdout: expect.stringMatching(/post +http +once +the method is post/) });
  });

  test('JSON is read strictly in a file that ends in .json', async () => {
    const document = JSON.stringify({
      document: { dsl: '1.0.3', namespace: 't', name: 'a', version: '1.0.0' },
      do: [{ a: { set: { b: 1 } } }],
    });
    expect((await bench.pawl(['check', bench.file('a.json', document)])).code).toBe(0);
    expect((await bench.pawl(['check', bench.file('b.json', `${document} # no comment in JSON`)])).code).toBe(2);
  });
});

describe('pawl jq', () => {
  test.each([
    ['prints each output on a line', '.a[]', '{"a":[1,{"b":null}]}', { code: 0, stdout: '1\n{"b":null}\n' }],
    ['reads several values', '. + 1', '1 2\n3', { code: 0, stdout: '2\n3\n4\n' }],
    ['prints nothing without input', '.', '', { code: 0, stdout: '' }],
    ['keeps the outputs before an error', '.[] | 10 / .', '[5, 0, 1]', { code: 1, stdout: '2\n' }],
    ['refuses what does not compile', '.a |', '{}', { code: 2, stdout: '' }],
    ['refuses an input that is no JSON', '.', '{"a":', { code: 1, stdout: '' }],
    ['stops what does not end', 'last(range(infinite))', '1', { code: 1, stdout: '' }],
  ])('%s', async (_, program, input, expected) => {
    expect(await bench.pawl(['jq', program], {}, input)).toMatchObject(expected);
  });

  test('--batch answers every line, whatever it holds', async () => {
    const questions = [
      JSON.stringify({ id: 1, program: '.a', input: '{"a":"\u2028"}' }),
      JSON.stringify({ id: 'two', program: '1, error("x")', input: 'null' }),
      JSON.stringify({ id: 3, program: '(', input: '1' }),
      JSON.stringify({ id: 4, program: '.', input: '{' }),
      JSON.stringify({ id: 5, program: 'def f: f; f', input: '1' }),
      'no JSON',
      JSON.stringify({ id: 6, program: '.', input: '['.repeat(100_000) + ']'.repeat(100_000) }),
      JSON.stringify({ id: 7, program: '.__proto__.x = 1 | keys', input: '{}' }),
    ];
    const { code, stdout } = await bench.pawl(['jq', '--batch'], {}, questions.join('\n'));
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(code).toBe(0);
    expect(answers[0]).toEqual({ id: 1, outputs: ['"\u2028"'] });
    expect(answers[1]).toEqual({ id: 'two', outputs: ['1'], error: 'x' });
    expect(answers[2]).toEqual({ id: 3, compileError: expect.any(String) });
    expect(answers.slice(3, 7).map(({ id, error }) => [id, typeof error])).toEqual([
      [4, 'string'],
      [5, 'string'],
      [null, 'string'],
      [6, 'string'],
    ]);
    expect(answers[7]).toEqual({ id: 7, outputs: ['["__proto__"]'] });
  });

  test('--batch answers a line before the next one comes', async () => {
    const main = fileURLToPath(new URL('./main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, 'jq', '--batch'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let answered = '';
    child.stdout.on('data', (chunk: Buffer) => (answered += chunk.toString()));
    child.stdin.write('{"id":1,"program":".","input":"1"}\n');
    await waitUntil('the first line is answered', () => answered === '{"id":1,"outputs":["1"]}\n');
    child.stdin.end();
    expect((await once(child, 'exit'))[0]).toBe(0);
  });
});

test('pawl doctor finds nothing wrong with a new folder and says what is not there yet', async () => {
  const { code, stdout } = await bench.pawl(['doctor', '--json'], { PAWL_URL: 'http://127.0.0.1:1' });
  const { findings } = JSON.parse(stdout) as { findings: { check: string; status: string; hint: string }[] };
  expect(code).toBe(0);
  expect(findings.find(({ check }) => check === 'server')).toMatchObject({
    status: 'warn',
    hint: expect.stringContaining('npm start'),
  });
  expect(findings.filter(({ status }) => status === 'fail')).toEqual([]);
});
