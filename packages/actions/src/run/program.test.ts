import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { JsonObject, Outcome } from '@pawl/core';
import { afterAll, describe, expect, test } from 'vitest';
import { attempt, makeActions, requestFor, TestCancellation, TestLog } from '../actions.fixture.ts';
import { pathOf } from './jail.ts';
import { runLimits } from './limits.ts';

const log = new TestLog();
const actions = makeActions({ allowRun: 'python, shell', log });
afterAll(() => actions.close());

const linux = process.platform === 'linux';
const python = pathOf('python3') !== undefined;

async function shell(command: string, more: JsonObject = {}): Promise<Outcome> {
  const request = requestFor('run.shell', { command, ...more }, { guarantee: 'once' });
  return (await attempt(actions, request)).outcome;
}

/** Processes of this machine whose command line holds a text. */
async function processesWith(text: string): Promise<number> {
  let found = 0;
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const words = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (words.includes(text)) found += 1;
  }
  return found;
}

describe('what PAWL_ALLOW_RUN does not name', () => {
  const closed = makeActions();
  afterAll(() => closed.close());

  test.each([
    ['run.shell', { command: 'touch /tmp/pawl-was-here' }, 'shell'],
    ['run.script', { language: 'python', code: 'open("/tmp/pawl-was-here", "w")' }, 'python'],
    ['run.container', { image: 'hello-world' }, 'container'],
  ])('is not run: %s', async (action, args, permission) => {
    const { outcome, left } = await attempt(closed, requestFor(action, args, { guarantee: 'once' }));
    expect(outcome).toMatchObject({
      kind: 'terminal',
      error: {
        type: expect.stringMatching(/configuration$/) as string,
        code: 'PAWL_RUN_NOT_ALLOWED',
        detail: expect.stringContaining(`PAWL_ALLOW_RUN=${permission}.`) as string,
      },
    });
    expect(left).toBe(0);
    expect(existsSync('/tmp/pawl-was-here')).toBe(false);
  });

  test('scripts in the sandbox need no permission', async () => {
    const request = requestFor('run.script', { language: 'js', code: 'console.log(1)' });
    expect((await attempt(closed, request)).outcome).toEqual({ kind: 'completed', output: '1\n' });
  });

  test('a permission that there is not stops the start', () => {
    expect(() => makeActions({ allowRun: 'shell everything' })).toThrow(
      expect.objectContaining({
        code: 'PAWL_USAGE',
        message: expect.stringContaining('"everything"') as string,
      }) as Error,
    );
  });
});

