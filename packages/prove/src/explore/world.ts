import type { Commit, Log } from '@pawl/core';
import { ensureError, PoisonError } from '@pawl/core';
import type { RuntimeObserver } from '@pawl/runtime';
import { FlowCache } from '@pawl/runtime';
import { narrowHash } from '../sim/narrow-hash.ts';
import { Prng } from '../sim/prng.ts';
import { Timeline } from '../sim/timeline.ts';
import type { Owner } from '../sim/timeline.ts';
import type { Fate, Gate, StoreCall } from '../store/gate.ts';
import { latency } from '../store/gate.ts';
import type { StoreMutation } from '../store/mutation.ts';
import type { TablesCopy } from '../store/restore.ts';
import { copyTables } from '../store/restore.ts';
import { SimStore } from '../store/sim-store.ts';
import { hasEnded } from '../store/tables.ts';
import { lyingActions, simActions } from '../targets/catalog.ts';
import type { AttemptWatch } from '../targets/sim-targets.ts';
import { SimTargets } from '../targets/sim-targets.ts';
import type { WireMoment, WireMutation } from '../targets/wire-files.ts';
import { WireFiles } from '../targets/wire-files.ts';
import { Auditor } from './auditor.ts';
import { EventAudit } from './event-audit.ts';
import type { Boundary, FaultKind } from './fault-table.ts';
import { Injector } from './injector.ts';
import { People } from './people.ts';
import type { Focus } from './plan.ts';
import { FaultPlan } from './plan.ts';
import { Planner } from './planner.ts';
import type { Population } from './population.ts';
import { drawPopulation } from './population.ts';
import type { Shape } from './shape.ts';
import { shapeFor } from './shape.ts';
import type { SimLimits } from './sim-limits.ts';
import { drawLimits } from './sim-limits.ts';
import { SimWorker } from './sim-worker.ts';

/** A guard that is switched off, in the store, the wire files or the catalog. */
export interface Mutation extends StoreMutation, WireMutation {
  /** Guarantee: an action that must happen once at most is declared idempotent. */
  readonly lies?: boolean;
}

/** What a world is made with. */
export interface WorldOptions {
  readonly seed: number;
  readonly mutation?: Mutation;
  /** The fault that it is about; default: the seed says. */
  readonly focus?: Focus | undefined;
  /** Is told what happens, line by line. */
  readonly trace?: (line: string) => void;
}

/** Partitions of a simulated store: few, so that workers meet. */
const partitions = 4;
/** Most workers at a time. */
const mostWorkers = 3;

/** Everything of one seed: a store, targets, people, and workers that come and go. */
export class World {
  readonly timeline: Timeline;
  readonly prng: Prng;
  readonly store: SimStore;
  readonly targets: SimTargets;
  readonly auditor: Auditor;
  readonly events: EventAudit;
  readonly planner: Planner;
  readonly hash = narrowHash(partitions);
  readonly people: People;
  readonly plan: FaultPlan;
  readonly shape: Shape;
  readonly limits: SimLimits;
  readonly flows: FlowCache | undefined;
  readonly wires: WireFiles | undefined;
  workers: SimWorker[] = [];
  /** Workers that were killed. */
  crashes = 0;
  healed = false;
  /** An earlier state of the database, to which it may go back. */
  copy: TablesCopy | undefined;
  private readonly injector: Injector;
  private readonly traced: ((line: string) => void) | undefined;
  private named = 0;
  /** The one run that all workers are for, as long as it has not ended. */
  private alone: string | undefined;

  constructor({ seed, mutation = {}, focus, trace }: WorldOptions) {
    const prng = new Prng(seed);
    this.prng = prng;
    this.traced = trace;
    this.timeline = new Timeline(prng.fork());
    this.plan = new FaultPlan(seed, prng.fork(), focus);
    this.shape = shapeFor(this.plan.focus.boundary);
    this.limits = drawLimits(prng);
    this.injector = new Injector(this);
    this.store = new SimStore({ timeline: this.timeline, prng: prng.fork(), partitions, gate: this.gate(), mutation });
    const { tables } = this.store;
    this.auditor = new Auditor(tables);
    this.events = new EventAudit(this.auditor, tables);
    const catalog = mutation.lies ? lyingActions : simActions;
    this.targets = new SimTargets(this.timeline, prng.fork(), this.watch(), catalog);
    const keeps = this.shape.wires ?? prng.chance(0.6);
    this.wires = keeps ? this.wireFiles(mutation) : undefined;
    this.targets.harm = this.shape.harm ?? prng.pick([0, 0.3, 1]);
    if (prng.chance(0.05)) this.targets.datasetsGoneAt = prng.between(0, prng.pick([50, 3_000]));
    this.people = new People(this);
    const population = drawPopulation(prng.fork(), { catalog, partitions, ...this.shape });
    for (const flow of population.flows) {
      tables.flows.set(flow.hash, flow);
      tables.named.set(JSON.stringify(['default', flow.namespace, flow.name, flow.version]), flow.hash);
    }
    this.planner = new Planner(this, prng.fork());
    if (population.talks) this.planner.publishNews();
    if (this.shape.scheduled || (population.talks && prng.chance(0.4))) this.planner.schedule();
    const shared = !this.shape.ownFlows && prng.chance(0.9);
    const read = { flow: (hash: string) => Promise.resolve(tables.flows.get(hash)) };
    this.flows = shared ? new FlowCache(read, { describe: (name) => catalog.get(name) }) : undefined;
    this.ask(population.wishes);
    this.people.watchQuestions();
    const count = 1 + prng.int(mostWorkers);
    for (let i = 0; i < count; i += 1) this.spawn(i === 0 ? 0 : prng.between(0, prng.pick([5, 3_000])));
  }

