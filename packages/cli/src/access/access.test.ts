import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flowText, makeBench, type Pawl } from '../pawl.fixture.ts';

const bench = makeBench();
const patienceMs = 100_000;
let server: Pawl;
let url = '';

async function begin(env: NodeJS.ProcessEnv = {}): Promise<void> {
  server = bench.launch(['start', '--no-examples'], { PAWL_PORT: '0', ...env });
  await server.says('Pawl is at', patienceMs);
  url = /Pawl is at (\S+)/.exec(server.stdout())?.[1] ?? '';
}

const pawl = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => bench.pawl(args, { PAWL_URL: url, ...env });

beforeAll(() => begin(), 300_000);
afterAll(async () => {
  await server.end();
  bench.clean();
});

const longMs = 300_000;

describe('pawl token', () => {
  test(
    'makes tokens that other commands are used with, each within its role',
    async () => {
      const made = await pawl([
        'token',
        'add',
        'lena',
        '--role',
        'operator',
        '--expires',
        'P90D',
        '--reason',
        'joined',
      ]);
      expect(made.code).toBe(0);
      expect(made.stdout).toMatch(/^pawl_[\w-]{43}\n$/);
      const lena = { PAWL_TOKEN: made.stdout.trim() };
      expect((await pawl(['runs'], lena)).code).toBe(0);

      const flow = bench.file('gate.yaml', flowText('gate', '  - nap: { wait: PT1H }\n'));
      const refused = await pawl(['deploy', flow], lena);
      expect([refused.code, refused.stderr]).toEqual([
        2,
        expect.stringContaining('PAWL_FORBIDDEN: lena may not do this'),
      ]);
      expect((await pawl(['deploy', flow, '--reason', 'first flow'])).code).toBe(0);

      const list = await pawl(['token', 'list']);
      expect(list.stdout).toMatch(/lena +operator/);
      expect(list.stdout).not.toContain('pawl_');
      expect((await pawl(['token', 'revoke', 'lena', '--reason', 'left'])).code).toBe(0);
      const revoked = await pawl(['runs'], lena);
      expect([revoked.code, revoked.stderr]).toEqual([2, expect.stringContaining('PAWL_UNAUTHENTICATED')]);
    },
    longMs,
  );

  test(
    'says what is wrong with what it is told',
    async () => {
      const wrong = [
        ['add', 'x'],
        ['add', '--role', 'viewer'],
        ['revoke'],
        ['rename', 'x'],
        ['add', 'x', '--role', 'owner'],
      ];
      const codes = await Promise.all(wrong.map(async (args) => (await pawl(['token', ...args])).code));
      expect(codes).toEqual([2, 2, 2, 2, 2]);
      expect((await pawl(['token', 'revoke', 'nobody'])).stderr).toContain('PAWL_NOT_FOUND');
    },
    longMs,
  );
});

describe('pawl audit', () => {
  test(
    'shows who did what and why, and verifies it',
    async () => {
      await pawl(['token', 'add', 'gone', '--role', 'viewer', '--reason', 'joined']);
      await pawl(['token', 'revoke', 'gone', '--reason', 'left']);
      const shown = await pawl(['audit', '--since', '1h']);
      expect(shown.code).toBe(0);
      expect(shown.stdout).toMatch(/local-owner +token\.add +token\/gone .*joined/);
      expect(shown.stdout).toMatch(/local-owner +token\.revoke +token\/gone .*left/);
      const good = await pawl(['audit', 'verify']);
      expect(good.code).toBe(0);
      const known = /(\d+:[0-9a-f]{64})/.exec(good.stdout)?.[1] ?? '';
      const [other, never, wrong] = await Promise.all([
        pawl(['audit', '--verify', '--known', known.replace(/.{64}$/, '0'.repeat(64))]),
        pawl(['audit', '--since', '2999-01-01', '--json']),
        pawl(['audit', '--since', 'yesterday']),
      ]);
      expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('was changed')]);
      expect(JSON.parse(never.stdout)).toEqual({ items: [], next: null });
      expect(wrong.code).toBe(2);
    },
    longMs,
  );

  test(
    'has all that was done and nothing else after kill -9 in the midst of it, again and again',
    async () => {
      const answered = new Set<string>();
      let sent = 0;
      for (let round = 0; round < 3; round += 1) {
        const living = new AbortController();
        const writers = Array.from({ length: 8 }, async () => {
          while (!living.signal.aborted) {
            const name = `t${sent++}`;
            const reply = await fetch(`${url}/api/v1/tokens`, {
              ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
              body: JSON.stringify({ name, role: 'viewer' }),
            }).catch(() => undefined);
            if (reply === undefined) return;
            if (reply.status === 201) answered.add(name);
          }
        });
        const before = answered.size;
        await waitUntil('many are made', () => answered.size > before + 40, patienceMs);
        await server.end('SIGKILL');
        living.abort();
        await Promise.all(writers);
        await begin();
      }
      const items = async (path: string) =>
        ((await (await fetch(`${url}/api/v1/${path}`)).json()) as { items: Record<string, string>[] }).items;
      const there = (await items('tokens')).map(({ name }) => String(name)).filter((name) => name.startsWith('t'));
      const entered: string[] = [];
      for (let next = ''; ; ) {
        const page = (await (await fetch(`${url}/api/v1/audit?limit=1000${next}`)).json()) as {
          items: { act: string; object: string }[];
          next: string | null;
        };
        for (const { act, object } of page.items) if (act === 'token.add') entered.push(object.slice('token/'.length));
        if (page.next === null) break;
        next = `&cursor=${page.next}`;
      }
      expect(entered.filter((name) => name.startsWith('t')).sort()).toEqual(there.sort());
      for (const name of answered) expect(there).toContain(name);
      expect((await pawl(['audit', 'verify'])).code).toBe(0);
    },
    longMs,
  );
});

describe('a Pawl that takes tokens only', () => {
  test(
    'lets nobody in without one, and the owner of its data make the first',
    async () => {
      await server.end();
      const refused = await bench.pawl(['start', '--no-examples'], { PAWL_PORT: '0', PAWL_HOST: '0.0.0.0' });
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('PAWL_HOST_REFUSED')]);
      await begin({ PAWL_REQUIRE_TOKEN: 'true' });
      expect((await pawl(['runs'])).stderr).toContain('PAWL_UNAUTHENTICATED');
      expect((await pawl(['token', 'add', 'first', '--role', 'admin'])).stderr).toContain('PAWL_UNAUTHENTICATED');
      const first = await pawl(['token', 'add', 'first', '--role', 'admin', '--direct']);
      expect(first.stdout).toMatch(/^pawl_/);
      const env = { PAWL_TOKEN: first.stdout.trim() };
      expect((await pawl(['runs'], env)).code).toBe(0);
      expect((await pawl(['audit', '--limit', '1'], env)).stdout).toMatch(/local-owner +token\.add +token\/first/);
    },
    longMs,
  );
});
