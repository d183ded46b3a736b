import { randomUUID } from 'node:crypto';
import type { Actions, Clock, Json, Limits, Log, Store, Verdict } from '@pawl/core';
import { ensureError, invariant, limits as defaultLimits } from '@pawl/core';
import { createActions, createConnections, loadConnections, nodeHash } from '@pawl/actions';
import type { Endpoint, ProcessActions } from '@pawl/actions';
import type { Worker } from '@pawl/runtime';
import { createWorker, FlowCache } from '@pawl/runtime';
import { type AuditStore, openStore, type PawlStore } from '@pawl/store';
import { TokenAdmin } from '../access/token-admin.ts';
import { acceptEvents } from './accept-events.ts';
import { armedFault } from './armed-fault.ts';
import { CommitHealth } from './commit-health.ts';
import type { EngineContext } from './context.ts';
import { listSchedules, pauseSchedule, resumeSchedule } from './control-schedules.ts';
import { databaseEndpoints } from './database-endpoints.ts';
import { deployFlow, type DeployOptions } from './deploy.ts';
import type { Engine } from './engine.ts';
import { EventSink, toldToSink } from './event-sink.ts';
import { readLifecycle, watchLifecycle } from './lifecycle.ts';
import { listChildren } from './list-children.ts';
import { openLog } from './log.ts';
import { Messages, type Sender } from './messages.ts';
import { nodeClock, nodeRandom } from './node-ports.ts';
import { type EngineObserver, Observers } from './observers.ts';
import type { EngineOptions } from './options.ts';
import { Questions } from './questions.ts';
import { readRun, readStateAt, requireRun } from './read-run.ts';
import { RunFeed } from './run-feed.ts';
import { enforceSchedules } from './schedules.ts';
import { type StartOptions, startRun } from './start-run.ts';
import { waitEnded } from './wait-ended.ts';
import { readJournalPage, watchRun } from './watch-run.ts';
import { watchStore } from './watched-store.ts';
import { WireFile } from './wire-file.ts';
import { openVault } from '../secrets/open-vault.ts';
import type { SecretAdmin } from '../secrets/secret-admin.ts';
import { logRuns } from '../observe/log-lines.ts';
import { FactsOfRuns } from '../observe/run-facts.ts';
import { traceRuns } from '../observe/traces.ts';

const userAgent = 'Pawl/0.1.0';
const defaultWorkspace = 'default';
/** How long a drain waits for open attempts (ms). */
const drainMs = 10_000;

