import type { ActionDescription, Guarantee } from '@pawl/core';
import { guarantees } from '@pawl/core';

/** Length of one attempt in the simulation (ms). */
const attemptTimeout = 1_500;

/** One action for each guarantee: `sim.pure`, `sim.idempotent`, … */
export const simActions: ReadonlyMap<string, ActionDescription> = new Map(
  guarantees.map((guarantee) => [`sim.${guarantee}`, describe(`sim.${guarantee}`, guarantee)]),
);

/** The same, but for one lie: what happens once at most is said to be idempotent. The prover must find it out. */
export const lyingActions: ReadonlyMap<string, ActionDescription> = new Map([
  ...simActions,
  ['sim.once', describe('sim.once', 'idempotent')],
]);

function describe(name: string, guarantee: Guarantee): ActionDescription {
  return {
    name,
    version: '1.0.0',
    summary: `Calls a simulated target that is ${guarantee}.`,
    input: { type: 'object' },
    output: {},
    guarantee: () => guarantee,
    declarable: [],
    target: () => `sim://${guarantee}`,
    // Few, so that runs have to wait for permits.
    concurrency: 2,
    timeoutMs: attemptTimeout,
  };
}
