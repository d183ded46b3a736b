import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Ledger, openLedger } from './ledger.ts';
import { type DemoTarget, startTarget } from './target.ts';

let folder: string;
let ledger: Ledger;
let target: DemoTarget;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pawl-demo-test-'));
  ledger = openLedger(join(folder, 'ledger.jsonl'));
  target = await startTarget({ port: 0, ledger });
});

afterEach(async () => {
  await target.close();
  ledger.close();
  rmSync(folder, { recursive: true });
});

async function charge(key: string | undefined, body: unknown): Promise<[number, unknown]> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  };
  const response = await fetch(`http://127.0.0.1:${target.port}/charges`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return [response.status, await response.json()];
}

test('a charge is applied once by its key, and its repeat gets the same answer', async () => {
  const [first, answer] = await charge('k1', { id: 'order-1', amount: 5 });
  expect([first, await charge('k1', { id: 'order-1', amount: 5 })]).toEqual([201, [200, answer]]);
  expect(ledger.effects('charges')).toHaveLength(1);
});

test('a key under which something else was charged is refused', async () => {
  await charge('k1', { id: 'order-1', amount: 5 });
  expect((await charge('k1', { id: 'order-1', amount: 6 }))[0]).toBe(422);
});

test('every fifth order meets a busy service the first time', async () => {
  expect([
    (await charge('k5', { id: 'order-5', amount: 5 }))[0],
    (await charge('k5', { id: 'order-5', amount: 5 }))[0],
  ]).toEqual([503, 201]);
});

test('what costs too much is refused and leaves no effect', async () => {
  expect((await charge('k2', { id: 'order-2', amount: 1_001 }))[0]).toBe(422);
  expect(ledger.effects('charges')).toEqual([]);
});

test.each([
  ['without a key', undefined, { id: 'order-1', amount: 1 }],
  ['without an amount', 'k', { id: 'order-1' }],
  ['that is no object', 'k', []],
])('a charge %s is a bad request', async (_, key, body) => {
  expect((await charge(key, body))[0]).toBe(400);
});

test('the ledger tells an order that was charged under two keys', async () => {
  await charge('k1', { id: 'order-1', amount: 5 });
  await charge('k2', { id: 'order-1', amount: 5 });
  const report = await (await fetch(`http://127.0.0.1:${target.port}/ledger`)).json();
  expect(report).toMatchObject({ charges: 2, amount: 10, chargedTwice: ['order-1'] });
});

test('the ledger remembers over a kill that left half a line', async () => {
  await charge('k1', { id: 'order-1', amount: 5 });
  const file = join(folder, 'ledger.jsonl');
  appendFileSync(file, '{"at":"2026-');
  const reopened = openLedger(file);
  expect(reopened.apply('charges', 'k1', { id: 'order-1', amount: 5 })).toMatchObject({ first: false });
  expect(reopened.apply('charges', 'k2', { id: 'order-2', amount: 5 })).toMatchObject({ first: true });
  reopened.close();
  expect(
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('}')),
  ).toHaveLength(2);
});