/**
 * Makes a living Pawl out of its ports: opens (and migrates) the store, makes the actions, joins as a worker. Rejects
 * with a PawlError, having left nothing open.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const known = createConnections(options.connections ?? {}, loadConnections(options.connectionsFile));
  const ownLog = options.log ?? (await openLog(options.logLevel));
  const secrets = openVault(options, options.workspace ?? defaultWorkspace, ownLog, known);
  const { log } = secrets;
  const actions = createActions({
    allowNets: options.allowNets ?? '',
    denyEndpoints: [...(options.denyEndpoints ?? []), ...databaseEndpoints(options.database)],
    files: options.files ?? [],
    allowRun: options.allowRun ?? '',
    connections: secrets.connections,
    secrets: secrets.vault,
    log,
    userAgent,
    ...(options.grants === undefined ? {} : { grants: options.grants }),
    ...(options.extraActions === undefined ? {} : { extra: options.extraActions }),
  });
  let engine: LivingEngine | undefined;
  try {
    const store = await openStore({
      url: options.database,
      log,
      allowUnsafe: options.allowUnsafe ?? false,
      ...(options.lineageFile === undefined ? {} : { lineageFile: options.lineageFile }),
    });
    secrets.vault.bind(store.sealed);
    engine = new LivingEngine(options, store, actions, log, secrets.admin(actions));
    await engine.observeRuns();
    const mode = options.worker ?? 'shares';
    if (mode === 'shares' || mode === 'beside') {
      await engine.join({ shares: mode === 'shares' });
      await engine.enforceSchedules();
      engine.openSink();
    } else if (mode !== 'none') await engine.join({ shares: false, only: mode.only });
    return engine;
  } catch (error) {
    await (engine?.stop() ?? actions.close());
    throw error;
  }
}

class LivingEngine implements Engine {
  readonly store: Store['api'];
  readonly actions: Actions;
  readonly workspace: string;
  readonly secrets: SecretAdmin;
  readonly tokens: TokenAdmin;
  readonly audit: AuditStore;
  readonly log: Log;
  readonly clock: Clock;
  readonly failed: Promise<Error>;
  worker: Worker | undefined;
  sink: EventSink | undefined;
  private hasFailed = false;
  private readonly options: EngineOptions;
  private readonly wholeStore: Store;
  private readonly closableActions: ProcessActions;
  private readonly context: EngineContext;
  private readonly messages: Messages;
  private readonly commits: CommitHealth;
  private readonly asked: Questions;
  private readonly observers: Observers;
  private wire: WireFile | undefined;
  private stopping: Promise<void> | undefined;

  constructor(options: EngineOptions, store: PawlStore, actions: ProcessActions, log: Log, secrets: SecretAdmin) {
    this.options = options;
    this.wholeStore = store;
    this.store = store.api;
    this.actions = actions;
    this.closableActions = actions;
    this.workspace = options.workspace ?? defaultWorkspace;
    this.log = log;
    this.secrets = secrets;
    this.clock = nodeClock(store.api.clockOffset());
    this.tokens = new TokenAdmin(store.tokens, this.workspace, this.clock, log);
    this.audit = store.audit;
    const feed = new RunFeed();
    this.observers = new Observers(log);
    this.observers.add({ onCommitted: (run, firstSeq, events) => feed.committed(run, firstSeq, events) });
    this.commits = new CommitHealth(this.clock, log);
    this.observers.add({ onStore: (note) => this.commits.note(note) });
    this.failed = new Promise((resolve) => {
      this.observers.add({
        onFailed: (error) => {
          this.hasFailed = true;
          resolve(error);
        },
      });
    });
    if (options.observe !== undefined) this.observers.add(options.observe);
    this.context = {
      api: store.api,
      actions,
      readText: (reference, flow, cancellation) => actions.readText(reference, flow, cancellation),
      flows: new FlowCache(store.api, actions),
      workspace: this.workspace,
      limits: { ...defaultLimits, ...options.limits } as Limits,
      clock: this.clock,
      random: nodeRandom,
      hash: nodeHash,
      log,
      feed,
      commits: this.commits,
      worker: () => this.worker,
    };
    this.messages = new Messages(this.context);
    this.asked = new Questions(this.context);
  }

  /** What was cut off between a deploy and the schedule in it. */
  enforceSchedules(): Promise<void> {
    return enforceSchedules(this.context);
  }

  /** Traces where this process has a tracer, and a line an attempt at level `debug`. */
  async observeRuns(): Promise<void> {
    const traces = await traceRuns(new FactsOfRuns(this.context.flows, this.workspace));
    if (traces !== undefined) this.observers.add(traces);
    if (this.options.logLevel !== 'debug') return;
    this.observers.add(logRuns(this.log, new FactsOfRuns(this.context.flows, this.workspace)));
  }

  async join({ shares, only }: { readonly shares: boolean; readonly only?: string }): Promise<void> {
    invariant(this.worker === undefined, 'an engine has one worker');
    const { actions, clock, random, hash, log, flows, limits } = this.context;
    const id = randomUUID();
    const joined = await this.wholeStore.joinAsWorker({ id, shares });
    const store = watchStore(joined, (note) => this.observers.onStore(note));
    const fault = this.options.fault ?? armedFault(process.env['PAWL_FAULT']);
    const { wireFolder, eventSink } = this.options;
    this.wire = wireFolder === undefined ? undefined : new WireFile(wireFolder, id, log);
    this.worker = createWorker({
      ports: {
        store,
        actions,
        clock,
        random,
        hash,
        log,
        fault,
        ...(this.wire === undefined ? {} : { wire: this.wire }),
      },
      limits,
      flows,
      shares,
      observe: this.observers,
      ...(only === undefined ? {} : { only }),
      ...(eventSink === undefined ? {} : { publishes: (type) => toldToSink(type, eventSink) }),
    });
    await this.worker.start();
  }

  /** Where events go out, if anywhere. */
  openSink(): void {
    const { eventSink } = this.options;
    if (eventSink !== undefined) this.sink = new EventSink(this.context, eventSink, randomUUID());
  }

  advance(run: string): Promise<void> {
    return this.join({ shares: false, only: run });
  }

  get refusesWrites(): boolean {
    return this.commits.failing;
  }

  deny(endpoint: Endpoint): void {
    this.closableActions.deny(endpoint);
  }

  observe(observer: EngineObserver): () => void {
    return this.observers.add(observer);
  }

  deploy(text: string, options: DeployOptions = {}): ReturnType<Engine['deploy']> {
    return deployFlow(this.context, text, options);
  }

  start(options: StartOptions): ReturnType<Engine['start']> {
    return startRun(this.context, options);
  }

  acceptEvents(events: readonly Json[]): ReturnType<Engine['acceptEvents']> {
    return acceptEvents(this.context, events);
  }

  schedules(page: Parameters<Engine['schedules']>[0]): ReturnType<Engine['schedules']> {
    return listSchedules(this.context, page);
  }

  pauseSchedule(namespace: string, name: string, sender: Sender): ReturnType<Engine['pauseSchedule']> {
    return pauseSchedule(this.context, namespace, name, sender);
  }

  resumeSchedule(namespace: string, name: string, sender: Sender): ReturnType<Engine['resumeSchedule']> {
    return resumeSchedule(this.context, namespace, name, sender);
  }

  cancel(run: string, sender: Sender): ReturnType<Engine['cancel']> {
    return this.messages.cancel(run, sender);
  }

  resume(run: string, sender: Sender): ReturnType<Engine['resume']> {
    return this.messages.resume(run, sender);
  }

  decide(id: string, verdict: Verdict, sender: Sender): ReturnType<Engine['decide']> {
    return this.messages.decide(id, verdict, sender);
  }

  async question(id: string): ReturnType<Engine['question']> {
    return this.asked.of(await this.messages.question(id));
  }

  questions(options: Parameters<Engine['questions']>[0]): ReturnType<Engine['questions']> {
    return this.asked.list(options);
  }

  summary(id: string): ReturnType<Engine['summary']> {
    return requireRun(this.context, id);
  }

  children(id: string, page: Parameters<Engine['children']>[1]): ReturnType<Engine['children']> {
    return listChildren(this.context, id, page);
  }

  run(id: string): ReturnType<Engine['run']> {
    return readRun(this.context, id);
  }

  state(id: string, at?: number): Promise<Json> {
    return readStateAt(this.context, id, at);
  }

  journal(id: string, after: number, limit: number): ReturnType<Engine['journal']> {
    return readJournalPage(this.context, id, after, limit);
  }

  watch(id: string, after: number, signal?: AbortSignal): ReturnType<Engine['watch']> {
    return watchRun(this.context, id, after, signal);
  }

  lifecycle(id: string, after: number, limit: number): ReturnType<Engine['lifecycle']> {
    return readLifecycle(this.context, id, after, limit);
  }

  watchLifecycle(id: string, after: number, signal?: AbortSignal): ReturnType<Engine['watchLifecycle']> {
    return watchLifecycle(this.context, id, after, signal);
  }

  ended(id: string, signal?: AbortSignal): ReturnType<Engine['ended']> {
    return waitEnded(this.context, id, signal);
  }

  stop(how: { readonly drain?: boolean; readonly timeoutMs?: number } = {}): Promise<void> {
    this.stopping ??= this.leave(how.drain ?? false, how.timeoutMs ?? drainMs);
    return this.stopping;
  }

  /** Each part is closed whatever the others do. */
  private async leave(drain: boolean, timeoutMs: number): Promise<void> {
    const steps = [
      () => this.sink?.stop(),
      // A worker that failed commits nothing more, so that there is nothing to wait for.
      () => this.worker?.stop({ drain: drain && !this.hasFailed, timeoutMs }),
      () => this.wire?.close(),
      () => this.closableActions.close(),
      () => this.wholeStore.close(),
    ];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        this.log.warn({ err: ensureError(error) }, 'A part of Pawl could not be closed.');
      }
    }
  }
}
