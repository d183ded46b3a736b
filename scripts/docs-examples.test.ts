import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text as bodyOf } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { createActions, createConnections } from '@pawl/actions';
import { checkFlow, compileFlow, type Json, type Problem } from '@pawl/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { postAction } from './example-action.fixture.ts';
import { root } from './run-tool.ts';
import { lineAt } from './source-files.ts';

/** Pages whose YAML blocks are all flows, or parts of one that begin at its root. */
const PAGES = ['docs/reference/flows.md', 'docs/reference/guarantees.md'];
const HEAD = 'document: { dsl: 1.0.3, namespace: docs, name: example, version: 1.0.0 }\n';
const NOT_YET = /# not yet$/;

const silent = (): void => undefined;
const settings = {
  allowNets: '127.0.0.1',
  denyEndpoints: [],
  files: [],
  connections: createConnections({}),
  log: { debug: silent, info: silent, warn: silent, error: silent },
  userAgent: 'pawl',
};
const catalog = createActions(settings);

interface Example {
  readonly at: string;
  readonly text: string;
}

function examplesOf(path: string, begins: RegExp): Example[] {
  const page = readFileSync(join(root, path), 'utf8');
  return [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)]
    .filter((match) => begins.test(match[1] ?? ''))
    .map((match) => ({ at: `${path}:${lineAt(page, match.index)}`, text: whole(match[1] ?? '') }));
}

function whole(text: string): string {
  return text.startsWith('document:') ? text : HEAD + text;
}

function check(text: string): ReturnType<typeof checkFlow> {
  const hashes = { sha256: (value: string) => hash('sha256', value), crc32: (value: string) => crc32(value) };
  const options = { hash: hashes, catalog, purpose: 'deploy' } as const;
  // What stands elsewhere in an example is made up here.
  const resources = checkFlow(text, options).missing.map(({ uri, kind }) => [uri, madeUp[kind]] as const);
  return checkFlow(text, { ...options, resources: new Map(resources) });
}

const madeUp = { function: 'set: { x: 1 }', schema: 'type: object', script: 'console.log(1)' };

const shown = ({ line, code, message }: Problem): string => `${line}: ${code} ${message}`;

const isRefused = ({ text }: Example): boolean => text.split('\n').some((line) => NOT_YET.test(line));

const reference = PAGES.flatMap((page) => examplesOf(page, /^/));
const others = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .map((name) => `docs/${name.replaceAll('\\', '/')}`)
  .filter((name) => name.endsWith('.md') && !PAGES.includes(name))
  .flatMap((page) => examplesOf(page, /^document:/));

describe('the examples in the documentation', () => {
  const running = [...reference.filter((example) => !isRefused(example)), ...others];
  test.each(running)('the flow at $at can be deployed', ({ text }) => {
    const { flow, problems } = check(text);
    expect(problems.map(shown)).toEqual([]);
    expect(() => compileFlow(flow?.document as unknown as Json, catalog)).not.toThrow();
  });

  test.each(reference.filter(isRefused))('the lines marked at $at are refused, and no others', ({ text }) => {
    const { problems } = check(text);
    const marked = text.split('\n').flatMap((line, i) => (NOT_YET.test(line) ? [i + 1] : []));
    const errors = problems.filter(({ severity }) => severity === 'error');
    expect(errors.filter(({ code }) => code !== 'PAWL_FLOW_NOT_YET').map(shown)).toEqual([]);
    expect([...new Set(errors.map(({ line }) => line))]).toEqual(marked);
  });

  test('there are some to check', () => {
    expect(running.length).toBeGreaterThan(10);
    expect(reference.some(isRefused)).toBe(true);
  });
});

describe('the action in CONTRIBUTING.md', () => {
  test('stands there word for word as it is compiled here', () => {
    const source = readFileSync(join(root, 'scripts/example-action.fixture.ts'), 'utf8');
    const code = source.slice(source.indexOf('/** Posts'));
    expect(code).not.toBe('');
    expect(readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')).toContain(code);
  });

  test.each([
    { status: 200, outcome: { kind: 'completed', output: null } },
    { status: 404, outcome: { kind: 'terminal' } },
    { status: 500, outcome: { kind: 'ambiguous' } },
    { status: undefined, outcome: { kind: 'ambiguous' } },
  ])('posts once, and $status is $outcome.kind', async ({ status, outcome }) => {
    const posted: string[] = [];
    const server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        posted.push(body);
        if (status === undefined) response.destroy();
        else response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const actions = createActions({ ...settings, extra: [postAction] });
    onTestFinished(async () => {
      await actions.close();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const request = {
      action: 'chat.post',
      args: { webhook: `http://127.0.0.1:${port}/room`, text: 'Good morning' },
      guarantee: 'once',
      key: 'k',
      attempt: 1,
      run: 'r',
      step: '/do/0/post',
      flow: { namespace: 'docs', name: 'example' },
    } as const;
    let left = 0;
    const ended = await actions.run(request, { cancelled: false, onCancel: silent }, () => left++);
    expect(ended).toMatchObject(outcome);
    expect({ posted, left }).toEqual({ posted: ['{"text":"Good morning"}'], left: 1 });
  });
});
