import type { RunEvent } from '@pawl/core';

/** Events of one commit of a run. */
interface Batch {
  readonly firstSeq: number;
  readonly events: readonly RunEvent[];
}

/** Events that wait for one reader; beyond them it reads the journal instead. */
const longestQueue = 1_000;

/** Tells those who follow a run what this process's worker has committed. */
export class RunFeed {
  private readonly followers = new Map<string, Set<Follower>>();

  /** For the worker's observer: called after each commit. */
  committed(run: string, firstSeq: number, events: readonly RunEvent[]): void {
    if (this.followers.size === 0) return;
    for (const follower of this.followers.get(run) ?? []) follower.offer({ firstSeq, events });
  }

  /** Follows a run until `close`. */
  follow(run: string): Follower {
    const others = this.followers.get(run) ?? new Set();
    const follower = new Follower(() => {
      others.delete(follower);
      if (others.size === 0) this.followers.delete(run);
    });
    this.followers.set(run, others.add(follower));
    return follower;
  }
}

/** One reader's place in the feed of a run. */
export class Follower {
  /** Stops following. */
  readonly close: () => void;
  private batches: Batch[] = [];
  private queued = 0;
  private wake: (() => void) | undefined;
  /** A commit came while nobody waited. */
  private missed = false;

  constructor(close: () => void) {
    this.close = close;
  }

  /** Takes a commit in. */
  offer(batch: Batch): void {
    this.queued += batch.events.length;
    if (this.queued > longestQueue) this.forget();
    else this.batches.push(batch);
    if (this.wake === undefined) this.missed = true;
    else this.wake();
  }

  /** The events of the commit that begins with event `seq`; undefined: look into the journal. */
  take(seq: number): readonly RunEvent[] | undefined {
    for (let batch = this.batches[0]; batch !== undefined; batch = this.batches[0]) {
      if (batch.firstSeq > seq) return undefined;
      this.batches.shift();
      this.queued -= batch.events.length;
      if (batch.firstSeq === seq) return batch.events;
    }
    return undefined;
  }

  /** Resolves at the next commit since the last call, after `ms`, or when `signal` is aborted. */
  woken(ms: number, signal?: AbortSignal): Promise<void> {
    const isDue = this.missed || signal?.aborted === true;
    this.missed = false;
    if (isDue) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.wake = undefined;
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
      this.wake = done;
    });
  }

  private forget(): void {
    this.batches = [];
    this.queued = 0;
  }
}
