import type { Hash, Lease, PoisonError } from '@pawl/core';
import { ensureError } from '@pawl/core';
import type { CommitHost, Settled } from './committer.ts';
import type { Context } from './context.ts';
import type { Family } from './family.ts';
import { endOf, tell } from './observe.ts';
import { earliestTimer } from './park.ts';
import type { Part } from './part.ts';
import { isEmpty } from './part.ts';
import { prepare } from './prepare.ts';
import type { Run } from './run-table.ts';
import type { Said } from './said.ts';
import { resolveUnknown } from './unknown.ts';

/** Before the commit is sent: a child's start may be read as soon as it is in. */
function joinFamily(only: Family, { run, said }: Part, hash: Hash): void {
  for (const { message, run: child } of said?.messages ?? []) if (message.kind === 'start') only.add(child);
  if (run !== null) only.follow(run, run.pending, hash);
}

/** Both ends of a commit: what a run puts into it, and what follows once it is in. */
export class Settle implements CommitHost {
  private readonly context: Context;

  constructor(context: Context) {
    this.context = context;
  }

  prepare(run: Run): Part | undefined {
    if (run.phase !== 'gathering') return undefined;
    run.phase = 'flying';
    const { context } = this;
    try {
      const part = prepare(run, {
        now: context.now(),
        limits: context.limits,
        hash: context.ports.hash,
        publishes: context.publishes,
        parks: context.only === undefined && !context.ownership.leaving(run.partition),
      });
      if (context.only !== undefined) joinFamily(context.only, part, context.ports.hash);
      if (isEmpty(part)) {
        run.phase = 'idle';
        this.goOn(run);
        return undefined;
      }
      if (part.snapshot !== null) context.ports.fault('snapshot.before');
      return part;
    } catch (error) {
      context.departures.quarantine(run, ensureError(error));
      return undefined;
    }
  }

  lease(partition: number): Lease | undefined {
    return this.context.ownership.lease(partition);
  }

  settled(settled: readonly Settled[]): void {
    for (const one of settled) {
      const { part } = one;
      for (const message of part.consumed) this.context.inbox.consumed(message);
      if (part.said !== null) this.spread(part.said);
      if (part.run === null) {
        part.owner?.committed();
        continue;
      }
      if (one.lost !== undefined) this.lostStart(part.run, one.lost);
      else this.committed(part.run, part);
    }
  }

  fenced(partitions: readonly number[]): void {
    for (const partition of partitions) this.context.ownership.lost(partition, 'a commit was refused');
  }

  poisoned(part: Part, error: PoisonError): void {
    const { context } = this;
    if (part.owner !== undefined) return part.owner.refused(error);
    if (part.run === null) {
      context.ports.log.error(
        { err: error, messages: part.consumed },
        'The database does not take the end of a message; it stays in the inbox.',
      );
      return;
    }
    context.ports.log.error(
      { err: error, run: part.run.id, sqlState: error.sqlState },
      'The database refuses what a run wants to write; the others are not touched.',
    );
    if (part.start === null)
      context.recovery.reload(
        part.run,
        `The database refused what the run wanted to write (${error.sqlState}): ${error.message}`,
      );
    else context.starts.refused(part.run, part, error);
  }

  unknown(parts: readonly Part[]): Promise<{ landed: readonly Part[]; again: readonly Part[] }> {
    return resolveUnknown(this.context, parts);
  }

  failed(error: Error): void {
    const { ports, observe } = this.context;
    ports.log.error({ err: error }, 'The worker cannot go on.');
    // Nothing more is sent, as nothing that it would lead to could be recorded.
    this.context.draining = true;
    this.context.failed = true;
    this.context.committer.stop();
    this.context.timers.stop();
    if (observe.onFailed !== undefined) tell(ports.log, () => observe.onFailed?.(error));
  }

  /** What was said is looked for at once where this worker may be the one to hear it. */
  private spread({ messages, events, subscribe }: Said): void {
    if (messages.length > 0) this.context.inbox.poll();
    if (events.length > 0 || subscribe.length > 0) this.context.broker.poll();
  }

  private committed(run: Run, part: Part): void {
    const { context } = this;
    if (run.phase === 'gone') return;
    const firstSeq = run.committedSeq + 1;
    const { events } = run;
    run.phase = 'idle';
    run.events = [];
    if (part.journal !== null) run.committedSeq = part.journal.to;
    const { observe, ports } = context;
    if (observe.onCommitted !== undefined && events.length > 0)
      tell(ports.log, () => observe.onCommitted?.(run.id, firstSeq, events, run.state));
    if (part.start !== null) {
      context.starts.committed(run);
      run.start = null;
    }
    context.suspects.done(run);
    if (run.state.status !== 'running') return this.ended(run);
    if (part.parks && run.queue.length === 0) return context.departures.evict(run, earliestTimer(run.pending));
    this.goOn(run);
  }

  private goOn(run: Run): void {
    this.context.follow.start(run, run.pending);
    if (run.queue.length > 0) this.context.advance.drain(run);
  }

  private ended(run: Run): void {
    const { context } = this;
    context.departures.ended(run);
    const end = endOf(run.state);
    context.ends.ended(end);
    const { observe, ports } = context;
    if (observe.onEnded !== undefined) tell(ports.log, () => observe.onEnded?.(end));
  }

  private lostStart(run: Run, lost: NonNullable<Settled['lost']>): void {
    if (run.phase === 'gone') return;
    this.context.departures.ended(run);
    this.context.starts.lost(run, lost.winner, lost.fingerprint);
  }
}