  /** Runs that were set aside, as their owners died again and again: three deaths at one event look like a run that kills. */
  get setAside(): number {
    let count = 0;
    if (this.plan.count < 3) return count;
    for (const { quarantined } of this.store.tables.runs.values())
      if (quarantined?.detail?.includes('workers ended') === true) count += 1;
    return count;
  }

  /** Whether the owners of all partitions have looked at all events. */
  eventsGiven(): boolean {
    for (const { fresh } of this.store.tables.events.events.values()) if (fresh) return false;
    return true;
  }

  /** Starts one more worker after a while. */
  spawn(after: number): void {
    this.timeline.after(after, nobody, () => {
      if (this.workers.length >= mostWorkers) return;
      this.named += 1;
      const worker = new SimWorker(`w${this.named}`, this, this.alone);
      this.workers.push(worker);
      this.trace(`${worker.name} starts`);
      worker.start().catch((error: unknown) => {
        this.trace(`${worker.name} could not start: ${ensureError(error).message}`);
        this.end(worker);
      });
    });
  }

  /** The worker's process ends; another one is started in its place. */
  end(worker: SimWorker): void {
    if (worker.life === 'dead') return;
    worker.kill();
    this.workers = this.workers.filter((other) => other !== worker);
    // Sometimes nobody notices for a while.
    if (this.healed || this.workers.length === 0 || this.prng.chance(0.7))
      this.spawn(this.prng.between(20, this.prng.pick([200, 4_000])));
  }

  /** People ask for these starts; now and then there is one, which all workers are for. */
  private ask(wishes: Population['wishes']): void {
    const plain = this.shape.script === undefined && this.planner.isIdle;
    const [first] = wishes;
    const alone = first !== undefined && plain && this.prng.chance(0.15) ? first : undefined;
    for (const { wish, after } of alone === undefined ? wishes : [alone]) this.people.wish(wish, after);
    if (alone !== undefined) this.runAlone(alone.wish.run);
  }

  /** One run and nothing else, as by `pawl run`; what it leaves to others is theirs once it has ended. */
  private runAlone(run: string): void {
    this.alone = run;
    this.timeline.after(200, nobody, () => {
      const record = this.store.tables.runs.get(run);
      if (record === undefined || !(hasEnded(record.status) || record.quarantined !== null)) return this.runAlone(run);
      this.trace(`${run} was run; others may come`);
      this.alone = undefined;
      for (const worker of this.workers) this.end(worker);
    });
  }

  anyWorker(): SimWorker | undefined {
    const able = this.workers.filter((worker) => worker.started && worker.life === 'running');
    return able.length === 0 ? undefined : this.prng.pick(able);
  }

  isAlive(name: string): boolean {
    return this.workers.some((worker) => worker.name === name);
  }

  startLeaves(): boolean {
    return this.visit('start', undefined) === 'duplicateStart';
  }

  questionMet(run: string): boolean {
    return this.visit('question', undefined, run) === 'racingDecisions';
  }

  fault(worker: SimWorker): (point: Boundary) => void {
    return (point) => void this.visit(point, worker);
  }

  observe(worker: SimWorker): RuntimeObserver {
    const { auditor } = this;
    return {
      onCommitted: (run, firstSeq, events, state) => {
        if (worker.life !== 'dead') auditor.shown(run, firstSeq, events, state);
      },
      onFailed: (error) => {
        if (worker.life !== 'dead') auditor.report('I6', `worker ${worker.name} failed: ${error.stack}`);
      },
    };
  }

