import type { AcceptedEvent } from './accept-events.ts';
import type { Actions, ApiStore, Clock, Json, Log, PublicEvent, RunSummary, Verdict } from '@pawl/core';
import type { Endpoint } from '@pawl/actions';
import type { Worker } from '@pawl/runtime';
import type { DeployOptions, Deployment } from './deploy.ts';
import type { PublicSchedule } from './control-schedules.ts';
import type { DecisionVerdict, MessageVerdict, Sender } from './messages.ts';
import type { AuditStore } from '@pawl/store';
import type { TokenAdmin } from '../access/token-admin.ts';
import type { SecretAdmin } from '../secrets/secret-admin.ts';
import type { EngineObserver } from './observers.ts';
import type { Question } from './questions.ts';
import type { PublicRun } from './read-run.ts';
import type { Started, StartOptions } from './start-run.ts';
import type { EventSink } from './event-sink.ts';
import type { ToldEvent } from './lifecycle.ts';

/** A living Pawl: store, actions and, unless it was opened without, a worker. */
export interface Engine {
  readonly store: ApiStore;
  readonly actions: Actions;
  readonly workspace: string;
  /** Secrets and connections of the workspace. */
  readonly secrets: SecretAdmin;
  /** Named access tokens of the workspace. */
  readonly tokens: TokenAdmin;
  /** What people did. */
  readonly audit: AuditStore;
  readonly log: Log;
  /** In step with the database's clock. */
  readonly clock: Clock;
  /** The worker; undefined in mode `none` before `advance`. */
  readonly worker: Worker | undefined;
  /** What posts events to a sink; undefined: there is none, or this process has no worker. */
  readonly sink: Pick<EventSink, 'stats'> | undefined;
  /** Whether the database has refused what the worker wants to write for a while. */
  readonly refusesWrites: boolean;
  /** Resolves when the worker cannot go on: others take its runs over, and this process should end. */
  readonly failed: Promise<Error>;
  /** Adds an observer; the returned function takes it away. */
  observe(observer: EngineObserver): () => void;
  /** Checks and publishes a flow; see `deployFlow`. */
  deploy(text: string, options?: DeployOptions): Promise<Deployment>;
  /** Starts a run; see `startRun`. */
  start(options: StartOptions): Promise<Started>;
  /** Accepts CloudEvents, all or none; see `acceptEvents`. Throws PAWL_EVENT_INVALID, PAWL_TOO_LARGE. */
  acceptEvents(events: readonly Json[]): Promise<readonly AcceptedEvent[]>;
  /** Schedules in force, by namespace and name. */
  schedules(page: {
    readonly cursor: string | null;
    readonly limit: number;
  }): Promise<{ readonly items: readonly PublicSchedule[]; readonly next: string | null }>;
  /** Starts no run by itself until it is resumed. Throws PAWL_SCHEDULE_UNKNOWN. */
  pauseSchedule(namespace: string, name: string, sender: Sender): Promise<PublicSchedule>;
  /** Lets a schedule go on; what came meanwhile is left out. Throws PAWL_SCHEDULE_UNKNOWN. */
  resumeSchedule(namespace: string, name: string, sender: Sender): Promise<PublicSchedule>;
  /** In mode `none`: makes a worker that owns and advances this one run. */
  advance(run: string): Promise<void>;
  /** Asks a run to end; the owner's verdict is waited for at most 5 s. Throws PAWL_RUN_UNKNOWN, PAWL_RUN_QUARANTINED. */
  cancel(run: string, sender: Sender): Promise<MessageVerdict>;
  /** Lets a run go on that was set aside. Throws PAWL_RUN_UNKNOWN, PAWL_RUN_NOT_SET_ASIDE. */
  resume(run: string, sender: Sender): Promise<void>;
  /**
   * Answers a question; the owner's verdict is waited for at most 5 s. Throws PAWL_DECISION_UNKNOWN, PAWL_DECISION_TAKEN,
   * PAWL_DECISION_INVALID, PAWL_DECISION_REFUSED.
   */
  decide(id: string, verdict: Verdict, sender: Sender): Promise<DecisionVerdict>;
  /** A question, open or decided, with what it is about. Throws PAWL_DECISION_UNKNOWN. */
  question(id: string): Promise<Question>;
  /** Questions to a person, the oldest first, with what they are about. */
  questions(
    options: Parameters<ApiStore['decisions']>[0],
  ): Promise<{ readonly items: readonly Question[]; readonly next: string | null }>;
  /** The run's head. Throws PAWL_RUN_UNKNOWN. */
  summary(id: string): Promise<RunSummary>;
  /** Runs that a run has started, in order. Throws PAWL_RUN_UNKNOWN. */
  children(
    id: string,
    page: { readonly cursor: string | null; readonly limit: number },
  ): Promise<{ readonly items: readonly RunSummary[]; readonly next: string | null }>;
  /** The run as it is now. Throws PAWL_RUN_UNKNOWN. */
  run(id: string): Promise<PublicRun>;
  /** The folded state after event `at`, or now. Throws PAWL_RUN_UNKNOWN, PAWL_NOT_FOUND. */
  state(id: string, at?: number): Promise<Json>;
  /** Public events after event `after`, at most `limit`. Throws PAWL_RUN_UNKNOWN. */
  journal(
    id: string,
    after: number,
    limit: number,
  ): Promise<{ readonly items: readonly PublicEvent[]; readonly more: boolean }>;
  /** Public events after event `after`, each once it is committed, until the run's end or the signal. Throws PAWL_RUN_UNKNOWN. */
  watch(id: string, after: number, signal?: AbortSignal): AsyncGenerator<PublicEvent, void, undefined>;
  /** The life of a run and its steps as CloudEvents after number `after`, at most `limit`. Throws PAWL_RUN_UNKNOWN. */
  lifecycle(
    id: string,
    after: number,
    limit: number,
  ): Promise<{ readonly items: readonly ToldEvent[]; readonly more: boolean }>;
  /** The same, each once it is committed, until the run's end or the signal. Throws PAWL_RUN_UNKNOWN. */
  watchLifecycle(id: string, after: number, signal?: AbortSignal): AsyncGenerator<ToldEvent, void, undefined>;
  /** Resolves with the run once it has ended; undefined when `signal` is aborted before. Throws PAWL_RUN_UNKNOWN, PAWL_RUN_QUARANTINED. */
  ended(id: string, signal?: AbortSignal): Promise<PublicRun | undefined>;
  /** An endpoint of this Pawl that no flow reaches from now on. */
  deny(endpoint: Endpoint): void;
  /** Leaves: open attempts have up to `timeoutMs` (default 10,000) to end if `drain`; then everything is closed. */
  stop(how?: { readonly drain?: boolean; readonly timeoutMs?: number }): Promise<void>;
}
