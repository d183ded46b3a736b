import { PawlError } from '@pawl/core';
import { openStore } from '@pawl/store';
import { createTestDatabase } from '@pawl/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { missing, silent } from '../engine.fixture.ts';
import { type Answer, AnswerMemory, type KeyedRequest } from './idempotency.ts';

const done: Answer = { status: 201, body: { n: 1 } };
const week = 604_800_000;
const suffix = missing === undefined ? '' : ` (not run: ${missing})`;

describe.skipIf(missing !== undefined)(`the memory of answers${suffix}`, () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let store: Awaited<ReturnType<typeof openStore>>;
  let now = 1_000;
  let request: KeyedRequest = { scope: 's', key: '', fingerprint: 'f0' };
  let keys = 0;
  /** A memory as a process has it; another one stands for a process after a restart. */
  const memory = () => new AnswerMemory({ store: store.api, clock: { now: () => now }, log: silent });

  beforeAll(async () => {
    database = await createTestDatabase('pawl_server_answers');
    store = await openStore({ url: database.url, log: silent });
  });
  beforeEach(() => {
    keys += 1;
    request = { ...request, key: `k${keys}` };
  });
  afterAll(async () => {
    await store?.close();
    await database?.drop();
  });

  it('does the work once, and refuses a repeat while it is under way', async () => {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const begun = Promise.withResolvers<void>();
    const first = memory().once(request, () => {
      begun.resolve();
      return promise;
    });
    await begun.promise;
    const meanwhile = memory().once(request, () => promise);
    await expect(meanwhile).rejects.toMatchObject({ code: 'PAWL_IN_FLIGHT', status: 409 });
    resolve(done);
    expect(await first).toEqual(done);
  });

  it('answers a repeat as the first, after a restart and at another process too', async () => {
    await memory().once(request, async () => done);
    const replay = await memory().once(request, () => Promise.reject(new Error('done twice')));
    expect(replay).toEqual({ ...done, headers: { 'idempotency-replayed': 'true' } });
  });

  it('tells keys of different senders and routes apart, and other data under the same key', async () => {
    await memory().once(request, async () => done);
    const other = { status: 200, body: 'other' };
    expect(await memory().once({ ...request, scope: 't' }, async () => other)).toEqual(other);
    const mismatch = memory().once({ ...request, fingerprint: 'f1' }, async () => other);
    await expect(mismatch).rejects.toMatchObject({ code: 'PAWL_START_MISMATCH', status: 422 });
  });

  it('keeps a refusal for what has happened, and no other', async () => {
    const taken = new PawlError('PAWL_DECISION_TAKEN', 'Too late.');
    await expect(memory().once(request, () => Promise.reject(taken))).rejects.toBe(taken);
    expect(await memory().once(request, async () => done)).toMatchObject({ status: 409 });
    const unreachable = new PawlError('PAWL_STORE_UNREACHABLE', 'Not now.');
    const later = { ...request, key: `${request.key}-later` };
    await expect(memory().once(later, () => Promise.reject(unreachable))).rejects.toBe(unreachable);
    expect(await memory().once(later, async () => done)).toEqual(done);
  });

  it('forgets an answer after a week, and a request that died under way after a minute', async () => {
    await memory().once(request, async () => done);
    now += week + 1;
    expect((await memory().once(request, async () => done)).headers).toBeUndefined();
    const abandoned = { ...request, key: `${request.key}-abandoned` };
    expect(await store.api.takeKey({ ...abandoned, at: now, until: now + 60_000 })).toBe('taken');
    await expect(memory().once(abandoned, async () => done)).rejects.toMatchObject({ code: 'PAWL_IN_FLIGHT' });
    now += 60_001;
    expect(await memory().once(abandoned, async () => done)).toEqual(done);
  });

  it('keeps no answer that is larger than a mebibyte: the work is done again', async () => {
    const large = { status: 200, body: 'x'.repeat(1_048_576) };
    await memory().once(request, async () => large);
    expect(await memory().once(request, async () => done)).toEqual(done);
  });

  it('forgets the oldest answers beyond so many bytes, and what has expired', async () => {
    const keyed = (n: number) => ({ ...request, key: `${request.key}-${n}` });
    for (let n = 0; n < 5; n += 1)
      await memory().once(keyed(n), async () => ({ status: 200, body: 'x'.repeat(1_000) }));
    await database.query('select pawl.prune_answers($1, 2500)', [now]);
    const again = [];
    for (let n = 0; n < 5; n += 1) again.push((await memory().once(keyed(n), async () => done)).headers !== undefined);
    expect(again).toEqual([false, false, false, true, true]);
    await database.query('select pawl.prune_answers($1, 1000000)', [now + week + 1]);
    expect(await database.query('select n from pawl.answer')).toEqual([]);
  });
});
