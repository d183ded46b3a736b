import type { World } from './world.ts';

/** What a run did, compared with what it had to do. */
export interface Findings {
  /** Rows, pages or effects that were expected. */
  readonly expected: number;
  readonly duplicates: number;
  readonly losses: number;
  /** Sentences for people; empty when everything is as it must be. */
  readonly violations: readonly string[];
  /** Further numbers for the report. */
  readonly counts: Readonly<Record<string, number>>;
}

/** A flow with real work, and the check of its effects. */
export interface Scenario {
  readonly name: string;
  /** Starts round `round` of it; answers the run. */
  start(world: World, round: number): Promise<string>;
  /** Looks at the effects of a round that has completed. */
  verify(world: World, round: number): Promise<Findings>;
}
