import { performance } from 'node:perf_hooks';
import type { JsonObject, Outcome } from '@pawl/core';
import { afterAll, describe, expect, test } from 'vitest';
import { attempt, makeActions, requestFor, TestCancellation } from '../actions.fixture.ts';
import { runLimits } from './limits.ts';

const actions = makeActions();
afterAll(() => actions.close());

async function script(code: string, more: JsonObject = {}): Promise<Outcome> {
  return (await attempt(actions, requestFor('run.script', { language: 'js', code, ...more }))).outcome;
}

/** What a script printed. */
async function printed(code: string, more: JsonObject = {}): Promise<string> {
  const outcome: unknown = await script(code, { return: 'all', ...more });
  const {
    code: exit,
    stdout,
    stderr,
  } = (outcome as { output: { code: number; stdout: string; stderr: string } }).output;
  expect(`${exit} ${stderr}`).toBe('0 ');
  return stdout;
}

describe('a JavaScript script', () => {
  test('prints to standard output, which is the output of the step', async () => {
    expect(await script('console.log("Grüße 👋", 1, { a: [true, null] }, undefined, 2n)')).toEqual({
      kind: 'completed',
      output: 'Grüße 👋 1 {"a":[true,null]} undefined 2n\n',
    });
  });

  test('takes the language by both of its names, and no other', async () => {
    expect((await script('', { language: 'javascript', code: '1' })).kind).toBe('completed');
    expect(await script('1', { language: 'ruby' })).toMatchObject({ kind: 'terminal', error: { status: 400 } });
  });

  test('reads its input, arguments and environment as one for Node does', async () => {
    const code = `
      import { readFileSync } from 'node:fs';
      const stdin = readFileSync(process.stdin.fd, 'utf8');
      console.log('stdin > ', stdin)
      const [_, __, arg] = process.argv;
      console.log('arg > ', arg)
      console.log('env > ', process.env.foo)`;
    const given = { stdin: 'Hello Workflow', environment: { foo: 'bar' }, arguments: ['hello'] };
    expect(await printed(code, given)).toBe('stdin >  Hello Workflow\narg >  hello\nenv >  bar\n');
    expect(await printed('process.stdout.write([stdin, arguments[0], environment.foo].join())', given)).toBe(
      'Hello Workflow,hello,bar',
    );
  });

  test('takes arguments by name as variables, none of which hides what the language has', async () => {
    const named = { arguments: { order: { id: 7 }, Math: 1, __proto__x: 2 } };
    expect(await printed('console.log(order.id, typeof Math.max, arguments.Math)', named)).toBe('7 function 1\n');
  });

  test('takes values that are no texts as JSON', async () => {
    const given = { stdin: { a: 1 }, arguments: [5, true], environment: { n: 3 } };
    expect(await printed('console.log(JSON.parse(stdin).a, ...process.argv.slice(2), process.env.n + 1)', given)).toBe(
      '1 5 true 31\n',
    );
  });

  test.each([
    ['stdout', 'out\n'],
    ['stderr', 'err\n'],
    ['code', 0],
    ['all', { code: 0, stdout: 'out\n', stderr: 'err\n' }],
    ['none', null],
  ])('gives what return asks for: %s', async (wanted, output) => {
    expect(await script('console.log("out"); console.error("err")', { return: wanted })).toEqual({
      kind: 'completed',
      output,
    });
  });

  test('that fails is an error, unless the flow asks for the code', async () => {
    expect(await script('console.error("no such order"); exit(3)')).toMatchObject({
      kind: 'terminal',
      error: {
        type: expect.stringMatching(/runtime$/) as string,
        detail: 'The script ended with the code 3. It said: no such order',
      },
    });
    expect(await script('exit(3)', { return: 'code' })).toEqual({ kind: 'completed', output: 3 });
    expect(await script('throw new TypeError("x")', { return: 'code' })).toEqual({ kind: 'completed', output: 1 });
    expect(await script('throw { no: "error" }', { return: 'all' })).toMatchObject({
      output: { code: 1, stderr: 'Thrown: {"no":"error"}\n' },
    });
    expect(await script('let x = ;', { return: 'all' })).toMatchObject({
      output: { code: 1, stderr: expect.stringContaining('SyntaxError') as string },
    });
  });

  test('that exits goes no further, whatever it catches', async () => {
    const code = 'console.log(1); try { exit(4) } catch {} finally { console.log(2) } for (;;);';
    expect(await script(code, { return: 'all' })).toMatchObject({ output: { code: 4, stdout: '1\n' } });
  });

  test('may await', async () => {
    expect(await printed('console.log(await Promise.resolve("later"))')).toBe('later\n');
    expect(await script('await new Promise(() => {})', { return: 'all' })).toMatchObject({
      output: { code: 1, stderr: 'The script awaits something that never comes.\n' },
    });
  });

  test('that prints too much is cut off, and says so', async () => {
    const text = await printed('for (let i = 0; i < 40; i++) console.log("x".repeat(99_999))');
    expect(text.length).toBeLessThan(runLimits.outputCharacters + 100);
    expect(text).toMatch(/\n\[Pawl cut off 2951424 more characters\]\n$/);
  });

  test('prints half of a character as text that can be stored', async () => {
    expect(await printed('console.log("\\ud800")')).toMatch(/^\ufffd+\n$/);
  });

  test('waits for the end, always', async () => {
    expect(await script('1', { await: false })).toMatchObject({
      kind: 'terminal',
      error: { code: 'PAWL_ACTION_INPUT' },
    });
  });

  test('is pure', () => {
    expect(actions.describe('run.script')?.guarantee({ language: 'js' }, undefined)).toBe('pure');
    expect(actions.describe('run.script')?.guarantee({ language: 'python' }, undefined)).toBe('once');
  });
});

