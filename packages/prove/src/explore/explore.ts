import { pairs } from './fault-table.ts';
import type { Focus } from './plan.ts';
import type { SeedResult } from './play-seed.ts';
import { playSeed } from './play-seed.ts';
import type { Violation } from './violation.ts';
import type { Mutation } from './world.ts';

/** Which seeds a campaign plays. */
export interface ExploreOptions {
  /** The first and the last seed. */
  readonly seeds: { readonly from: number; readonly to: number };
  /** Called after each seed. */
  readonly onProgress?: (done: number, report: Report) => void;
  /** A guard that is switched off: the campaign must find a violation. */
  readonly mutation?: Mutation;
  /** The fault that all seeds are about; default: each about another one. */
  readonly focus?: Focus;
  /** The campaign ends with the first seed that shows a violation. */
  readonly stopAtFirst?: boolean;
}

/** A seed that broke a promise. */
export interface Finding {
  readonly seed: number;
  readonly violations: readonly Violation[];
}

/** What a campaign showed. Plain data, so that campaigns of several processes can be added up. */
export interface Report {
  seeds: number;
  runs: number;
  events: number;
  effects: number;
  virtualMs: number;
  /** Faults that happened, by `kind boundary`. */
  fired: Record<string, number>;
  findings: Finding[];
}

/** How a campaign ended: proven, broken by a finding, or worth nothing as some fault never happened. */
export type Verdict = 'proven' | 'violated' | 'not exercised';

/** Plays seeds one after another. Violations are collected with their seeds; each can be played again alone. */
export async function explore(options: ExploreOptions): Promise<Report> {
  const { from, to } = options.seeds;
  const report = emptyReport();
  for (let seed = from; seed <= to; seed += 1) {
    add(report, await playSeed({ seed, mutation: options.mutation ?? {}, focus: options.focus }));
    options.onProgress?.(report.seeds, report);
    if (options.stopAtFirst === true && report.findings.length > 0) break;
  }
  return report;
}

/** A report of nothing. */
export function emptyReport(): Report {
  return { seeds: 0, runs: 0, events: 0, effects: 0, virtualMs: 0, fired: {}, findings: [] };
}

/** Adds the report of another process. */
export function merge(into: Report, other: Report): void {
  into.seeds += other.seeds;
  into.runs += other.runs;
  into.events += other.events;
  into.effects += other.effects;
  into.virtualMs += other.virtualMs;
  for (const [name, count] of Object.entries(other.fired)) into.fired[name] = (into.fired[name] ?? 0) + count;
  into.findings.push(...other.findings);
}

/** Faults that never happened at a boundary where they are possible, as `kind boundary`. */
export function notExercised(report: Report): string[] {
  return pairs.map(({ kind, boundary }) => `${kind} ${boundary}`).filter((name) => report.fired[name] === undefined);
}

/** How a campaign ended. */
export function verdictOf(report: Report): Verdict {
  if (report.findings.length > 0) return 'violated';
  return notExercised(report).length > 0 ? 'not exercised' : 'proven';
}

function add(report: Report, result: SeedResult): void {
  report.seeds += 1;
  report.runs += result.runs;
  report.events += result.events;
  report.effects += result.effects;
  report.virtualMs += result.virtualMs;
  for (const [name, count] of result.fired) report.fired[name] = (report.fired[name] ?? 0) + count;
  if (result.violations.length > 0) report.findings.push({ seed: result.seed, violations: result.violations });
}
