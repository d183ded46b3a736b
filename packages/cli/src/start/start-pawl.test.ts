import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flowText, makeBench, type Pawl } from '../pawl.fixture.ts';

const bench = makeBench();
afterAll(() => bench.clean());

/** Cities of the tests; the whole list is what `npm start` imports. */
const cities = 30_000;
/** A whole import on a machine that is busy with other tests. */
const patienceMs = 90_000;

/** A port for the API whose next one is free too, for the demo target. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Ledger {
  readonly charges: number;
  readonly chargedTwice: readonly string[];
  readonly summaries: readonly { readonly body: { readonly rows: number; readonly read: number } }[];
}

describe('npm start', () => {
  let env: NodeJS.ProcessEnv;
  let port: number;
  /** A target that takes a request and breaks the connection: nobody knows whether it did what was asked. */
  const breaking = createHttpServer((request) => request.socket.destroy());

  beforeAll(async () => {
    port = await freePort();
    await new Promise<void>((resolve) => breaking.listen(0, '127.0.0.1', resolve));
    const rows = Array.from({ length: cities }, (_, row) => ({
      name: `City  ${row}`,
      country: row % 2 === 0 ? 'AD' : 'NZ',
      lat: '-1.50000',
      lng: `${row % 180}.25`,
      admin1: '',
      admin2: '07',
    }));
    const files = join(bench.folder, 'files');
    mkdirSync(files);
    writeFileSync(join(files, 'cities.json'), JSON.stringify(rows));
    env = {
      PAWL_PORT: String(port),
      PAWL_URL: `http://127.0.0.1:${port}`,
      PAWL_FILES: files,
      PAWL_ALLOW_NETS: `127.0.0.1:${breakingPort()}`,
    };
  });

  afterAll(() => breaking.close());

  const breakingPort = (): number => (breaking.address() as AddressInfo).port;
  const ledger = async (): Promise<Ledger> =>
    (await (await fetch(`http://127.0.0.1:${port + 1}/ledger`)).json()) as Ledger;

  test('imports every city once and reports once, although it is killed in the middle', {
    timeout: 2 * patienceMs,
  }, async () => {
    const first = bench.launch(['start'], env);
    await first.says(' rows  ', patienceMs);
    await first.end('SIGKILL');
    const second = bench.launch(['start'], env);
    await second.says('Try next', patienceMs);
    expect(second.stdout()).toContain('The import of the cities goes on');
    expect(second.stdout()).toContain('Imported 30,000 cities');
    expect((await ledger()).summaries.map(({ body }) => body)).toEqual([
      { rows: cities, countries: 2, pages: 60, read: cities },
    ]);
    expect(await second.end('SIGINT')).toMatchObject({ code: 0 });
    expect(existsSync(join(bench.dataDir, 'pg18', 'postmaster.pid'))).toBe(false);
    expect(existsSync(join(bench.dataDir, 'demo', 'pg18', 'postmaster.pid'))).toBe(false);
  });

  describe('a second time', () => {
    let pawl: Pawl;
    beforeAll(async () => {
      pawl = bench.launch(['start'], env);
      await pawl.says('Try next', patienceMs);
    });
    afterAll(() => pawl.end('SIGKILL').then(() => undefined));

    test('repeats nothing and says so', async () => {
      expect(pawl.stdout()).toContain('The import of 30,000 cities has run already');
      expect((await ledger()).summaries).toHaveLength(1);
    });

    test('a data folder that it holds is refused to another one, in one sentence', async () => {
      const { code, stdout, stderr } = await bench.pawl(['start'], { PAWL_PORT: '0', PAWL_LOG_LEVEL: 'error' });
      expect(code).not.toBe(0);
      expect(stdout).toBe('');
      expect(stderr).toMatch(
        new RegExp(`^PAWL_STORE_DATA_IN_USE: Another Pawl \\(process ${pawl.child.pid}\\) uses the data folder .*\\n$`),
      );
    });

    test('charges each order once, however often the example is run beside it', async () => {
      const flow = new URL('../../../../examples/charge-orders/flow.yaml', import.meta.url).pathname;
      const orders = Array.from({ length: 12 }, (_, index) => ({
        id: `order-${index + 1}`,
        amount: index === 6 ? 5_000 : 10.1,
      }));
      const input = JSON.stringify({ target: `http://127.0.0.1:${port + 1}`, orders });
      const expected = { code: 0, stdout: '{"charged":11,"amount":111.1,"refused":["order-7"]}\n' };
      expect(await bench.pawl(['run', flow, '--input', input], env)).toMatchObject(expected);
      expect(await bench.pawl(['run', flow, '--input', input], env)).toMatchObject(expected);
      expect(await ledger()).toMatchObject({ charges: 11, chargedTwice: [] });
    });

    test('the demo target is closed to other flows', async () => {
      const task = `  - get: { call: http, with: { method: get, endpoint: "http://127.0.0.1:${port + 1}/ledger" } }\n`;
      const { code, stderr } = await bench.pawl(['run', bench.file('spy.yaml', flowText('spy', task))], env);
      expect(code).toBe(1);
      expect(stderr).toContain('"code":"PAWL_EGRESS"');
    });

    test('a flow is published, seen and its runs are listed', async () => {
      const file = bench.file('hello.yaml', flowText('hello', '  - a: { set: { b: 1 } }\n'));
      expect(await bench.pawl(['deploy', file], env)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('tests/hello 1.0.0 is published'),
      });
      expect(await bench.pawl(['deploy', file], env)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('was published before'),
      });
      const changed = bench.file('hello2.yaml', flowText('hello', '  - a: { set: { b: 2 } }\n'));
      expect(await bench.pawl(['deploy', changed], env)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^PAWL_FLOW_EXISTS: /),
      });
      expect((await bench.pawl(['flows'], env)).stdout).toContain('tests/hello 1.0.0');
      const list = JSON.parse(
        (await bench.pawl(['runs', '--flow', 'examples/import-cities', '--json'], env)).stdout,
      ) as { items: { id: string; status: string }[] };
      expect(list.items.map(({ status }) => status)).toEqual(['completed']);
      const shown = await bench.pawl(['show', list.items[0]?.id ?? ''], env);
      expect(shown.stdout).toMatch(/output +{"rows":30000/);
      const journal = await bench.pawl(['show', list.items[0]?.id ?? '', '--journal'], env);
      expect(journal.stdout.split('\n').filter((line) => line.includes('"type":"page.started"'))).toHaveLength(60);
      expect(await bench.pawl(['cancel', list.items[0]?.id ?? ''], env)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^PAWL_RUN_ENDED: /),
      });
    });

    test('a run that is cancelled meanwhile ends pawl run with 3', async () => {
      const file = bench.file('long.yaml', flowText('long', '  - pause: { wait: { hours: 1 } }\n'));
      const run = bench.launch(['run', file, '--key', 'long'], env);
      const id = await idOf('tests/long');
      expect(await bench.pawl(['cancel', id, '--reason', 'enough'], env)).toMatchObject({ code: 0 });
      const { code, stdout, stderr } = await run.ended;
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      expect(JSON.parse(stderr)).toMatchObject({ title: 'The run was cancelled', run: id });
    });

    test('an effect of which nobody knows is listed, decided once, and the run goes on', async () => {
      const task = `  - pay: { call: http, with: { method: post, endpoint: "http://127.0.0.1:${breakingPort()}/pay", body: 1 } }\n`;
      const file = bench.file('pay.yaml', flowText('pay', task));
      const asked = await bench.pawl(['run', file, '--key', 'pay', '--timeout', '3s'], env);
      expect(asked.code).toBe(4);
      expect(JSON.parse(asked.stderr)).toMatchObject({
        waitingFor: 'decision',
        instance: '/do/0/pay',
        detail: expect.stringContaining('pawl decide'),
      });
      const { items } = JSON.parse((await bench.pawl(['decide', '--json'], env)).stdout) as { items: { id: string }[] };
      expect(items).toHaveLength(1);
      const id = items[0]?.id ?? '';
      const decided = await bench.pawl(
        ['decide', id, '--applied', '--output', '{"paid":true}', '--reason', 'it is on the statement'],
        env,
      );
      expect(decided).toMatchObject({ code: 0, stdout: `The decision ${id} is taken.\n` });
      expect(await bench.pawl(['decide', id, '--fail'], env)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^PAWL_DECISION_TAKEN: /),
      });
      expect(await bench.pawl(['run', file, '--key', 'pay'], env)).toMatchObject({
        code: 0,
        stdout: '{"paid":true}\n',
      });
    });

    /** Id of the one run of a flow, once it has begun. */
    const idOf = async (flow: string): Promise<string> => {
      let found: { id: string }[] = [];
      await waitUntil(`a run of ${flow} is listed`, async () => {
        const { stdout } = await bench.pawl(['runs', '--flow', flow, '--json'], env);
        found = (JSON.parse(stdout) as { items: { id: string }[] }).items;
        return found.length > 0;
      });
      return found[0]?.id ?? '';
    };

    test('a wrong flow is refused with the place of each problem', async () => {
      const file = bench.file('wrong.yaml', flowText('wrong', '  - a: { set: { b: 1 }, then: nowhere }\n'));
      const { code, stderr } = await bench.pawl(['deploy', file], env);
      expect(code).toBe(2);
      expect(stderr).toMatch(/wrong\.yaml:3:\d+: error PAWL_FLOW_/);
    });
  });
});

test('a port that is taken is one clear sentence, and what was started is stopped', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const { code, stderr } = await bench.pawl(['start', '--no-examples'], {
      PAWL_PORT: String(port),
      PAWL_LOG_LEVEL: 'error',
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^PAWL_PORT_TAKEN: Another program listens on 127\\.0\\.0\\.1:${port}\\..*\\n$`));
    expect(existsSync(join(bench.dataDir, 'pg18', 'postmaster.pid'))).toBe(false);
  } finally {
    server.close();
  }
});

test('an address that others can reach is refused', async () => {
  const { code, stderr } = await bench.pawl(['start', '--no-examples'], {
    PAWL_HOST: '0.0.0.0',
    PAWL_LOG_LEVEL: 'error',
  });
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/^PAWL_HOST_REFUSED: /);
});
