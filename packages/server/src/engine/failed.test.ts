import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@pawl/testkit';
import { flowText, missing } from '../engine.fixture.ts';
import { openEngine } from './open-engine.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

describe.skipIf(missing !== undefined)(
  `an engine whose worker cannot go on${missing === undefined ? '' : ` (not run: ${missing})`}`,
  () => {
    let database: TestDatabase;
    beforeAll(async () => {
      database = await createTestDatabase('pawl_engine_failed');
    });
    afterAll(() => database?.drop());

    it('tells its owner, and stops without waiting for what will never be committed', async () => {
      let broken = false;
      const engine = await openEngine({
        database: database.url,
        log: silent,
        fault: (point) => {
          if (broken && point === 'commit.before') throw new Error('a bug');
        },
      });
      const { version } = await engine.deploy(flowText('any', [{ a: { set: { n: 1 } } }]));
      broken = true;
      const start = engine.start({ flow: { hash: version.hash }, input: {} });
      start.catch(() => {});
      expect((await engine.failed).message).toBe('a bug');
      const begun = performance.now();
      await engine.stop({ drain: true, timeoutMs: 10_000 });
      expect(performance.now() - begun).toBeLessThan(5_000);
    });
  },
);
