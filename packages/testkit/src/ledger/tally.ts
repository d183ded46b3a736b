import type { Count } from './book.ts';

/** What is wrong with the effects of an account, by key. */
export interface Tally {
  /** Keys whose effect was applied more than once. */
  readonly duplicates: readonly string[];
  /** Keys that were expected and have no effect. */
  readonly losses: readonly string[];
  /** Keys with an effect that nobody expected. */
  readonly strangers: readonly string[];
  readonly arrivals: number;
  readonly effects: number;
}

/** Compares what a ledger counted with the keys whose effect must have been applied exactly once. */
export function tally(counts: Readonly<Record<string, Count>>, expected: Iterable<string>): Tally {
  const wanted = new Set(expected);
  const entries = Object.entries(counts);
  return {
    duplicates: entries.filter(([, { effects }]) => effects > 1).map(([key]) => key),
    losses: [...wanted].filter((key) => (counts[key]?.effects ?? 0) === 0),
    strangers: entries.filter(([key, { effects }]) => effects > 0 && !wanted.has(key)).map(([key]) => key),
    arrivals: entries.reduce((sum, [, { arrivals }]) => sum + arrivals, 0),
    effects: entries.reduce((sum, [, { effects }]) => sum + effects, 0),
  };
}
