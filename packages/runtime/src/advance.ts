import type { CompiledFlow, DecideEnv, Decision, RunEvent, RunStart, RunState, Stimulus } from '@pawl/core';
import { beginRun, decide, ensureError, pending } from '@pawl/core';
import { bounds } from './bounds.ts';
import type { Context } from './context.ts';
import { lifeOf } from './life.ts';
import { earliestTimer, parkingOf } from './park.ts';
import type { MessageKey, Queued } from './run-table.ts';
import { Run } from './run-table.ts';
import { sample } from './snapshots.ts';

/** A run that is accepted. */
export type Beginning = Parameters<typeof beginRun>[0];

/** Who holds the permits that are taken while something is decided. */
type Holder = Pick<Run, 'partition' | 'reserved'>;

/** Decides what happens to the runs in memory, one stimulus after another, and hands the events to the committer. */
export class Advance {
  readonly env: DecideEnv;
  private readonly context: Context;
  /** The run that is being decided. */
  private current: Holder | undefined;
  /** Runs that yielded, in line. */
  private line: Run[] = [];

  constructor(context: Context) {
    this.context = context;
    const { ports, limits } = context;
    this.env = {
      hash: ports.hash,
      random: () => ports.random.next(),
      limits,
      worker: ports.store.worker,
      get lineage() {
        const { number, at } = context.ownership.lineage;
        return { number, at: at + bounds.clockSkew, until: at + bounds.lease };
      },
      acquire: (target, concurrency) => this.acquire(target, concurrency),
      release: (target) => this.release(target),
    };
  }

  /** Something happened to a run. It is decided at once, or once the commit in flight is in. */
  deliver(run: Run, stimulus: Stimulus, message?: MessageKey): void {
    if (run.phase === 'gone') return;
    if (run.phase === 'flying' || run.hold !== undefined || run.queue.length > 0) {
      run.queue.push({ stimulus, message });
      return;
    }
    if (run.suspect) {
      run.queue.push({ stimulus, message });
      this.drain(run);
      return;
    }
    this.decideOne(run, stimulus, message);
    if (run.phase === 'idle') this.rest(run);
  }

  /** A page that other stimuli wait for is there: it goes before them, and pages of outer steps before those of inner ones. */
  deliverFirst(run: Run, stimulus: Extract<Stimulus, { kind: 'page' }>): void {
    const behind = run.queue.findIndex(({ stimulus: other }) => other.kind !== 'page' || other.frame > stimulus.frame);
    run.queue.splice(behind < 0 ? run.queue.length : behind, 0, { stimulus, message: undefined });
    if (run.missingPages > 0) return;
    if (run.hold === 'page') run.hold = undefined;
    this.drain(run);
  }

  /** Decides what queued up, unless something holds it back; then starts what must be under way. */
  drain(run: Run): void {
    while (run.queue.length > 0 && run.hold === undefined && (run.phase === 'idle' || run.phase === 'gathering')) {
      if (run.suspect) return this.context.suspects.add(run);
      const next = run.queue.shift() as Queued;
      this.decideOne(run, next.stimulus, next.message);
    }
    if (run.phase === 'idle' && run.hold === undefined) this.rest(run);
  }

  /** Begins a run and brings its first events to the committer. Throws what `beginRun` throws; nothing is kept then. */
  begin(beginning: Beginning, flow: CompiledFlow, start: RunStart, message: MessageKey | undefined): Run {
    const holder: Holder = { partition: start.partition, reserved: [] };
    this.current = holder;
    let begun: ReturnType<typeof beginRun>;
    try {
      begun = beginRun(beginning, flow, this.env);
    } catch (error) {
      for (const target of holder.reserved) this.context.limiter.release(target);
      throw error;
    } finally {
      this.current = undefined;
    }
    const run = this.adopt(begun.state, flow, begun.decision.events, start, message);
    run.reserved = holder.reserved;
    return run;
  }

  /** Takes a run in whose first events are not committed yet. */
  adopt(
    state: RunState,
    flow: CompiledFlow,
    events: readonly RunEvent[],
    start: RunStart,
    message: MessageKey | undefined,
  ): Run {
    const run = new Run(state, flow, start.workspace, this.wake);
    run.committedSeq = 0;
    run.start = start;
    run.startMessage = message;
    if (message !== undefined) run.consumed.push(message);
    sample(run);
    run.life = lifeOf(run, this.context.publishes);
    this.context.table.add(run);
    this.take(run, events);
    this.gather(run);
    return run;
  }

  /** The run has something to write. */
  gather(run: Run): void {
    if (run.phase !== 'idle') return;
    run.phase = 'gathering';
    this.context.committer.add(run);
  }

