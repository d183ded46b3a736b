import type { LeaseView, WorkerView } from '@pawl/core';
import { partitionCount } from '@pawl/core';
import { bounds } from './bounds.ts';

/** What a worker knows of the others' beats, by its own monotonic clock. */
export class BeatWatch {
  private readonly seen = new Map<string, { beat: number; since: number; locked: boolean }>();
  private observedAt: number | undefined;

  /** Takes a view in. Who is in it neither as a worker nor as an owner is forgotten. */
  observe(workers: readonly WorkerView[], mono: number, owners: ReadonlySet<string>): void {
    // After a restart of the database every beat has stood still and every lock is free: its first reader would take
    // all partitions from owners that live, and people would be asked about effects whose answers are known.
    const unseen = mono - (this.observedAt ?? mono);
    const uncounted = unseen >= bounds.deadAfter ? unseen - bounds.unseenAs : 0;
    this.observedAt = mono;
    const present = new Set<string>();
    for (const { worker, beat, locked } of workers) {
      present.add(worker);
      const known = this.seen.get(worker);
      if (known === undefined || known.beat !== beat) this.seen.set(worker, { beat, since: mono, locked });
      else {
        known.locked = locked;
        known.since += uncounted;
      }
    }
    for (const [worker, known] of this.seen) {
      if (present.has(worker)) continue;
      if (!owners.has(worker)) this.seen.delete(worker);
      known.locked = false;
      known.since += uncounted;
    }
  }

  /** Workers that are watched. */
  get size(): number {
    return this.seen.size;
  }

  /** An owner that no view names is watched from now on, as one without a lock. */
  expect(worker: string, mono: number): void {
    if (!this.seen.has(worker)) this.seen.set(worker, { beat: -1, since: mono, locked: false });
  }

  /** Whether the worker has lost its partitions: its lock is free and its beat stands still, or the lease has run out. */
  isDead(worker: string, mono: number): boolean {
    const known = this.seen.get(worker);
    if (known === undefined) return false;
    const still = mono - known.since;
    return still >= bounds.lease || (!known.locked && still >= bounds.deadAfter);
  }
}

/** What to take and how many to give away, so that every living worker that shares has its part. */
export interface SharePlan {
  readonly take: readonly LeaseView[];
  /** Partitions that this worker has too many. */
  readonly surplus: number;
}

/** A worker's question about its share. */
export interface ShareQuestion {
  readonly me: string;
  readonly shares: boolean;
  /** The partitions that a worker for one run needs. */
  readonly only: ReadonlySet<number> | undefined;
  readonly leases: readonly LeaseView[];
  readonly workers: readonly WorkerView[];
  readonly owned: (partition: number) => boolean;
  readonly watch: BeatWatch;
  readonly mono: number;
  /** Index at which to begin: workers that begin elsewhere get less in each other's way. */
  readonly offset: number;
}

/** Plans a worker's next step towards its share. */
export function planShare(question: ShareQuestion): SharePlan {
  const { me, leases, watch, mono } = question;
  const free = (lease: LeaseView): boolean =>
    !question.owned(lease.partition) &&
    (lease.worker === null || lease.worker === me || watch.isDead(lease.worker, mono));
  const { only } = question;
  if (only !== undefined)
    return { take: leases.filter((lease) => only.has(lease.partition) && free(lease)), surplus: 0 };
  if (!question.shares) return { take: [], surplus: 0 };
  const living =
    question.workers.filter((other) => other.worker !== me && other.shares && !watch.isDead(other.worker, mono))
      .length + 1;
  const share = Math.ceil(leases.length / living);
  let owned = 0;
  for (let partition = 0; partition < partitionCount; partition += 1) if (question.owned(partition)) owned += 1;
  // A lease that names this worker without its knowing, as the reply to a takeover or release was lost: nobody else
  // would take it while this worker lives.
  const take = leases.filter((lease) => lease.worker === me && free(lease));
  for (let step = 0; step < leases.length && owned + take.length < share; step += 1) {
    const lease = leases[(step + question.offset) % leases.length] as LeaseView;
    if (lease.worker !== me && free(lease)) take.push(lease);
  }
  return { take, surplus: Math.max(0, owned - share) };
}
