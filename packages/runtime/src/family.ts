import type { Hash, Pending } from '@pawl/core';
import { partitionOf } from '@pawl/core';
import type { Run } from './run-table.ts';
import { placesOf } from './wishes.ts';

/**
 * What a worker for one run owns and advances: that run, its child runs and theirs, and the partitions that they and the
 * events which they listen for lie in.
 */
export class Family {
  private readonly runs = new Set<string>();
  private readonly places = new Set<number>();
  /** Called when a partition is needed that was not before. */
  private readonly onNeed: () => void;
  /** Called with a child run that was not known to be one of them. */
  private readonly onFound: (run: string) => void;

  constructor(run: string, onNeed: () => void, onFound: (run: string) => void) {
    this.onNeed = onNeed;
    this.onFound = onFound;
    this.runs.add(run);
    this.places.add(partitionOf(run));
  }

  has(run: string): boolean {
    return this.runs.has(run);
  }

  /** A child run of one of them that begins now. */
  add(run: string): void {
    this.runs.add(run);
    this.need(partitionOf(run));
  }

  /** A partition that one of them waits for something in. */
  need(partition: number): void {
    if (this.places.has(partition)) return;
    this.places.add(partition);
    this.onNeed();
  }

  /** Takes in what one of them waits for: child runs, and the partitions of events. */
  follow(run: Run, list: readonly Pending[], hash: Hash): void {
    for (const one of list) {
      if (one.kind !== 'child' || this.has(one.child)) continue;
      this.add(one.child);
      this.onFound(one.child);
    }
    for (const { match } of run.storedWishes ?? [])
      for (const partition of placesOf(run.workspace, match, hash)) this.need(partition);
  }

  get partitions(): ReadonlySet<number> {
    return this.places;
  }

  /** Those whose partition this is. */
  of(partition: number): string[] {
    return [...this.runs].filter((run) => partitionOf(run) === partition);
  }
}