  /** A time that the run waits for has come. */
  readonly wake = (run: Run, now: number): void => {
    // Whatever is being decided or committed sets the timer again when it is done.
    if (run.phase !== 'idle' || run.hold !== undefined || !this.mayGoOn(run)) return;
    if (run.headDue <= now || run.parkDue <= now) this.gather(run);
    let first: Extract<Run['pending'][number], { kind: 'timer' }> | undefined;
    for (const one of run.pending) {
      if (one.kind === 'timer' && one.at <= now && (first === undefined || one.at < first.at)) first = one;
    }
    if (first === undefined) {
      if (run.phase === 'idle') this.context.follow.arm(run);
      return;
    }
    this.context.ports.fault('timer.due');
    this.deliver(run, { kind: 'timer', at: this.context.now(), frame: first.frame, timer: first.timer });
    if (run.phase === 'idle' && run.hold === undefined && run.at <= now) {
      this.context.ports.log.error(
        { run: run.id, frame: first.frame, timer: first.timer },
        'A timer was due and led to nothing; it is looked at again.',
      );
      this.context.timers.set(run, now + bounds.voidTimer);
    }
  };

  /** The run yielded: it goes on after those that yielded before it. */
  continueLater(run: Run): void {
    if (run.continuing) return;
    run.continuing = true;
    this.line.push(run);
    if (this.line.length === 1) this.context.ports.clock.soon(this.continueNext);
  }

  private readonly continueNext = (): void => {
    const run = this.line.shift();
    if (this.line.length > 0) this.context.ports.clock.soon(this.continueNext);
    if (run === undefined) return;
    run.continuing = false;
    if (this.mayGoOn(run)) this.deliver(run, { kind: 'continue' });
  };

  /** Whether the run may do more by itself here: not when it is about to move, or the worker to stop. */
  private mayGoOn(run: Run): boolean {
    return !this.context.draining && !this.context.ownership.leaving(run.partition);
  }

  private decideOne(run: Run, stimulus: Stimulus, message: MessageKey | undefined): void {
    if (stimulus.kind === 'permit') {
      const permit = this.context.dispatch.takeGranted(run, stimulus.frame);
      if (permit === undefined) return;
      run.reserved.push(permit);
    }
    this.current = run;
    let decision: Decision;
    try {
      decision = decide(run.state, run.flow, stimulus, this.env);
    } catch (error) {
      this.current = undefined;
      this.context.departures.quarantine(run, ensureError(error));
      return;
    }
    this.current = undefined;
    if (message !== undefined) run.consumed.push(message);
    if (stimulus.kind === 'event' && decision.event === 'returned')
      (run.returned ??= []).push({ ...stimulus.key, listener: run.id, step: stimulus.step });
    if (decision.events.length === 0 && message === undefined) return;
    this.take(run, decision.events);
    this.gather(run);
  }

  private take(run: Run, events: readonly RunEvent[]): void {
    if (events.length === 0) return;
    // The first decision's array is its own and nobody else keeps it, so it is not copied.
    if (run.events.length === 0) run.events = events as RunEvent[];
    else for (const event of events) run.events.push(event);
  }

  /** Everything is committed and nothing is to be written: what must be under way is started, or the run leaves memory. */
  private rest(run: Run): void {
    const { context } = this;
    const list = pending(run.state, run.flow);
    if (run.state.status === 'running' && !mayParkHere(context, run, list)) return context.follow.start(run, list);
    if (run.storedLoaded) {
      run.pending = list;
      this.gather(run);
    } else context.departures.evict(run, earliestTimer(list));
  }

  private acquire(target: string, concurrency: number): boolean {
    const { context, current } = this;
    if (current === undefined || context.draining || context.ownership.leaving(current.partition)) return false;
    if (!context.limiter.acquire(target, concurrency)) return false;
    current.reserved.push(target);
    return true;
  }

  private release(target: string): void {
    const reserved = this.current?.reserved ?? [];
    const index = reserved.indexOf(target);
    if (index < 0) return;
    reserved.splice(index, 1);
    this.context.limiter.release(target);
  }
}

function mayParkHere(context: Context, run: Run, list: Run['pending']): boolean {
  if (context.only !== undefined || context.ownership.leaving(run.partition)) return false;
  const now = context.now();
  const parking = parkingOf(list, now);
  if (parking !== 'quiet' || !run.storedLoaded) return parking !== 'no';
  // It was just loaded, and may be wanted again soon.
  if (run.parkDue === Number.POSITIVE_INFINITY) run.parkDue = now + bounds.parkQuiet;
  return run.parkDue <= now;
}
