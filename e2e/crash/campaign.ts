import { setTimeout as sleep } from 'node:timers/promises';
import { type SeededRandom, seededRandom } from '@pawl/testkit';
import { journalFacts } from '../support/run-journal.ts';
import { type RunWatch, watchRun } from './run-watch.ts';
import type { Findings, Scenario } from './scenario.ts';
import { type Victim, victims, type World } from './world.ts';

/** How hard a scenario is treated. */
export interface CampaignOptions {
  /** At least so many kills, over all victims. */
  readonly kills: number;
  readonly seed: number;
  /** Longest pause between the progress after a kill and the next kill (ms). */
  readonly pauseMs: number;
  /** Told each kill. */
  readonly onKill?: (victim: Victim, number: number) => void;
}

/** What came of it. */
export interface CampaignResult {
  readonly scenario: string;
  readonly seed: number;
  readonly rounds: number;
  readonly kills: Readonly<Record<Victim, number>>;
  readonly expected: number;
  readonly duplicates: number;
  readonly losses: number;
  readonly violations: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  /** From each kill to the run's next event on disk (ms), sorted. */
  readonly recoveries: readonly number[];
}

/** No event for this long: the run is stuck. */
const stuckMs = 120_000;
/** One kill in so many comes while the last one is being recovered from. */
const hastyEvery = 5;
const hastyPauseMs = 1_500;
/** Starting over more often than this means that the kills never fit. */
const mostRounds = 10;

/** Runs a scenario again and again, killing meanwhile, until there were enough kills; then looks at every effect. */
export async function runCampaign(world: World, scenario: Scenario, options: CampaignOptions): Promise<CampaignResult> {
  const random = seededRandom(options.seed);
  const killer = new Killer(world, random, options);
  const findings: Findings[] = [];
  const violations: string[] = [];
  while (
    findings.length < mostRounds &&
    violations.length === 0 &&
    (findings.length === 0 || killer.total < options.kills)
  ) {
    const round = findings.length + 1;
    const run = await scenario.start(world, round);
    const watch = watchRun(world.store, run);
    try {
      await killer.haunt(watch);
      violations.push(...(await checkJournal(world, run, watch.status)));
    } catch (error) {
      violations.push(`round ${round}: ${String(error)}`);
    } finally {
      await watch.stop();
    }
    findings.push(await scenario.verify(world, round));
  }
  const sum = (of: (found: Findings) => number): number => findings.reduce((total, found) => total + of(found), 0);
  return {
    scenario: scenario.name,
    seed: options.seed,
    rounds: findings.length,
    kills: killer.kills,
    expected: sum((found) => found.expected),
    duplicates: sum((found) => found.duplicates),
    losses: sum((found) => found.losses),
    violations: [...violations, ...findings.flatMap((found) => found.violations), ...world.mishaps()],
    counts: { ...addUp(findings.map((found) => found.counts)), refusedStarts: world.refusals() },
    recoveries: killer.recoveries.sort((a, b) => a - b),
  };
}

/** Chooses victims and moments. Every victim has its turn before one has its second. */
class Killer {
  readonly kills: Record<Victim, number> = { start: 0, worker: 0, store: 0, demo: 0 };
  readonly recoveries: number[] = [];
  total = 0;
  private readonly world: World;
  private readonly random: SeededRandom;
  private readonly options: CampaignOptions;
  private turn: Victim[] = [];

  constructor(world: World, random: SeededRandom, options: CampaignOptions) {
    this.world = world;
    this.random = random;
    this.options = options;
  }

  /** Kills until the run has ended, or there were enough kills; then waits for its end. */
  async haunt(watch: RunWatch): Promise<void> {
    const { kills, pauseMs } = this.options;
    while (!isEnded(watch.status)) {
      const [mishap] = this.world.mishaps();
      if (mishap !== undefined) throw new Error(mishap);
      const before = watch.seq;
      if (this.total >= kills) {
        await watch.progress(stuckMs).catch((error: unknown) => failUnlessEnded(watch, before, error));
        continue;
      }
      await sleep(this.random.between(pauseMs >> 2, pauseMs));
      if (isEnded(watch.status)) return;
      const recovered = [this.kill(watch)];
      if (this.total % hastyEvery === 0) {
        await sleep(this.random.between(0, hastyPauseMs));
        if (this.total < kills) recovered.push(this.kill(watch));
      }
      await Promise.all(recovered);
    }
  }

  private async kill(watch: RunWatch): Promise<void> {
    const victim = this.next();
    const before = watch.seq;
    // Asked for beforehand: the next event may come at once.
    if (!(await this.world.kill(victim, this.total))) return;
    const killed = performance.now();
    const recovered = watch.progress(stuckMs);
    this.kills[victim] += 1;
    this.total += 1;
    this.options.onKill?.(victim, this.total);
    try {
      this.recoveries.push((await recovered) - killed);
    } catch (error) {
      failUnlessEnded(watch, before, error);
    }
  }

  private next(): Victim {
    if (this.turn.length === 0) this.turn = [...victims];
    const [victim] = this.turn.splice(this.random.between(0, this.turn.length - 1), 1);
    return victim as Victim;
  }
}

const ended = 'cfx';

function isEnded(status: string): boolean {
  return status !== '' && ended.includes(status);
}

function failUnlessEnded(watch: RunWatch, before: number, error: unknown): void {
  if (!isEnded(watch.status)) throw new Error(`stuck after event ${before} (status ${watch.status})`, { cause: error });
}

/** The run completed, once, and its journal has no gap. */
async function checkJournal(world: World, run: string, status: string): Promise<string[]> {
  const store = await world.storeDatabase();
  try {
    const facts = await journalFacts(async (sql, values) => (await store.query(sql, [...values])).rows, run);
    const violations: string[] = [];
    if (status !== 'c') violations.push(`run ${run} ended with the status ${status}, not completed`);
    if (facts.gaps !== 0) violations.push(`the journal of run ${run} has ${facts.gaps} gaps`);
    if (facts.ends !== 1) violations.push(`run ${run} completed ${facts.ends} times`);
    return violations;
  } finally {
    await store.end();
  }
}

function addUp(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const counts of all) for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}