describe('the sandbox of scripts', () => {
  test.each([
    ['fetch', 'fetch("http://127.0.0.1")'],
    ['require', 'require("fs")'],
    ['setTimeout', 'setTimeout(() => {}, 1)'],
    ['WebAssembly', 'WebAssembly.compile'],
    ['Worker', 'new Worker("x")'],
    ['std', 'std.open("/etc/passwd")'],
    ['os', 'os.getenv("PATH")'],
    ['a module of Node', 'await import("node:child_process")'],
    ['a file as a module', 'await import("/etc/passwd")'],
    [
      'a file',
      'import("fs").then((fs) => fs.readFileSync("/etc/passwd"))\nawait import("fs").then((fs) => fs.readFileSync("/etc/passwd"))',
    ],
    ['more of process', 'process.binding("fs")'],
    ['the module of process', 'import p from "node:process"; p.mainModule.require("fs")'],
    ['the constructor of a host function', 'console.log.constructor("return process")().mainModule.require("fs")'],
    ['the constructor of exit', 'exit.constructor.constructor("return this.process.binding")()("fs")'],
    ['a generator constructor', '(function*(){}).constructor("yield require")().next()'],
    ['the callee of a caller', 'arguments.callee.caller'],
    [
      'a stack that is made by the host',
      'Error.prepareStackTrace = (_, s) => s; new Error().stack[0].getThis().process.exit()',
    ],
  ])('has no %s', async (_, code) => {
    expect(await script(code, { return: 'all' })).toMatchObject({ output: { code: 1 } });
  });

  test('has nothing but the language and what Pawl gives', async () => {
    const names = await printed(
      'console.log(Object.getOwnPropertyNames(globalThis).filter((name) => /^[a-z]/.test(name)).sort().join(" "))',
    );
    expect(names).toBe(
      'arguments console decodeURI decodeURIComponent encodeURI encodeURIComponent environment escape eval exit globalThis isFinite isNaN parseFloat parseInt process stdin undefined unescape\n',
    );
  });

  test('gives functions whose realm is its own', async () => {
    const code = `
      const all = [console.log, exit, process.stdout.write, console.log.constructor, exit.bind];
      console.log(all.every((one) => one instanceof Function && one.constructor === Function));
      console.log(Function('return this')() === globalThis, typeof Function('return process.mainModule')());`;
    expect(await printed(code)).toBe('true\ntrue undefined\n');
  });

  test('keeps what a script does to prototypes within it', async () => {
    await script(
      'Object.prototype.admin = true; Array.prototype.map = 1; JSON.stringify = () => "x"; Promise.prototype.then = 5; console.log("a")',
    );
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    expect(await printed('console.log(({}).admin, JSON.stringify([1]), typeof [].map)')).toBe(
      'undefined [1] function\n',
    );
    expect(
      await printed('console.log(typeof ({}).polluted)', {
        arguments: { a: JSON.parse('{"__proto__":{"polluted":1}}') as JsonObject },
      }),
    ).toBe('undefined\n');
  });

  test('leaves nothing to the next script', async () => {
    await script('globalThis.secret = 42');
    expect(await printed('console.log(typeof secret)')).toBe('undefined\n');
  });

  test.each([
    ['many buffers', 'const all = []; for (;;) all.push(new Uint8Array(1e5))'],
    ['many small values', 'let all; for (;;) all = { all }'],
    ['one huge buffer', 'new Uint8Array(2e9)'],
    ['many strings', 'const all = []; for (;;) all.push("x".repeat(1e6) + all.length)'],
    ['a text that doubles', 'let s = "x"; for (;;) s += s'],
    ['endless calls', 'const f = () => f() + 1; f()'],
    ['deep data', 'JSON.parse("[".repeat(1e6))'],
    ['a deep pattern', 'new RegExp("(".repeat(1e5) + ")".repeat(1e5)).test("")'],
    ['a deep print', 'let a = []; for (let i = 0; i < 1e5; i++) a = [a]; JSON.stringify(a)'],
  ])('bounds memory and stack: %s', async (_, code) => {
    expect(await script(code, { return: 'all' })).toMatchObject({ output: { code: 1 } });
    expect(await printed('console.log("well")')).toBe('well\n');
  });

  test.each([
    ['a loop', 'for (;;);'],
    ['a loop that catches everything', 'for (;;) try { for (;;); } catch {}'],
    ['a pattern that never ends', '/(a+)+$/.test("a".repeat(60) + "b")'],
    ['jobs that make jobs', 'const again = () => Promise.resolve().then(again); again()'],
  ])('ends at the deadline, and holds up nothing meanwhile: %s', async (_, code) => {
    const cancellation = Object.assign(new TestCancellation(), { late: true });
    const running = attempt(actions, requestFor('run.script', { language: 'js', code }), cancellation);
    // A script in this thread would leave room for none.
    let beats = 0;
    const beat = setInterval(() => (beats += 1), 5);
    await expect.poll(() => beats, { timeout: 5_000 }).toBeGreaterThan(20);
    const cancelledAt = performance.now();
    cancellation.cancel();
    const { outcome } = await running;
    clearInterval(beat);
    expect(performance.now() - cancelledAt).toBeLessThan(1_000);
    expect(outcome).toMatchObject({ kind: 'terminal', error: { type: expect.stringMatching(/timeout$/) as string } });
    expect(await printed('console.log("well")')).toBe('well\n');
  });

  test('a script that is not wanted any more is simply given up', async () => {
    const cancellation = new TestCancellation();
    const running = attempt(actions, requestFor('run.script', { language: 'js', code: 'for (;;);' }), cancellation);
    cancellation.cancel();
    expect(await running).toEqual({ outcome: { kind: 'cancelled' }, left: 0 });
  });

  test('runs more scripts at once than it keeps threads for', async () => {
    const all = await Promise.all([1, 2, 3, 4, 5].map((n) => printed(`console.log(${n} * 2)`)));
    expect(all).toEqual(['2\n', '4\n', '6\n', '8\n', '10\n']);
  });
});
