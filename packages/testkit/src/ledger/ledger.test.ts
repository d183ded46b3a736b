import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBook } from './book.ts';
import { type Ledger, startLedger } from './ledger.ts';
import { mishapOf } from './mishaps.ts';
import { tally } from './tally.ts';

let folder: string;
let ledger: Ledger;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pawl-ledger-'));
  ledger = await startLedger({ file: join(folder, 'ledger.jsonl'), rate: 1, hangMs: 10 });
});

afterAll(async () => {
  await ledger.close();
  rmSync(folder, { recursive: true });
});

/** Status of the answer, once all of it was read. */
async function post(path: string, key: string, body: unknown): Promise<number | 'no answer'> {
  try {
    const response = await fetch(`${ledger.url}${path}`, {
      method: 'POST',
      headers: key === '' ? {} : { 'idempotency-key': key },
      body: JSON.stringify(body),
    });
    await response.text();
    return response.status;
  } catch {
    return 'no answer';
  }
}

describe('a ledger', () => {
  it('applies the effect of a key once, and counts what arrives', async () => {
    expect([await post('/keyed/a', 'k', 1), await post('/keyed/a', 'k', 1), await post('/keyed/a', 'k', 2)]).toEqual([
      201, 200, 422,
    ]);
    expect(await ledger.counts()).toMatchObject({ a: { k: { arrivals: 3, effects: 1 } } });
  });

  it('applies an effect on every arrival where it remembers no keys', async () => {
    expect([await post('/once/b', '', { id: 'x' }), await post('/once/b', '', { id: 'x' })]).toEqual([201, 201]);
    expect(await ledger.counts()).toMatchObject({ b: { x: { arrivals: 2, effects: 2 } } });
  });

  it('misbehaves by its seed, and answers in the end with one effect', async () => {
    const answers: (number | 'no answer')[] = [];
    for (let key = 0; key < 40; key += 1) {
      for (let arrival = 1; arrival <= 4; arrival += 1) answers.push(await post('/flaky/c', `k${key}`, key));
    }
    expect(new Set(answers)).toEqual(new Set([500, 503, 'no answer', 200, 201]));
    expect(answers.filter((_, n) => n % 4 === 3).every((answer) => answer === 200 || answer === 201)).toBe(true);
    const counted = (await ledger.counts())['c'] ?? {};
    expect(
      tally(
        counted,
        Array.from({ length: 40 }, (_, key) => `k${key}`),
      ),
    ).toEqual({
      duplicates: [],
      losses: [],
      strangers: [],
      arrivals: 160,
      effects: 40,
    });
  });

  it('refuses what has no key or no account', async () => {
    expect([await post('/keyed/a', '', 1), await post('/nothing', 'k', 1)]).toEqual([400, 404]);
  });
});

describe('the book of a ledger', () => {
  it('still knows its counts and bodies when it is opened again', () => {
    const file = join(folder, 'book.jsonl');
    const book = openBook(file);
    book.arrived('a', 'k');
    book.applied('a', 'k', 'body');
    book.close();
    const again = openBook(file);
    expect(again.arrived('a', 'k')).toBe(2);
    expect(again.bodyOf('a', 'k')).toBe('body');
    expect(again.counts()).toEqual({ a: { k: { arrivals: 2, effects: 1 } } });
    again.close();
  });
});

describe('a mishap', () => {
  it('is the same for the same seed, key and arrival, and never comes late', () => {
    expect(mishapOf(1, 1, 'k', 2)).toBe(mishapOf(1, 1, 'k', 2));
    expect(mishapOf(1, 0, 'k', 1)).toBe('none');
    expect(mishapOf(1, 1, 'k', 4)).toBe('none');
  });
});

describe('a tally', () => {
  it('tells what is there twice, missing, or not expected', () => {
    const counts = {
      twice: { arrivals: 2, effects: 2 },
      once: { arrivals: 5, effects: 1 },
      other: { arrivals: 1, effects: 1 },
      refused: { arrivals: 1, effects: 0 },
    };
    expect(tally(counts, ['twice', 'once', 'missing'])).toEqual({
      duplicates: ['twice'],
      losses: ['missing'],
      strangers: ['other'],
      arrivals: 9,
      effects: 4,
    });
  });
});
