import { ensureError } from '@pawl/core';
import { hasEnded } from '../store/tables.ts';
import type { Evidence } from './invariants.ts';
import { invariants } from './invariants.ts';
import type { Violation } from './violation.ts';
import { World } from './world.ts';
import type { WorldOptions } from './world.ts';

/** What one seed showed. */
export interface SeedResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** Faults that happened, by `kind boundary`. */
  readonly fired: ReadonlyMap<string, number>;
  /** Virtual time (ms). */
  readonly virtualMs: number;
  readonly runs: number;
  readonly events: number;
  /** Effects that took place at the targets. */
  readonly effects: number;
}

/** Once nothing is broken any more, everything must have ended within this time (ms). */
const livenessBound = 1_800_000;
/** After the end, stragglers have so long to do harm (ms). */
const aftermath = 1_000;

/** Plays one seed: faults, then healing, then everything must end; and all that was promised is checked. */
export async function playSeed(options: WorldOptions): Promise<SeedResult> {
  const world = new World(options);
  const { timeline, auditor } = world;
  try {
    const evidence = await playWorld(world);
    for (const invariant of invariants) invariant(evidence);
  } catch (error) {
    auditor.report('I6', `the simulation itself failed: ${ensureError(error).stack}`);
  }
  return {
    seed: options.seed,
    violations: auditor.violations,
    fired: world.plan.fired,
    virtualMs: timeline.time,
    runs: auditor.runs.size,
    events: [...auditor.runs.values()].reduce((sum, run) => sum + run.events.length, 0),
    effects: world.targets.ledger.effects,
  };
}

/** Lets a world live to its end. What it promised is checked on what this answers. */
export async function playWorld(world: World): Promise<Evidence> {
  const { timeline, auditor, people, store, prng, targets } = world;
  const done = (): boolean =>
    people.waiting === 0 &&
    auditor.living === world.setAside &&
    store.tables.inbox.size === 0 &&
    // After a restore the auditor has seen runs end that live again.
    [...store.tables.runs.values()].every(({ status, quarantined }) => hasEnded(status) || quarantined !== null) &&
    world.eventsGiven();
  const quiet = await timeline.run(done, prng.between(2_000, 12_000));
  world.heal();
  if (quiet || (await timeline.run(done, timeline.time + livenessBound)))
    await timeline.run(() => false, timeline.time + aftermath);
  const { events, planner } = world;
  return { ledger: targets.ledger, tables: store.tables, auditor, people, events, planner, setAside: world.setAside };
}