describe.skipIf(!linux)('a shell command (on Linux)', () => {
  test.each([
    ['stdout', 'out\n'],
    ['stderr', 'err\n'],
    ['code', 0],
    ['all', { code: 0, stdout: 'out\n', stderr: 'err\n' }],
    ['none', null],
  ])('gives what return asks for: %s', async (wanted, output) => {
    expect(await shell('echo out; echo err >&2', { return: wanted })).toEqual({ kind: 'completed', output });
  });

  test('takes arguments as $1 and so on, which no shell reads as code', async () => {
    const hostile = '$(touch /tmp/pawl-injected); `id` "; echo no';
    const given = { arguments: [hostile, 'ünï 👋', 5], stdin: 'in\n', environment: { NAME: "it's $HOME `id`" } };
    expect(await shell('echo "$1|$2|$3|$NAME"; cat', given)).toEqual({
      kind: 'completed',
      output: `${hostile}|ünï 👋|5|it's $HOME \`id\`\nin\n`,
    });
    expect(existsSync('/tmp/pawl-injected')).toBe(false);
  });

  test('that fails is an error with what it said, unless the flow asks for the code', async () => {
    expect(await shell('echo "disk full" >&2; exit 7')).toMatchObject({
      kind: 'terminal',
      error: {
        type: expect.stringMatching(/runtime$/) as string,
        detail: 'The command ended with the code 7. It said: disk full',
      },
    });
    expect(await shell('exit 7', { return: 'code' })).toEqual({ kind: 'completed', output: 7 });
    expect(await shell("sh -c 'kill -KILL $$'", { return: 'code' })).toEqual({ kind: 'completed', output: 137 });
  });

  test('finds nothing of the environment of Pawl', async () => {
    process.env['PAWL_TOKEN'] = 'canary-value';
    process.env['DB_PASSWORD'] = 'canary-value';
    const outcome = await shell('env; cat /proc/self/environ /proc/1/environ 2>/dev/null', {
      environment: { MINE: '1' },
    });
    delete process.env['PAWL_TOKEN'];
    delete process.env['DB_PASSWORD'];
    const said = String((outcome as { output: string }).output);
    expect(said).toContain('MINE=1');
    expect(said).not.toContain('canary-value');
    expect(said).not.toContain('PAWL_');
  });

  test('does not get its variables into programs that run before the jail', async () => {
    const outcome = await shell('echo "$LD_PRELOAD"', { environment: { LD_PRELOAD: '/tmp/none.so' }, return: 'all' });
    expect(outcome).toMatchObject({ output: { code: 0, stdout: '/tmp/none.so\n' } });
    expect(JSON.stringify(outcome)).not.toMatch(/unshare|setpriv|prlimit/);
  });

  test('runs in an empty folder of its own, which is gone afterwards', async () => {
    const outcome = await shell('pwd; ls -A; echo x > file; cat file');
    const [folder = '', ...rest] = String((outcome as { output: string }).output).split('\n');
    expect(folder.startsWith(tmpdir())).toBe(true);
    expect(rest).toEqual(['x', '']);
    expect(existsSync(folder)).toBe(false);
  });

  test('that ignores the request to end is killed, with all that it started', async () => {
    const cancellation = new TestCancellation();
    const mark = `7${process.pid}.25`;
    const command = `trap '' TERM; sleep ${mark} & setsid sleep ${mark} & echo up; sleep ${mark}; sleep ${mark}`;
    const request = requestFor('run.shell', { command }, { guarantee: 'once' });
    const running = attempt(actions, request, cancellation);
    await expect.poll(() => processesWith(mark), { timeout: 10_000 }).toBeGreaterThan(2);
    const at = performance.now();
    cancellation.cancel();
    const { outcome, left } = await running;
    expect(performance.now() - at).toBeLessThan(1_000);
    expect(outcome).toMatchObject({ kind: 'ambiguous', error: { type: expect.stringMatching(/timeout$/) as string } });
    expect(left).toBe(1);
    await expect.poll(() => processesWith(mark), { timeout: 5_000 }).toBe(0);
  });

  test.skipIf(pathOf('unshare') === undefined || pathOf('setpriv') === undefined)(
    'ends when Pawl is killed',
    async () => {
      const mark = `6${process.pid}.25`;
      const programs = new URL('./programs.ts', import.meta.url).href;
      const start = `import { Programs } from '${programs}';
        const log = { warn() {} };
        const never = { cancelled: false, onCancel() {} };
        const program = { words: ['sh', '-c', 'sleep ${mark} & sleep ${mark}'], stdin: '', environment: {} };
        await new Programs(log).run(program, never, () => {});`;
      const pawl = spawn(process.execPath, ['--input-type=module', '--eval', start], { stdio: 'ignore' });
      const sleeping = `sleep\0${mark}`;
      await expect.poll(() => processesWith(sleeping), { timeout: 20_000 }).toBe(2);
      pawl.kill('SIGKILL');
      await expect.poll(() => processesWith(sleeping), { timeout: 5_000 }).toBe(0);
    },
  );

  test('does not leave processes behind, nor wait for them', async () => {
    const mark = `8${process.pid}.25`;
    expect(await shell(`sleep ${mark} & echo done`)).toEqual({ kind: 'completed', output: 'done\n' });
    await expect.poll(() => processesWith(mark), { timeout: 5_000 }).toBe(0);
  });

  test('that prints without end is cut off, and says so', async () => {
    const outcome = await shell('head -c 5000000 /dev/zero | tr "\\0" "é"; echo end', { return: 'stdout' });
    const said = String((outcome as { output: string }).output);
    expect(said.length).toBeLessThan(runLimits.outputCharacters + 100);
    expect(said).toMatch(/\[Pawl cut off \d+ more characters\]\n$/);
  });

  test('need not read its input', async () => {
    expect(await shell('exit 0', { stdin: 'x'.repeat(1_000_000), return: 'code' })).toEqual({
      kind: 'completed',
      output: 0,
    });
  });

  test.skipIf(process.getuid?.() !== 0 || pathOf('setpriv') === undefined || pathOf('prlimit') === undefined)(
    'runs as nobody where Pawl runs as root, and starts only so many processes',
    async () => {
      expect(await shell('id -u; cat /etc/shadow || echo refused')).toMatchObject({ output: '65534\nrefused\n' });
      const bomb = 'i=0; while [ $i -lt 400 ]; do sleep 3 & i=$((i+1)); done; echo started';
      const outcome = await shell(bomb, { return: 'all' });
      expect(outcome).toMatchObject({ output: { stderr: expect.stringMatching(/[Cc]annot fork/) as string } });
    },
  );

  test('says once and loudly what its jail lacks', () => {
    const lines = log.lines.filter(({ message }) => message.startsWith('Reduced isolation'));
    expect(lines.length).toBe(pathOf('bwrap') === undefined ? 1 : 0);
  });

  test('is done once unless the step says that it may be repeated', () => {
    const action = actions.describe('run.shell');
    expect(action?.guarantee({ command: 'ls' }, undefined)).toBe('once');
    expect(action?.declarable).toEqual(['pure', 'idempotent', 'once']);
  });
});

