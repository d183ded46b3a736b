import type { Cancellation, Limits, Ports, StartAnswer } from '@pawl/core';
import { ensureError, limits as defaultLimits } from '@pawl/core';
import { waitUntil } from './backoff.ts';
import { bounds } from './bounds.ts';
import { Context } from './context.ts';
import { FlowCache } from './flows.ts';
import type { RunEnd, RuntimeObserver } from './observe.ts';
import type { StartRequest } from './starts.ts';

/** What a worker is made with. */
export interface WorkerOptions {
  readonly ports: Ports;
  /** Bounds that differ from the defaults. */
  readonly limits?: Partial<Limits>;
  /** Id of the one run that this worker owns and advances. Default: all runs of its partitions. */
  readonly only?: string;
  /** Whether it takes a fair share of all partitions. Default: true, false with `only`. */
  readonly shares?: boolean;
  /** Compiled flows, shared with others in this process. Default: a cache of its own. */
  readonly flows?: FlowCache;
  readonly observe?: RuntimeObserver;
  /** Which types of lifecycle events are published with what they tell of. It is asked at each commit. Default: none. */
  readonly publishes?: (type: string) => boolean;
}

/** Numbers about a worker at one moment. */
export interface WorkerStats {
  readonly partitions: number;
  /** Runs in memory, and messages whose consumption is not committed. */
  readonly runs: number;
  readonly messages: number;
  readonly openAttempts: number;
  /** Runs that wait for the next commit. */
  readonly gathering: number;
  /** Commits, and runs in them, since the start. */
  readonly commits: number;
  readonly committedRuns: number;
  /** Permits out and waiting, by target. */
  readonly targets: readonly { readonly target: string; readonly out: number; readonly waiting: number }[];
}

/** A partition worker. */
export interface Worker {
  /** Joins: takes its share of the free partitions and loads their runs. Rejects where the store cannot be reached. */
  start(): Promise<void>;
  /**
   * Leaves. `drain`: nothing new starts; open attempts have up to `timeoutMs` to end, and what is decided is committed.
   * Then every partition is given back and the store's session closed.
   */
  stop(how: { readonly drain: boolean; readonly timeoutMs: number }): Promise<void>;
  /** Starts a run here, answered after its commit; 'elsewhere' where another worker owns its partition. Rejects with a PawlError where the start is refused. */
  startRun(request: StartRequest): Promise<StartAnswer | 'elsewhere'>;
  /** Something may have come: reads the inbox at once. */
  wake(): void;
  stats(): WorkerStats;
  /** How a run of this worker ends; 'elsewhere' where another worker owns it, or takes it, and where the caller gives up. Rejects where the run is set aside. */
  whenEnded(run: string, cancellation?: Pick<Cancellation, 'onCancel'>): Promise<RunEnd | 'elsewhere'>;
  ownedPartitions(): readonly number[];
}

/** Makes a worker; it does nothing before `start`. */
export function createWorker(options: WorkerOptions): Worker {
  return new PartitionWorker(options);
}

class PartitionWorker implements Worker {
  private readonly context: Context;
  private ticking: (() => void) | undefined;
  private stopping: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    const { ports, only } = options;
    this.context = new Context({
      ports,
      limits: { ...defaultLimits, ...options.limits },
      flows: options.flows ?? new FlowCache(ports.store, ports.actions),
      observe: options.observe ?? {},
      publishes: options.publishes,
      only,
      shares: options.shares ?? only === undefined,
    });
  }

  async start(): Promise<void> {
    this.context.ports.store.onWake(() => {
      this.wake();
      this.context.ownership.nudge();
    });
    await this.context.ownership.join();
    // The heart beats while runs are loaded: that may take longer than a lease.
    this.ticking = this.context.ports.clock.after(bounds.beatEvery, this.tick);
    await this.context.ownership.takeShare();
  }

  stop(how: { readonly drain: boolean; readonly timeoutMs: number }): Promise<void> {
    this.stopping ??= this.leave(how);
    return this.stopping;
  }

  startRun(request: StartRequest): Promise<StartAnswer | 'elsewhere'> {
    return this.context.starts.start(request);
  }

  wake(): void {
    this.context.inbox.poll();
    this.context.broker.poll();
  }

  stats(): WorkerStats {
    const { ownership, table, inbox, dispatch, committer, limiter } = this.context;
    return {
      partitions: ownership.owned().length,
      runs: table.size,
      messages: inbox.size,
      openAttempts: dispatch.openAttempts,
      gathering: committer.waiting,
      commits: committer.commits,
      committedRuns: committer.parts,
      targets: [...limiter.usage()],
    };
  }

  whenEnded(run: string, cancellation?: Pick<Cancellation, 'onCancel'>): Promise<RunEnd | 'elsewhere'> {
    return this.context.ends.wait(run, cancellation);
  }

  ownedPartitions(): readonly number[] {
    return this.context.ownership.owned();
  }

  /** Once a second: the heartbeat, a look at the leases, and what would otherwise hang on a lost wake-up or a clock that jumped. */
  private readonly tick = (): void => {
    const { ports, ownership, dispatch, inbox, timers, failed, broker, schedules } = this.context;
    if (failed) return;
    this.ticking = ports.clock.after(bounds.beatEvery, this.tick);
    ownership.beat();
    ownership.step();
    if (ownership.mayStart()) dispatch.resume();
    else dispatch.giveUp('unsent');
    timers.check();
    inbox.poll();
    broker.poll();
    broker.prune();
    schedules.poll();
  };

  private async leave({ drain, timeoutMs }: { readonly drain: boolean; readonly timeoutMs: number }): Promise<void> {
    const { ports, limiter, dispatch, committer, timers, ownership } = this.context;
    this.context.draining = true;
    limiter.pause();
    if (drain) {
      const ended = (): boolean => dispatch.openAttempts === 0 && committer.idle;
      if (!(await waitUntil(ports.clock, timeoutMs, ended))) {
        dispatch.giveUp('all');
        await waitUntil(ports.clock, 2 * bounds.grace, ended);
      }
      dispatch.returnUnsent();
      await waitUntil(ports.clock, bounds.grace, ended);
    }
    committer.stop();
    dispatch.giveUp('all');
    this.ticking?.();
    timers.stop();
    try {
      await ownership.releaseAll();
    } catch (error) {
      ports.log.warn(
        { err: ensureError(error) },
        'The partitions could not be given back; others take them once the lease has run out.',
      );
    }
    await ports.store.close();
  }
}
