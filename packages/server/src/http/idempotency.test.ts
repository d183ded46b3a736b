import { PawlError } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { type Answer, AnswerMemory } from './idempotency.ts';

const request = { scope: 's', key: 'k', fingerprint: 'f' };
const done: Answer = { status: 201, body: { n: 1 } };

describe('the memory of answers', () => {
  it('does the work once, and refuses a repeat while it is under way', async () => {
    const memory = new AnswerMemory();
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const first = memory.once(request, () => promise);
    const meanwhile = memory.once(request, () => promise);
    await expect(meanwhile).rejects.toMatchObject({ code: 'PAWL_IN_FLIGHT', status: 409 });
    resolve(done);
    expect(await first).toEqual(done);
    const replay = await memory.once(request, () => Promise.reject(new Error('done twice')));
    expect(replay).toEqual({ ...done, headers: { 'idempotency-replayed': 'true' } });
  });

  it('tells keys of different senders and routes apart, and other data under the same key', async () => {
    const memory = new AnswerMemory();
    await memory.once(request, async () => done);
    const other = { status: 200, body: 'other' };
    expect(await memory.once({ ...request, scope: 't' }, async () => other)).toEqual(other);
    const mismatch = memory.once({ ...request, fingerprint: 'g' }, async () => other);
    await expect(mismatch).rejects.toMatchObject({ code: 'PAWL_START_MISMATCH', status: 422 });
  });

  it('keeps a refusal for what has happened, and no other', async () => {
    const memory = new AnswerMemory();
    const taken = new PawlError('PAWL_DECISION_TAKEN', 'Too late.');
    await expect(memory.once(request, () => Promise.reject(taken))).rejects.toBe(taken);
    expect(await memory.once(request, async () => done)).toMatchObject({ status: 409 });
    const unreachable = new PawlError('PAWL_STORE_UNREACHABLE', 'Not now.');
    const later = { ...request, key: 'later' };
    await expect(memory.once(later, () => Promise.reject(unreachable))).rejects.toBe(unreachable);
    expect(await memory.once(later, async () => done)).toEqual(done);
  });

  it('forgets the oldest beyond its size', async () => {
    const memory = new AnswerMemory();
    for (let n = 0; n <= 10_000; n += 1) await memory.once({ ...request, key: String(n) }, async () => done);
    expect(await memory.once({ ...request, key: '0' }, async () => done)).toEqual(done);
    expect((await memory.once({ ...request, key: '10000' }, async () => done)).headers).toBeDefined();
  });
});
