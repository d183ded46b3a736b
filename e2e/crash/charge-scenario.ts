import { readFileSync } from 'node:fs';
import { tally } from '@pawl/testkit';
import { insist } from './api.ts';
import type { Scenario } from './scenario.ts';

const flowFile = new URL('../../examples/charge-orders/flow.yaml', import.meta.url);
const highestAmount = 900;

/** The example charge-orders with many orders, against a ledger that fails, hangs and breaks off in every way. */
export function chargeScenario(orders: number): Scenario {
  const idOf = (round: number, n: number): string => `order-${round}-${n}`;
  return {
    name: 'charge',
    async start({ url, ledger }, round) {
      await insist(url, '/api/v1/flows', { body: readFileSync(flowFile, 'utf8'), type: 'application/yaml' });
      const input = {
        target: `${ledger.url}/flaky`,
        orders: Array.from({ length: orders }, (_, n) => ({ id: idOf(round, n), amount: 1 + (n % highestAmount) })),
      };
      const path = '/api/v1/flows/examples/charge-orders/runs';
      const { body } = await insist(url, path, { body: JSON.stringify({ input }), key: `charge-${round}` });
      return String(body['id']);
    },
    async verify({ ledger }, round) {
      const all = (await ledger.counts())['charges'] ?? {};
      const own = Object.fromEntries(Object.entries(all).filter(([key]) => key.startsWith(`order-${round}-`)));
      const found = tally(
        own,
        Array.from({ length: orders }, (_, n) => idOf(round, n)),
      );
      const violations = [
        ...found.duplicates.map((key) => `${key} was charged ${own[key]?.effects} times`),
        ...found.losses.map((key) => `${key} was not charged`),
        ...found.strangers.map((key) => `${key} was charged and is no order`),
      ];
      return {
        expected: orders,
        duplicates: found.duplicates.length,
        losses: found.losses.length,
        violations,
        counts: { requests: found.arrivals, charges: found.effects },
      };
    },
  };
}
