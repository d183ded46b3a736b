import type { Pending } from '@pawl/core';
import type { Context } from './context.ts';
import { earliestTimer } from './park.ts';
import type { Run } from './run-table.ts';

/**
 * Starts what must be under way for a run and is not. The same code follows a commit, a load and a decision that led
 * to nothing: what is to be done is read off the state, and nothing else remembers it.
 */
export class Follow {
  private readonly context: Context;

  constructor(context: Context) {
    this.context = context;
  }

  /** All that the run decided is committed, and `list` is what it needs. */
  start(run: Run, list: readonly Pending[]): void {
    run.pending = list;
    for (const stale of run.works.dropStale(list)) stale.cancel();
    let waits = false;
    for (const one of list) {
      if (one.kind === 'attempt') this.context.dispatch.attempt(run, one);
      else if (one.kind === 'page') this.context.dispatch.page(run, one);
      else if (one.kind === 'continue') this.context.advance.continueLater(run);
      else if (one.kind === 'permit') waits = true;
      if (run.phase === 'gone') return;
    }
    // Attempts were sent with the permits taken for them; one that is left over belongs to nothing.
    while (run.reserved.length > 0) this.context.limiter.release(run.reserved.pop() as string);
    this.arm(run);
    if (waits) this.waitForPermits(run, list);
  }

  /** Sets the run's timer to the next time that it waits for. */
  arm(run: Run): void {
    this.context.timers.set(run, Math.min(earliestTimer(run.pending), run.headDue, run.parkDue));
  }

  /** A permit may be granted at once and lead to events, so the list is not used after that. */
  private waitForPermits(run: Run, list: readonly Pending[]): void {
    for (const one of list) {
      if (one.kind !== 'permit') continue;
      this.context.dispatch.permit(run, one);
      if (run.phase !== 'idle') return;
    }
  }
}
