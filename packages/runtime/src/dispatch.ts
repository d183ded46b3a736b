import type { ActionRequest, FlowError, Outcome, Page, Pending, Stimulus } from '@pawl/core';
import { ensureError, flowError, flowErrorOf, partitionCount, PawlError, requestOf, wireName } from '@pawl/core';
import type { AttemptHost } from './attempt.ts';
import { Attempt } from './attempt.ts';
import { backoffMs } from './backoff.ts';
import { bounds } from './bounds.ts';
import type { Context } from './context.ts';
import type { Waiter } from './limiter.ts';
import { tell } from './observe.ts';
import type { Run } from './run-table.ts';
import type { TimerItem } from './timers.ts';
import type { Work } from './works.ts';

type PendingOf<Kind extends Pending['kind']> = Extract<Pending, { kind: Kind }>;

/** Sends attempts, reads pages and waits for permits. */
export class Dispatch implements AttemptHost {
  private readonly context: Context;
  /** Attempts whose outcome is not known. */
  private readonly open = new Set<Attempt>();
  /** How many of them each partition has. */
  private readonly openPerPartition = Array.from({ length: partitionCount }, () => 0);
  /** Runs with committed attempts that may not be sent now. */
  private readonly heldBack = new Set<Run>();

  constructor(context: Context) {
    this.context = context;
  }

  get openAttempts(): number {
    return this.open.size;
  }

  /** Whether attempts of a partition's runs are open, or committed and held back. */
  openIn(partition: number): boolean {
    if (this.openPerPartition[partition] !== 0) return true;
    for (const run of this.heldBack) if (run.partition === partition) return true;
    return false;
  }

  /** Leaves the lines for permits: the run is about to move, and must start nothing more here. */
  leaveLines(run: Run): void {
    for (const work of run.works.all()) {
      if (work.kind !== 'permit') continue;
      run.works.drop(work);
      work.cancel();
    }
  }

  /** Sends a committed attempt, unless it is under way, was found lost, or nothing may be sent now. */
  attempt(run: Run, one: PendingOf<'attempt'>): void {
    if (run.works.attempt(one.frame, one.attempt) !== undefined) return;
    const { ports, ownership } = this.context;
    if (this.context.draining) {
      this.heldBack.add(run);
      return;
    }
    let request: ActionRequest;
    try {
      request = { ...requestOf(run.state, run.flow, one.frame), workspace: run.workspace };
    } catch (error) {
      this.context.departures.quarantine(run, ensureError(error));
      return;
    }
    ports.fault('dispatch.before');
    // A subscription waits, perhaps for long, and what leaves at its end is noted then.
    const noted = request.rules !== undefined || this.noteLeaving(request, wireName(run.id, one.frame, one.attempt));
    // Asked last, so that no work lies between the answer and the dispatch.
    if (!noted || !ownership.mayStart()) {
      this.heldBack.add(run);
      return;
    }
    const attempt = new Attempt(run, one.frame, request, one.target, ports.clock.mono(), this);
    const permit = run.reserved.indexOf(one.target);
    if (permit >= 0) run.reserved.splice(permit, 1);
    else this.context.limiter.take(one.target);
    run.works.add(attempt);
    this.count(attempt, 1);
    this.context.timers.set(attempt, one.due);
    ports.actions
      .run(request, attempt, () => this.left(attempt))
      .then(
        (outcome) => this.ended(attempt, outcome),
        (error: unknown) => this.ended(attempt, broken(attempt, error)),
      );
    ports.fault('dispatch.sent');
    if (this.context.observe.onAttempt !== undefined)
      tell(ports.log, () => this.context.observe.onAttempt?.(attempt.note()));
  }

  /** Written at the dispatch, not at the first byte, so that it does not hang on what an action does. False: it must not be sent. */
  private noteLeaving({ guarantee, run }: ActionRequest, attempt: string): boolean {
    if (guarantee !== 'once') return true;
    try {
      this.context.ports.wire?.leaving(attempt);
      return true;
    } catch (error) {
      this.context.ports.log.error(
        { err: ensureError(error), run },
        'A step could not be noted in the wire file, so it is not sent yet; Pawl tries again.',
      );
      return false;
    }
  }

  /** Waits in line for a permit, unless the run does already. */
  permit(run: Run, one: PendingOf<'permit'>): void {
    if (run.works.other('permit', one.frame) !== undefined) return;
    if (this.context.draining || this.context.ownership.leaving(run.partition)) return;
    const wait = new PermitWait(this.context, run, one);
    run.works.add(wait);
    this.context.limiter.wait(wait);
  }

