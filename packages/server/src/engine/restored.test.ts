import { defineAction } from '@pawl/actions';
import { createTestDatabase, testServer, waitUntil } from '@pawl/testkit';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { Bench, flowText, missing, silent } from '../engine.fixture.ts';
import { openEngine } from './open-engine.ts';

/** Effects by their key, as their target counts them. */
const effects = new Map<string, number>();
const pay = defineAction({
  name: 'test.pay',
  version: '1.0.0',
  summary: 'Does it again each time.',
  input: { type: 'object' },
  output: true,
  guarantee: () => 'once',
  run: ({ key }, { left }) => {
    left();
    effects.set(key, (effects.get(key) ?? 0) + 1);
    return { kind: 'completed', output: { paid: effects.size } };
  },
});

const leftOver: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const drop of leftOver.splice(0)) await drop();
});

describe.skipIf(missing !== undefined)('an engine on a restored database', () => {
  it('asks before it repeats what it did after the recovered point, and goes on with the answer', async () => {
    const database = await createTestDatabase('pawl_server_restored');
    const restored = new URL(database.url);
    restored.pathname += '_copy';
    const [from, to] = [database.url, restored.href].map((url) => pg.escapeIdentifier(new URL(url).pathname.slice(1)));
    leftOver.push(
      () => onServer(`drop database if exists ${to} with (force)`),
      () => database.drop(),
    );
    const bench = new Bench();
    const open = (url: string) => openEngine({ database: url, log: silent, extraActions: [...bench.actions, pay] });
    const quick = { drain: false, timeoutMs: 0 };

    let engine = await open(database.url);
    const {
      version: { hash },
    } = await engine.deploy(
      flowText('paying', [
        { wait: { call: 'test.gate', with: { name: 'gate' } } },
        { first: { call: 'test.pay', with: {} } },
        { second: { call: 'test.pay', with: {} } },
      ]),
    );
    const { run } = await engine.start({ flow: { hash }, input: null });
    await waitUntil('the gate is reached', () => bench.waiting.has('gate'));
    await engine.stop(quick);
    await onServer(`create database ${to} template ${from}`);
    bench.waiting.clear();

    engine = await open(database.url);
    await waitUntil('the gate is reached again', () => bench.waiting.has('gate'));
    bench.open('gate');
    expect(await engine.ended(run)).toMatchObject({ status: 'completed' });
    expect([...effects.values()]).toEqual([1, 1]);
    await engine.stop(quick);
    bench.waiting.clear();

    engine = await open(restored.href);
    await waitUntil('the gate is reached once more', () => bench.waiting.has('gate'));
    bench.open('gate');
    for (const name of ['first', 'second']) {
      await waitUntil(`there is a question about ${name}`, async () => {
        const { items } = await engine.questions({ workspace: 'default', open: true, cursor: null, limit: 10 });
        return items.some((item) => item.step.endsWith(`/${name}`));
      });
      const { items } = await engine.questions({ workspace: 'default', open: true, cursor: null, limit: 10 });
      expect(items[0]?.reason).toContain('restored to an earlier point');
      expect(await engine.decide(items[0]?.id ?? '', { applied: true, output: { told: name } }, { by: 'anna' })).toBe(
        'taken',
      );
    }
    expect(await engine.ended(run)).toMatchObject({ status: 'completed', output: { told: 'second' } });
    expect([...effects.values()], 'nothing was paid twice').toEqual([1, 1]);
    await engine.stop(quick);
  }, 60_000);
});

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: testServer() });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}
