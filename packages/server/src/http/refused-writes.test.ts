import type { Log } from '@pawl/core';
import { waitUntil } from '@pawl/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowText, missing } from '../engine.fixture.ts';
import type { HttpBed } from './http.fixture.ts';
import { openHttpBed } from './http.fixture.ts';

const suffix = missing === undefined ? '' : ` (not run: ${missing})`;
const start = '/api/v1/flows/test/plain/runs';

/** What a server says that has no room left, for whatever Pawl would write; a row in `full` fills the disk. */
const fullDisk = `
  create table public.full (n integer);
  create function public.refuse() returns trigger language plpgsql as $$
  begin
    if exists (select from public.full) then
      raise exception using errcode = '53100', message = 'could not extend file: No space left on device';
    end if;
    return new;
  end $$;
  create trigger refuse before insert on pawl.journal for each row execute function public.refuse();
  create trigger refuse before insert on pawl.inbox for each row execute function public.refuse();`;

describe.skipIf(missing !== undefined)(`a database without room${suffix}`, () => {
  let bed: HttpBed;
  let client: pg.Client;
  const said: string[] = [];

  beforeAll(async () => {
    const keep = (level: string) => (_fields: unknown, message: string) => void said.push(`${level} ${message}`);
    const log: Log = { debug: () => {}, info: keep('info'), warn: keep('warn'), error: keep('error') };
    bed = await openHttpBed('refused_writes', { log });
    await bed.engine.deploy(flowText('plain', [{ a: { set: { n: 1 } } }]));
    client = new pg.Client({ connectionString: bed.url });
    await client.connect();
    await client.query(fullDisk);
  });
  afterAll(async () => {
    await client?.end();
    await bed?.close();
  });

  it('refuses starts and readiness with 503, says so once, and loses and doubles nothing', async () => {
    const ready = async () => (await bed.ask('GET', '/readyz')).status;
    const keyed = { body: { input: 1 }, headers: { 'idempotency-key': 'order-1' } };
    expect(await ready()).toBe(200);
    await client.query('insert into public.full values (1)');

    const first = await bed.ask('POST', start, { body: { input: 0 } });
    expect(first.json).toMatchObject({ status: 503, code: 'PAWL_UNAVAILABLE' });
    expect(first.headers['retry-after']).toBeDefined();
    const begun = String(first.json['run']);
    await waitUntil('Pawl says that it is not ready', async () => (await ready()) === 503);
    // By now nothing is handed to the worker: with a key or without, the refusal is certain.
    for (const asked of [keyed, { body: { input: 2 } }]) {
      const refused = await bed.ask('POST', start, asked);
      expect(refused.json).toMatchObject({ status: 503, code: 'PAWL_STORE_UNREACHABLE' });
      expect(refused.json['run']).toBeUndefined();
    }

    await client.query('delete from public.full');
    await waitUntil('Pawl is ready', async () => (await ready()) === 200);
    const again = await bed.ask('POST', start, keyed);
    expect(again.status).toBe(202);
    for (const run of [begun, String(again.json['id'])])
      expect((await bed.engine.ended(run, AbortSignal.timeout(20_000)))?.status).toBe('completed');
    const { rows } = await client.query('select id from pawl.run order by id');
    expect(new Set(rows.map(({ id }) => String(id)))).toEqual(new Set([begun, String(again.json['id'])]));

    const about = said.filter((line) => /writes|commit|partition/.test(line));
    expect(about.filter((line) => line.startsWith('error'))).toEqual([
      expect.stringMatching(/^error The database takes no writes/),
    ]);
    expect(about.filter((line) => line.startsWith('info The database takes writes again'))).toHaveLength(1);
    expect(about.length).toBeLessThan(8);
  });
});