  /** Takes the permit of a wait that was granted; undefined where it has been given back as the run went another way. */
  takeGranted(run: Run, frame: number): string | undefined {
    const wait = run.works.other('permit', frame);
    if (!(wait instanceof PermitWait) || !wait.holds) return undefined;
    run.works.drop(wait);
    return wait.target;
  }

  /** Reads a page of a dataset, unless it is being read. */
  page(run: Run, one: PendingOf<'page'>): void {
    if (run.works.other('page', one.frame) !== undefined) return;
    // It came while a commit was in flight and waits for its turn: read once more, it would be taken for the page after it.
    if (run.queue.some(({ stimulus }) => stimulus.kind === 'page' && stimulus.frame === one.frame)) return;
    if (one.reload) run.hold = 'page';
    if (this.context.draining) return;
    const read = new PageRead(this.context, run, one);
    run.works.add(read);
    read.begin();
  }

  /** Sends what was held back, where it may be sent by now. */
  resume(): void {
    if (this.heldBack.size === 0 || this.context.draining) return;
    const runs = [...this.heldBack];
    this.heldBack.clear();
    for (const run of runs) {
      if (run.phase === 'idle') this.context.follow.start(run, run.pending);
    }
  }

  /** The run left memory. Tells whether its open attempts had never been sent. */
  forget(run: Run): boolean {
    return this.heldBack.delete(run);
  }

  /** Attempts that are committed and will not be sent by this worker are given back as unsent. */
  returnUnsent(): void {
    for (const run of this.heldBack) {
      for (const one of run.pending) {
        if (one.kind !== 'attempt' || run.works.attempt(one.frame, one.attempt) !== undefined) continue;
        this.context.advance.deliver(run, {
          kind: 'lost',
          at: this.context.now(),
          frame: one.frame,
          attempt: one.attempt,
          unsent: true,
        });
      }
    }
    this.heldBack.clear();
  }

  /** Tells attempts to end soon: all of them, or those of which nothing has left. */
  giveUp(which: 'all' | 'unsent'): void {
    for (const attempt of [...this.open]) {
      if (which === 'all' || !attempt.left) this.giveUpOn(attempt);
    }
  }

  attemptDue(attempt: Attempt): void {
    if (!attempt.cancelled) {
      attempt.late = true;
      this.giveUpOn(attempt);
      return;
    }
    this.context.ports.log.warn(
      { run: attempt.run.id, step: attempt.request.step, attempt: attempt.attempt },
      'An action did not end after its deadline; its answer is ignored.',
    );
    const error = flowError('timeout', 'No answer came before the deadline of the attempt.', {
      instance: attempt.request.step,
    });
    this.ended(attempt, attempt.left ? { kind: 'ambiguous', error } : { kind: 'cancelled' });
  }

  attemptUnwanted(attempt: Attempt): void {
    attempt.unwanted = true;
    this.giveUpOn(attempt);
  }

  private count(attempt: Attempt, by: 1 | -1): void {
    if (by === 1) this.open.add(attempt);
    else this.open.delete(attempt);
    const { partition } = attempt.run;
    this.openPerPartition[partition] = (this.openPerPartition[partition] ?? 0) + by;
  }

  private giveUpOn(attempt: Attempt): void {
    if (attempt.over) return;
    this.context.timers.set(attempt, this.context.now() + bounds.grace);
    attempt.giveUp();
  }

  private left(attempt: Attempt): void {
    attempt.left = true;
    const { request, run, frame } = attempt;
    const noted = request.rules === undefined || this.noteLeaving(request, wireName(run.id, frame, attempt.attempt));
    // The lease or the attempt's time may have run out between the dispatch and this first byte: an action that heeds the
    // cancellation sends nothing.
    if (!noted || !this.context.ownership.mayStart() || this.context.now() >= attempt.at) this.giveUpOn(attempt);
  }

  private ended(attempt: Attempt, outcome: Outcome): void {
    const { ports, limiter, timers, observe } = this.context;
    if (attempt.over) {
      ports.log.warn(
        { run: attempt.run.id, step: attempt.request.step, attempt: attempt.attempt, outcome: outcome.kind },
        'An answer came after its attempt was given up; it is ignored.',
      );
      return;
    }
    attempt.over = true;
    this.count(attempt, -1);
    timers.remove(attempt);
    ports.fault('outcome.before');
    const { run } = attempt;
    if (observe.onAttempt !== undefined)
      tell(ports.log, () => observe.onAttempt?.(attempt.note({ outcome, at: ports.clock.mono() })));
    // The permit is free before the next step is decided: it may want it itself, unless others wait in line.
    limiter.release(attempt.target);
    if (attempt.unwanted) return;
    // It stays among the run's works until its outcome is decided: while that waits for a commit in flight, the state
    // still shows the attempt as open, and it must not be sent again.
    const stimulus: Stimulus = {
      kind: 'attempt',
      at: this.context.now(),
      frame: attempt.frame,
      attempt: attempt.attempt,
      outcome,
    };
    if (run.phase === 'gone') this.context.recovery.arrive(run.id, { stimulus, message: undefined });
    else this.context.advance.deliver(run, stimulus);
  }
}

