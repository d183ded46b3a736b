import type { JsonObject } from '@pawl/core';
import { openEngine, serve } from '@pawl/server';
import type { Engine, Server } from '@pawl/server';
import { createTestDatabase, whyNoServer } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flowText, makeBench } from '../pawl.fixture.ts';

const missing = await whyNoServer();
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

describe.skipIf(missing !== undefined)(
  `events and schedules on the command line${missing === undefined ? '' : ` (not run: ${missing})`}`,
  () => {
    const bench = makeBench();
    let database: Awaited<ReturnType<typeof createTestDatabase>>;
    let engine: Engine;
    let server: Server;

    beforeAll(async () => {
      database = await createTestDatabase('pawl_cli_events');
      engine = await openEngine({ database: database.url, log: silent });
      server = await serve(engine, { port: 0 });
    });
    afterAll(async () => {
      await server?.close();
      await engine?.stop();
      await database?.drop();
      bench.clean();
    });

    const pawl = async (args: readonly string[], input?: string): Promise<string> => {
      const env = { PAWL_URL: `http://127.0.0.1:${server.port}` };
      const { code, stdout, stderr } = await bench.pawl(args, env, input);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return stdout;
    };

    test('pawl emit sends an event once, and pawl events shows who took it', async () => {
      await engine.deploy(
        flowText(
          'paid',
          '  - keep: { set: { n: "${ $input[0].n }" } }\n',
          'schedule: { on: { one: { with: { type: com.test.paid } } } }\n',
        ),
      );
      const emit = ['emit', 'com.test.paid', '--id', 'p-1', '--data', '-'];
      expect(await pawl(emit, '{"n":1}')).toBe('The event p-1 was accepted.\n');
      expect(await pawl(emit, '{"n":2}')).toBe(
        'The event p-1 of /pawl/cli was accepted before; nothing was changed.\n',
      );
      await pawl(['emit', 'com.test.nobody', '--subject', 'who', '--json']);
      const unwanted = JSON.parse(await pawl(['events', '--unwanted', '--type', 'com.test.nobody', '--json'])) as {
        items: JsonObject[];
      };
      expect(unwanted.items).toMatchObject([{ type: 'com.test.nobody', taken: 0, event: { subject: 'who' } }]);
      expect(await pawl(['events', '--type', 'com.test.paid'])).toMatch(/com\.test\.paid +\d +\d +\/pawl\/cli +p-1\n/);
    });

    test('pawl schedules shows, pauses and resumes what starts flows', async () => {
      await engine.deploy(flowText('nightly', '  - keep: { set: { a: 1 } }\n', 'schedule: { cron: "0 3 * * *" }\n'));
      expect(await pawl(['schedules', 'pause', 'tests/nightly'])).toContain('is paused');
      expect(await pawl(['schedules'])).toMatch(/tests\/nightly 1\.0\.0 +cron 0 3 \* \* \* +paused\n/);
      expect(await pawl(['schedules', 'resume', 'tests/nightly'])).toMatch(/goes on; next: \d{4}-\d\d-\d\d 03:00:00Z/);
      expect(await pawl(['flows'])).toMatch(/tests\/nightly 1\.0\.0 .*03:00:00Z\n/);
    });

    test('pawl schedules pause says what it needs', async () => {
      const { code, stderr } = await bench.pawl(['schedules', 'pause', 'nightly']);
      expect([code, stderr]).toEqual([2, expect.stringContaining('its flow, as namespace/name')]);
    });
  },
);