  log(worker: SimWorker): Log {
    const line = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
      if (worker.life === 'dead') return;
      const { err, ...more } = fields;
      if (level === 'error' && !expected.some((known) => message.startsWith(known)))
        this.auditor.report(
          'I6',
          `${message} ${JSON.stringify(more)} ${err === undefined ? '' : ensureError(err).stack}`,
        );
      this.trace(
        `${worker.name} ${level}: ${message} ${JSON.stringify(more)} ${err === undefined ? '' : ensureError(err).message}`,
      );
    };
    return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
  }

  /** A boundary is reached; what happens there has happened when this returns. */
  visit(boundary: Boundary, worker: SimWorker | undefined, run?: string): FaultKind | undefined {
    const kind = this.plan.visit(boundary, (one) => this.injector.isAble(one, worker, run));
    if (kind === undefined) return undefined;
    this.trace(`FAULT ${kind} at ${boundary} of ${worker?.name ?? 'nobody'}`);
    this.injector.inject(kind, worker, run);
    return kind;
  }

  /** The database goes back: what it has lost is lost for those who read along too. */
  restore(): void {
    if (this.copy === undefined || this.healed) return;
    this.store.restore(this.copy);
    this.auditor.wentBack();
    this.people.wentBack();
  }

  /** No more faults: what was broken works again. */
  heal(): void {
    this.trace('HEALED');
    this.healed = true;
    this.plan.stop();
    this.targets.harm = 0;
    for (const worker of this.workers) {
      worker.session?.heal();
      this.timeline.resume(worker);
    }
    if (this.workers.length === 0) this.spawn(0);
  }

  trace(line: string): void {
    this.traced?.(`${this.timeline.time.toFixed(3).padStart(11)} ${line}`);
  }

  private gate(): Gate {
    return {
      call: (name, call, commit) => this.fateOf(name, call, commit),
      written: (name, commit, result) => {
        this.traceCommit(name, commit);
        this.auditor.written(name, commit, result);
        this.events.written(commit);
        this.keepCopy();
        this.visit('commit.written', this.worker(name), commit.journal[0]?.run);
      },
      refused: (name, commit, error) => {
        this.trace(`${name} REFUSED ${error.message}`);
        if (error instanceof PoisonError && commit.starts.length === 0 && commit.schedules === undefined)
          this.auditor.report('I4', `the store refused a commit of ${name}: ${error.message}`);
      },
      wake: () => {
        const kind = this.visit('wake', undefined);
        if (kind === 'wakeLost') return 'lost';
        return kind === 'wakeDoubled' ? 'doubled' : 'sent';
      },
    };
  }

  private fateOf(name: string, call: StoreCall, commit: Commit | undefined): Fate {
    const { prng } = this;
    const run = commit === undefined ? undefined : commit.journal[0]?.run;
    const kind = this.visit(`call.${call}` as Boundary, this.worker(name), run);
    const fate = { there: latency(prng), back: latency(prng) };
    if (call === 'commit' && this.injector.stage(this.worker(name))) return { ...fate, loss: 'reply' };
    switch (kind) {
      case 'callLost':
        return { ...fate, loss: 'request' };
      case 'replyLost':
        return { ...fate, loss: 'reply' };
      case 'silence':
        return { ...fate, loss: 'silence' };
      case 'slowCall':
        return { ...fate, there: prng.between(50, 4_000) };
      case 'slowCommit':
        return { ...fate, open: prng.between(50, 5_000) };
      default:
        return fate;
    }
  }

  private watch(): AttemptWatch {
    return {
      moment: (owner, moment, request) => void this.visit(`attempt.${moment}`, this.worker(owner.name), request.run),
      left: (request) => {
        this.trace(`SENT ${request.step} attempt ${request.attempt} key ${request.key}`);
        this.auditor.left(request);
      },
      behaved: (owner, behaviour, request) =>
        this.trace(`${owner.name} ${request.step} attempt ${request.attempt} meets ${behaviour}`),
    };
  }

  private wireFiles(mutation: WireMutation): WireFiles {
    const { timeline, prng } = this;
    const moment = (owner: Owner, at: WireMoment): boolean =>
      this.visit(`wire.${at}`, this.worker(owner.name)) === 'fileLost';
    return new WireFiles({ timeline, prng: prng.fork(), mutation, moment });
  }

  private keepCopy(): void {
    if (!this.healed && this.plan.mayHappen('restore') && this.prng.chance(0.2))
      this.copy = copyTables(this.store.tables);
  }

  private worker(name: string): SimWorker | undefined {
    return this.workers.find((worker) => worker.name === name);
  }

  private traceCommit(name: string, commit: Commit): void {
    if (this.traced === undefined) return;
    for (const row of commit.starts) this.trace(`${name} begins ${row.run} ${JSON.stringify(row.key?.key ?? null)}`);
    for (const row of commit.journal)
      this.trace(`${name} writes ${row.run} ${row.from}-${row.to} ${row.body.slice(0, 600)}`);
    for (const row of commit.heads) this.trace(`${name} head ${JSON.stringify(row)}`);
    for (const row of commit.consumed) this.trace(`${name} consumes ${row.id}`);
  }
}

/** What a worker says of a start that was asked for twice, and of a run that is set aside, which is looked at apart. */
const expected = ['The database refuses what a run wants to write', 'A run is set aside'];

/** Whoever starts processes: it belongs to no worker. */
const nobody: Owner = { name: 'supervisor', life: 'running', backlog: [] };