/** A place in the line for a target's permits; once granted, the permit itself until it is used. */
class PermitWait implements Work, Waiter {
  readonly kind = 'permit';
  readonly attempt = 0;
  readonly frame: number;
  readonly target: string;
  readonly concurrency: number;
  gone = false;
  /** It has the permit. */
  holds = false;
  private readonly context: Context;
  private readonly run: Run;

  constructor(context: Context, run: Run, one: PendingOf<'permit'>) {
    this.context = context;
    this.run = run;
    this.frame = one.frame;
    this.target = one.target;
    this.concurrency = one.concurrency;
  }

  granted(): void {
    this.holds = true;
    this.context.advance.deliver(this.run, { kind: 'permit', at: this.context.now(), frame: this.frame });
  }

  cancel(): void {
    if (this.holds) this.context.limiter.release(this.target);
    else this.context.limiter.leave(this);
  }
}

/**
 * A page that is being read; one that takes longer than an attempt may is an error. A page that was read before and was
 * lost from memory is read again and again for a while: its run has no other way to go on.
 */
class PageRead implements Work, TimerItem {
  readonly kind = 'page';
  readonly attempt = 0;
  readonly frame: number;
  at = Number.POSITIVE_INFINITY;
  slot = -1;
  private readonly one: PendingOf<'page'>;
  private readonly giveUpAt: number;
  private tries = 0;
  private over = false;
  private readonly context: Context;
  private readonly run: Run;

  constructor(context: Context, run: Run, one: PendingOf<'page'>) {
    this.context = context;
    this.run = run;
    this.one = one;
    this.frame = one.frame;
    this.giveUpAt = context.now() + (one.reload ? context.limits.resendFor : 0);
    if (one.reload) run.missingPages += 1;
  }

  readonly begin = (): void => {
    if (this.over) return;
    this.tries += 1;
    const { tries, one } = this;
    this.context.timers.set(this, this.context.now() + this.context.limits.attemptTimeout);
    this.context.ports.actions.readPage(one.dataset, one.cursor, one.size).then(
      (page) => this.came(tries, page),
      (error: unknown) => this.came(tries, { error: errorOfRead(error) }),
    );
  };

  due(): void {
    this.came(this.tries, {
      error: flowError('timeout', `The page could not be read within ${this.context.limits.attemptTimeout / 1_000} s.`),
    });
  }

  cancel(): void {
    if (this.over) return;
    this.over = true;
    if (this.one.reload) this.run.missingPages -= 1;
    this.context.timers.remove(this);
  }

  private came(tries: number, page: Page | { readonly error: FlowError }): void {
    const { context, run, frame } = this;
    if (this.over || tries !== this.tries) return;
    if ('error' in page && context.now() < this.giveUpAt) {
      context.ports.log.warn(
        { run: run.id, frame, reason: page.error.detail },
        'A page could not be read again; Pawl tries again.',
      );
      // What a read that took too long still says is ignored.
      this.tries += 1;
      context.timers.remove(this);
      context.ports.clock.after(backoffMs(this.tries, context.ports.random), this.begin);
      return;
    }
    this.cancel();
    if (run.phase === 'gone') return;
    run.works.drop(this);
    const stimulus = { kind: 'page', at: context.now(), frame, page } as const;
    if (this.one.reload) context.advance.deliverFirst(run, stimulus);
    else context.advance.deliver(run, stimulus);
  }
}

/** What the flow is told of a page that cannot be read: a refusal that names file and row as it is, not as a failure of Pawl. */
function errorOfRead(thrown: unknown): FlowError {
  const error = ensureError(thrown);
  return error instanceof PawlError ? flowErrorOf(error) : flowError('runtime', error.message);
}

function broken(attempt: Attempt, error: unknown): Outcome {
  const reason = flowError('runtime', ensureError(error).message, { instance: attempt.request.step });
  return attempt.left ? { kind: 'ambiguous', error: reason } : { kind: 'retryable', error: reason, left: false };
}
