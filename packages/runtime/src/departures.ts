import type { FlowError, RunState } from '@pawl/core';
import { ensureError, flowError, invariant, PawlError, stateFromJson, stateToJson } from '@pawl/core';
import { backoffMs } from './backoff.ts';
import type { Context } from './context.ts';
import { tell } from './observe.ts';
import type { MessageKey, Run } from './run-table.ts';

/** How runs leave memory. */
export class Departures {
  private readonly context: Context;

  constructor(context: Context) {
    this.context = context;
  }

  /** The run is parked in the store and nothing is to be written: it leaves memory. */
  evict(run: Run, nextAt: number): void {
    this.context.ports.fault('evict.before');
    this.release(run);
    this.context.parked.expect(nextAt);
  }

  /** The run has ended and its end is committed. */
  ended(run: Run): void {
    this.release(run);
    for (const { message } of run.queue) if (message !== undefined) this.context.committer.consume(message);
  }

  /** The runs of a partition that was given away stay with the new owner. Every run is idle. */
  handOver(partition: number): void {
    for (const run of [...this.context.table.of(partition)]) {
      this.context.ports.fault('evict.before');
      try {
        checkRoundTrip(run.state);
        this.release(run);
      } catch (error) {
        this.quarantine(run, ensureError(error));
      }
    }
    this.context.starts.lostPartition(partition);
    this.context.ends.lostPartition(partition);
    this.context.inbox.forget(partition);
    this.context.schedules.forget(partition);
  }

  /** Another worker owns the partition: its runs leave memory as they are. */
  drop(partition: number): void {
    for (const run of [...this.context.table.of(partition)]) this.release(run);
    this.context.starts.lostPartition(partition);
    this.context.ends.lostPartition(partition);
    this.context.inbox.forget(partition);
    this.context.schedules.forget(partition);
  }

  /** Replaces the run by another object that will be loaded. Tells whether its open attempts were never sent. */
  replace(run: Run): boolean {
    const unsent = this.context.dispatch.forget(run);
    this.release(run, true);
    return unsent;
  }

  /** Sets the run aside with its reason, so that the others go on. */
  quarantine(run: Run, error: Error): void {
    this.release(run);
    // Messages wait in the inbox until the run is taken back; a start stays as it is.
    if (run.start === null) for (const message of messagesOf(run)) this.context.inbox.putBack(message);
    const failure = quarantined(run.id, error);
    this.context.starts.failed(run, failure);
    this.context.ends.failed(run.id, failure);
    this.setAside(run.id, error);
  }

  /** Sets a run aside that could not be loaded. */
  setAside(run: string, error: Error): void {
    const { ports, observe } = this.context;
    ports.log.error({ err: error, run }, 'A run is set aside; the others are not touched.');
    const reason = flowError('runtime', `Deciding this run failed, so Pawl set it aside: ${error.message}`);
    if (observe.onQuarantined !== undefined) tell(ports.log, () => observe.onQuarantined?.(run, reason));
    this.writeQuarantine(run, reason, 1);
  }

  private writeQuarantine(run: string, reason: FlowError, tries: number): void {
    const { ports } = this.context;
    ports.store.quarantine(run, reason).catch((error: unknown) => {
      ports.log.warn({ err: error, run }, 'A run could not be marked as set aside; Pawl tries again.');
      ports.clock.after(backoffMs(tries, ports.random), () => this.writeQuarantine(run, reason, tries + 1));
    });
  }

  /** Takes the run out of memory with all that is under way for it. `keep`: its attempts go on for its successor. */
  private release(run: Run, keep = false): void {
    const { table, timers, limiter, dispatch } = this.context;
    run.phase = 'gone';
    table.delete(run);
    timers.remove(run);
    dispatch.forget(run);
    for (const target of run.reserved) limiter.release(target);
    run.reserved = [];
    for (const work of run.works.clear(keep)) work.cancel();
    this.context.suspects.done(run);
  }
}

function messagesOf(run: Run): MessageKey[] {
  return [...run.consumed, ...run.queue.flatMap(({ message }) => message ?? [])];
}

function quarantined(run: string, error: Error): PawlError {
  return new PawlError('PAWL_RUN_QUARANTINED', `Run ${run} was set aside: ${error.message}`, {
    cause: error,
    extra: { run },
  });
}

/** A state that leaves memory must come back as it was. Throws PAWL_INTERNAL where it would not. */
function checkRoundTrip(state: RunState): void {
  const text = JSON.stringify(stateToJson(state));
  const back = JSON.stringify(stateToJson(stateFromJson(JSON.parse(text))));
  invariant(text === back, `the state of run ${state.id} does not survive being stored at event ${state.seq}`);
}
