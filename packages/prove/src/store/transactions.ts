import type { Commit } from '@pawl/core';
import { outside } from '../sim/timeline.ts';
import { partitionsOf } from './session-replies.ts';
import type { OpenTransaction, SimStore } from './sim-store.ts';

/** How long a takeover waits for a transaction before it ends it (ms). */
const lockTimeout = 1_000;

/** A transaction that takes its time holds its leases: who takes them over waits for it, or ends it. */
export function openTransaction(
  { timeline, openTransactions }: SimStore,
  commit: Commit,
  ms: number | undefined,
  done: () => void,
  aborted: () => void,
): void {
  if (ms === undefined) return done();
  const partitions = partitionsOf(commit.leases);
  const transaction: OpenTransaction = { partitions, endsAt: timeline.time + ms, aborted: false };
  openTransactions.add(transaction);
  timeline.after(ms, outside, () => {
    openTransactions.delete(transaction);
    if (transaction.aborted) aborted();
    else done();
  });
}

/** Does the work once no transaction holds these leases. */
export function unblocked(store: SimStore, partitions: readonly number[], work: () => void): void {
  const { timeline, openTransactions, mutation } = store;
  if (mutation.noLeaseLock) return work();
  const blocker = [...openTransactions].find(
    (one) => !one.aborted && one.partitions.some((partition) => partitions.includes(partition)),
  );
  if (blocker === undefined) return work();
  const wait = Math.min(lockTimeout, blocker.endsAt - timeline.time);
  timeline.after(wait, outside, () => {
    if (wait === lockTimeout) blocker.aborted = true;
    unblocked(store, partitions, work);
  });
}
