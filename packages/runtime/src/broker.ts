import { ensureError, FencedError } from '@pawl/core';
import { bounds } from './bounds.ts';
import type { Context } from './context.ts';

/**
 * Brings events to those who listen: what is new in this worker's partitions is matched in the store, which writes each
 * (listener, event) into the listener's inbox once, whatever happens to this worker.
 */
export class Broker {
  private readonly context: Context;
  private busy = false;
  private again = false;
  private matchedAt = Number.NEGATIVE_INFINITY;
  private prunedAt = Number.NEGATIVE_INFINITY;

  constructor(context: Context) {
    this.context = context;
  }

  /** Something may be new: events, or subscriptions. One look at a time; a call meanwhile leads to another. */
  poll(): void {
    if (this.busy) {
      this.again = true;
      return;
    }
    const { clock } = this.context.ports;
    this.busy = true;
    const wait = this.matchedAt + bounds.matchAtLeast - clock.mono();
    if (wait > 0) clock.after(wait, this.match);
    else this.match();
  }

  /** Forgets events that nobody can want any more, now and then. */
  prune(): void {
    const { clock, store, log } = this.context.ports;
    const leases = this.context.ownership.readyLeases();
    if (clock.mono() - this.prunedAt < bounds.pruneEvery || leases.length === 0 || this.context.draining) return;
    this.prunedAt = clock.mono();
    store.pruneEvents(leases, this.context.now() - this.context.limits.eventKept, bounds.pruneRows).then(
      (gone) => {
        // There are more of them: the next tick goes on.
        if (gone >= bounds.pruneRows) this.prunedAt = Number.NEGATIVE_INFINITY;
      },
      (error: unknown) => log.warn({ err: ensureError(error) }, 'Old events could not be removed; Pawl tries again.'),
    );
  }

  private readonly match = (): void => {
    const { ports, ownership, draining, settle } = this.context;
    const leases = ownership.readyLeases();
    this.again = false;
    this.matchedAt = ports.clock.mono();
    if (draining || leases.length === 0) {
      this.busy = false;
      return;
    }
    ports.store
      .matchEvents(leases, bounds.matchRows)
      .then(
        ({ delivered, more }) => this.matched(delivered, more),
        (error: unknown) => this.failed(error),
      )
      .catch((error: unknown) => settle.failed(ensureError(error)));
  };

  private matched(delivered: number, more: boolean): void {
    this.busy = false;
    if (delivered > 0) {
      this.context.inbox.poll();
    }
    if (more || this.again) this.poll();
  }

  private failed(error: unknown): void {
    this.busy = false;
    // No loss by itself: after a lost reply this worker raises its own epochs, meanwhile. The next look at the leases tells.
    if (!(error instanceof FencedError))
      this.context.ports.log.warn(
        { err: ensureError(error) },
        'New events could not be given to their listeners; Pawl tries again.',
      );
    // Not at once, as it may fail again: the next tick does it, or the next wake-up.
  }
}