describe.skipIf(!linux || !python)('a Python script (on Linux with python3)', () => {
  const run = async (code: string, more: JsonObject = {}): Promise<Outcome> => {
    const request = requestFor('run.script', { language: 'python', code, ...more }, { guarantee: 'once' });
    return (await attempt(actions, request)).outcome;
  };

  test('reads its arguments, input and environment', async () => {
    const code = 'import os, sys\nprint(sys.argv[1], sys.stdin.read(), os.environ["NAME"], __name__)';
    expect(await run(code, { arguments: ['ä'], stdin: 'in', environment: { NAME: 'n' } })).toEqual({
      kind: 'completed',
      output: 'ä in n __main__\n',
    });
    expect(await run('print(order["id"] + 1, sorted(arguments))', { arguments: { order: { id: 7 } } })).toEqual({
      kind: 'completed',
      output: "8 ['order']\n",
    });
  });

  test('that fails tells where', async () => {
    expect(await run('\nraise ValueError("no")', { return: 'all' })).toMatchObject({
      output: { code: 1, stderr: expect.stringContaining('File "script.py", line 2') as string },
    });
    expect(await run('import sys; sys.exit(4)', { return: 'code' })).toEqual({ kind: 'completed', output: 4 });
  });
});

describe('a container', () => {
  const contained = makeActions({ allowRun: 'container' });
  afterAll(() => contained.close());

  test.each([
    ['a network', { ports: { 8080: 80 } }, 'container-network'],
    ['folders of the machine', { volumes: { '/': '/host' } }, 'container-volumes'],
  ])('has %s only by a permission of its own', async (_, more, permission) => {
    const { outcome } = await attempt(contained, requestFor('run.container', { image: 'alpine', ...more }));
    expect(outcome).toMatchObject({
      error: { code: 'PAWL_RUN_NOT_ALLOWED', detail: expect.stringContaining(permission) as string },
    });
  });

  test.each(['--privileged', 'a b', ''])('is no word for its engine: %j', async (image) => {
    const { outcome } = await attempt(contained, requestFor('run.container', { image }));
    expect(outcome).toMatchObject({ kind: 'terminal', error: { code: 'PAWL_ACTION_INPUT' } });
  });
});
