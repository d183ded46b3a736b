import type { Json } from '@pawl/core';
import { waitUntil } from '@pawl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowText, missing } from '../engine.fixture.ts';
import type { HttpBed, Reply } from './http.fixture.ts';
import { openHttpBed } from './http.fixture.ts';

const suffix = missing === undefined ? '' : ` (not run: ${missing})`;
const form = {
  type: 'object',
  required: ['amount'],
  additionalProperties: false,
  properties: { amount: { type: 'number', maximum: 100 }, 'a/b': { enum: ['x'] } },
};

describe.skipIf(missing !== undefined)(`questions of steps${suffix}`, () => {
  let bed: HttpBed;
  const tokens = new Map<string, string>();

  beforeAll(async () => {
    bed = await openHttpBed('asks');
    for (const [name, role] of [
      ['lena', 'operator'],
      ['finance', 'operator'],
      ['max', 'operator'],
      ['eve', 'viewer'],
    ] as const) {
      const made = await bed.ask('POST', '/api/v1/tokens', { body: { name, role } });
      tokens.set(name, String(made.json['token']));
    }
  });
  afterAll(() => bed?.close());

  const asking = async (name: string, more: { readonly [name: string]: Json } = {}) => {
    const ask = { call: 'ask', with: { title: 'Refund ${ .order }?', form, deadline: 'PT8H', ...more } };
    const { version } = await bed.engine.deploy(flowText(name, [{ approve: ask }]));
    const { run } = await bed.engine.start({ flow: { hash: version.hash }, input: { order: 'o-7' } });
    const items = async () =>
      (await bed.engine.questions({ workspace: 'default', open: true, cursor: null, limit: 100 })).items;
    await waitUntil('it asks', async () => (await items()).some((each) => each.run === run));
    return { run, id: (await items()).find((each) => each.run === run)?.id ?? '' };
  };
  const answer = (id: string, body: Json, by?: string): Promise<Reply> =>
    bed.ask('POST', `/api/v1/decisions/${id}`, {
      body,
      ...(by === undefined ? {} : { headers: { authorization: `Bearer ${tokens.get(by)}` } }),
    });
  const outputOf = async (run: string) => {
    const read = async () => (await bed.ask('GET', `/api/v1/runs/${run}`)).json;
    await waitUntil('the run ends', async () => (await read())['endedAt'] !== null);
    return (await read())['output'];
  };

  it('are shown with their form, and listed by who is asked', async () => {
    const { run, id } = await asking('shown', { text: 'He says so.', to: ['finance', 'user:lena'] });
    const shown = (await bed.ask('GET', `/api/v1/decisions/${id}`)).json;
    expect(shown).toMatchObject({
      ...{ id, run, name: 'approve', reason: 'Refund o-7?', action: null, target: null, decided: null },
      ask: { title: 'Refund o-7?', text: 'He says so.', form, to: ['finance', 'user:lena'], fourEyes: false },
    });
    const listed = async (assignee: string) =>
      ((await bed.ask('GET', `/api/v1/decisions?assignee=${assignee}`)).json['items'] as { id: string }[]).map(
        (each) => each.id,
      );
    expect(await listed('user:lena')).toEqual([id]);
    expect(await listed('user:max')).toEqual([]);
    expect((await bed.ask('GET', `/api/v1/runs/${run}`)).json).toMatchObject({
      waitingFor: 'approval',
      open: expect.arrayContaining([expect.objectContaining({ decision: id, asks: 'Refund o-7?' })]) as unknown,
    });
    expect((await bed.ask('GET', '/api/v1/decisions/none')).json['code']).toBe('PAWL_DECISION_UNKNOWN');
  });

  it('are decided by the first answer; the loser is told who decided', async () => {
    const { run, id } = await asking('raced');
    const bodies = ['lena', 'max', 'finance'].map((by, n) =>
      answer(id, { decision: 'approved', data: { amount: n }, reason: `by ${by}` }, by),
    );
    const answers = await Promise.all(bodies);
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 409, 409]);
    const winner = ['lena', 'max', 'finance'][answers.findIndex(({ status }) => status === 200)] ?? '';
    for (const { json } of answers.filter(({ status }) => status === 409)) {
      expect(json).toMatchObject({ code: 'PAWL_DECISION_TAKEN', decided: { by: winner, reason: `by ${winner}` } });
      expect(json['detail']).toContain(`by ${winner} at`);
    }
    expect(await outputOf(run)).toMatchObject({ decision: 'approved', by: winner, reason: `by ${winner}` });
  });

  it('refuse data that do not fit, with pointers into them, and stay open', async () => {
    const { run, id } = await asking('checked');
    const wrong = await answer(id, { decision: 'approved', data: { amount: 101, 'a/b': 'y' } });
    expect(wrong.json).toMatchObject({ status: 400, code: 'PAWL_DECISION_INVALID' });
    expect((wrong.json['problems'] as { path: string }[]).map(({ path }) => path).sort()).toEqual([
      '/data/amount',
      '/data/a~1b',
    ]);
    const none = await answer(id, { decision: 'approved' });
    expect(none.json).toMatchObject({ status: 400, problems: [{ path: '/data/amount' }] });
    for (const body of [{ decision: 'maybe' }, { decision: 'approved', by: 'me' }, { fail: true }, { applied: false }])
      expect([body, (await answer(id, body)).status]).toEqual([body, 400]);
    expect((await answer(id, { decision: 'rejected' })).status).toBe(200);
    expect(await outputOf(run)).toMatchObject({ decision: 'rejected', data: null, by: 'local-owner' });
  });

  it('are answered by those who are asked, by whoever may decide', async () => {
    const { id } = await asking('assigned', { to: ['finance', 'user:lena'] });
    const approve = { decision: 'approved', data: { amount: 1 } };
    expect((await answer(id, approve, 'max')).json).toMatchObject({ status: 403, code: 'PAWL_FORBIDDEN' });
    expect((await answer(id, approve, 'eve')).status).toBe(403);
    expect((await answer(id, approve, 'finance')).status).toBe(200);
  });

  it('need two people where they say so', async () => {
    const { run, id } = await asking('both', { fourEyes: true });
    const approve = { decision: 'approved', data: { amount: 1 } };
    expect((await answer(id, approve, 'lena')).json).toMatchObject({ verdict: 'recorded' });
    expect((await answer(id, approve, 'lena')).json).toMatchObject({ status: 409, code: 'PAWL_DECISION_REFUSED' });
    const other = await answer(id, { decision: 'approved', data: { amount: 2 } }, 'max');
    expect(other.json).toMatchObject({ status: 409, code: 'PAWL_DECISION_REFUSED' });
    expect((await bed.ask('GET', `/api/v1/decisions/${id}`)).json['ask']).toMatchObject({
      approvals: [{ by: 'lena', data: { amount: 1 } }],
    });
    expect((await answer(id, { decision: 'approved' }, 'max')).json).toMatchObject({ verdict: 'taken' });
    expect(await outputOf(run)).toMatchObject({ by: 'max', data: { amount: 1 }, approvals: [{ by: 'lena' }, {}] });
  });

  it('give a repeated request with its key the same answer', async () => {
    const { id } = await asking('repeated');
    const send = () =>
      bed.ask('POST', `/api/v1/decisions/${id}`, {
        headers: { 'idempotency-key': 'k-1' },
        body: { decision: 'rejected' },
      });
    expect((await send()).status).toBe(200);
    const again = await send();
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, 'true']);
    expect((await answer(id, { decision: 'rejected' })).json).toMatchObject({
      code: 'PAWL_DECISION_TAKEN',
      decided: { by: 'local-owner' },
    });
  });

  it('are closed with a run that is cancelled', async () => {
    const { run, id } = await asking('cancelled');
    await bed.ask('POST', `/api/v1/runs/${run}/cancel`, { body: {} });
    expect((await answer(id, { decision: 'rejected' })).json).toMatchObject({
      status: 409,
      code: 'PAWL_DECISION_TAKEN',
      decided: { by: 'pawl' },
    });
  });
});
