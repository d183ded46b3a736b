import { invariant, type Pending } from '@pawl/core';

/** Something under way for a run. */
export interface Work {
  /** `lost`: an attempt that was found open at a load; it is never sent by this worker. */
  readonly kind: 'attempt' | 'permit' | 'page' | 'lost';
  readonly frame: number;
  /** Number of the attempt; 0 for what is none. */
  readonly attempt: number;
  /** It is not wanted any more. */
  cancel(): void;
}

/** What is under way for a run, found by what it is for: a fork may have thousands of them. */
export class Works {
  private readonly byKey = new Map<string, Work>();

  /** All of them, in the order in which they began. */
  all(): Work[] {
    return [...this.byKey.values()];
  }

  /** The attempt under way (or found lost) with this number. */
  attempt(frame: number, attempt: number): Work | undefined {
    return this.byKey.get(keyOf('attempt', frame, attempt));
  }

  /** The permit wait or page read of a frame. */
  other(kind: 'permit' | 'page', frame: number): Work | undefined {
    return this.byKey.get(keyOf(kind, frame, 0));
  }

  add(work: Work): void {
    const key = keyOf(work.kind, work.frame, work.attempt);
    invariant(!this.byKey.has(key), `two works of a run are for the same: ${key}`);
    this.byKey.set(key, work);
  }

  drop(work: Work): void {
    const key = keyOf(work.kind, work.frame, work.attempt);
    if (this.byKey.get(key) === work) this.byKey.delete(key);
  }

  /** Takes out those that nothing in `list` is for; the last one first. */
  dropStale(list: readonly Pending[]): Work[] {
    if (this.byKey.size === 0) return [];
    const wanted = new Set<string>();
    for (const one of list) {
      if (one.kind === 'attempt') wanted.add(keyOf('attempt', one.frame, one.attempt));
      else if (one.kind === 'permit' || one.kind === 'page') wanted.add(keyOf(one.kind, one.frame, 0));
    }
    const stale: Work[] = [];
    for (const [key, work] of this.byKey) if (!wanted.has(key)) stale.push(work);
    for (const work of stale) this.drop(work);
    return stale.reverse();
  }

  /** Takes out all of them, but for attempts where they are to be kept. */
  clear(keepAttempts: boolean): Work[] {
    const works = this.all().filter(({ kind }) => !keepAttempts || kind !== 'attempt');
    for (const work of works) this.drop(work);
    return works;
  }
}

function keyOf(kind: Work['kind'], frame: number, attempt: number): string {
  return kind === 'attempt' || kind === 'lost' ? `attempt ${frame} ${attempt}` : `${kind} ${frame}`;
}
