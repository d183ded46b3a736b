import { waitUntil } from '@pawl/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowText, missing } from '../engine.fixture.ts';
import type { HttpBed } from './http.fixture.ts';
import { openHttpBed } from './http.fixture.ts';

const suffix = missing === undefined ? '' : ` (not run: ${missing})`;

describe.skipIf(missing !== undefined)(`a run that was set aside${suffix}`, () => {
  let bed: HttpBed;
  let client: pg.Client;

  beforeAll(async () => {
    bed = await openHttpBed('set_aside');
    client = new pg.Client({ connectionString: bed.url });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await bed?.close();
  });

  /** A run that waits for a person and is set aside, as its owner would. */
  const setAside = async (name: string) => {
    const { version } = await bed.engine.deploy(flowText(name, [{ send: { call: 'test.vanish' } }]));
    const { run } = await bed.engine.start({ flow: { hash: version.hash }, input: { n: 1 } });
    const questions = () => bed.engine.questions({ workspace: 'default', open: true, cursor: null, limit: 100 });
    await waitUntil('it asks', async () => (await questions()).items.some((each) => each.run === run));
    const asked = (await questions()).items.find((each) => each.run === run);
    await client.query(
      `insert into pawl.quarantine (partition, run, reason) select partition, id, '{"detail":"a test"}' from pawl.run where id = $1`,
      [run],
    );
    return { run, decision: asked?.id ?? '' };
  };
  const messages = async (run: string) =>
    Number((await client.query('select count(*) as n from pawl.inbox where run = $1', [run])).rows[0]?.n);

  it('answers a cancel and a decision with 409, and takes neither', async () => {
    const { run, decision } = await setAside('refuses');
    const cancelled = await bed.ask('POST', `/api/v1/runs/${run}/cancel`, { body: {} });
    expect(cancelled.json).toMatchObject({ status: 409, code: 'PAWL_RUN_QUARANTINED', run });
    const decided = await bed.ask('POST', `/api/v1/decisions/${decision}`, { body: { fail: true } });
    expect(decided.json).toMatchObject({ status: 409, code: 'PAWL_RUN_QUARANTINED', run });
    expect(await messages(run)).toBe(0);
    expect((await bed.ask('GET', `/api/v1/runs/${run}`)).json['quarantined']).toBe(true);
  });

  it('keeps a message that came before the owner heard of it, and hears it once it is taken back', async () => {
    const { run } = await setAside('hears');
    await bed.engine.store.send('default', {
      partition: Number.parseInt(run.slice(-2), 16),
      id: `early-${run}`,
      run,
      at: Date.now(),
      message: { kind: 'cancel', by: 'lena' },
    });
    bed.engine.worker?.wake();
    const { status, json } = await bed.ask('POST', `/api/v1/runs/${run}/resume`, { body: { reason: 'mended' } });
    expect([status, json]).toEqual([200, { id: run }]);
    await waitUntil('the cancel is heard', async () => {
      const state = (await bed.engine.state(run)) as { cancel?: unknown };
      return state.cancel !== undefined;
    });
    const { rows } = await client.query('select by, reason, set_aside from pawl.resumption where run = $1', [run]);
    expect(rows).toEqual([{ by: 'local-owner', reason: 'mended', set_aside: '{"detail":"a test"}' }]);
    expect((await bed.ask('GET', `/api/v1/runs/${run}`)).json['quarantined']).toBe(false);
    expect((await bed.ask('GET', '/api/v1/audit')).json['items']).toContainEqual(
      expect.objectContaining({ act: 'run.resume', by: 'local-owner', object: `run/${run}`, reason: 'mended' }),
    );
  });

  it('cannot be taken back twice, nor where it was never set aside or does not exist', async () => {
    const { run } = await setAside('twice');
    const resume = (id: string) => bed.ask('POST', `/api/v1/runs/${id}/resume`, { body: {} });
    expect((await resume(run)).status).toBe(200);
    expect((await resume(run)).json).toMatchObject({ status: 409, code: 'PAWL_RUN_NOT_SET_ASIDE' });
    const nobody = '01990000-0000-7000-8000-000000000000';
    expect((await resume(nobody)).json).toMatchObject({ status: 404, code: 'PAWL_RUN_UNKNOWN' });
    const told = (await bed.ask('GET', '/api/v1/audit?limit=1000')).json['items'] as { object: string }[];
    expect(told.filter(({ object }) => [`run/${run}`, `run/${nobody}`].includes(object))).toHaveLength(1);
  });
});
