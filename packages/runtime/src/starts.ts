import type {
  CompiledFlow,
  FlowError,
  FlowName,
  InboxMessage,
  InboxRow,
  Json,
  Parent,
  PoisonError,
  RunEvent,
  RunStart,
  StartAnswer,
  StartKey,
} from '@pawl/core';
import { apply, emptyState, ensureError, flowError, PawlError, partitionOf } from '@pawl/core';
import { sleep } from './backoff.ts';
import { bounds } from './bounds.ts';
import type { Context } from './context.ts';
import { hasEnded } from './ends.ts';
import type { Part } from './part.ts';
import { lastingOf } from './recovery.ts';
import type { MessageKey, Run } from './run-table.ts';

/** A start, as a caller asks for it. */
export interface StartRequest {
  /** Id of the new run: it names the partition. */
  readonly run: string;
  readonly workspace: string;
  /** Hash of a flow version that the store has. */
  readonly flow: string;
  readonly input: Json;
  readonly key?: StartKey;
  /** Who is told of its end. */
  readonly parent?: Parent;
}

/** A start from the inbox, whose flow may be named. */
type AcceptedStart = StartRequest & { readonly named?: FlowName };

interface StartWaiter {
  /** The run that it asked for. */
  readonly run: string;
  readonly fingerprint: string | undefined;
  readonly resolve: (answer: StartAnswer | 'elsewhere') => void;
  readonly reject: (error: Error) => void;
}

type StartMessage = Extract<InboxMessage, { kind: 'start' }>;

/** Begins runs: those that callers in this process ask for, and those from the inbox. */
export class Starts {
  private readonly context: Context;
  /** Who waits for the first commit of a run. */
  private readonly waiters = new Map<string, StartWaiter[]>();
  /** Runs whose start key is not committed yet, by partition and key. */
  private readonly uncommitted = new Map<string, string>();

  constructor(context: Context) {
    this.context = context;
  }

  /** Answers after the commit that holds the start; 'elsewhere' where this worker does not own the partition. */
  async start(request: StartRequest): Promise<StartAnswer | 'elsewhere'> {
    if (!this.accepts(request.run)) return 'elsewhere';
    const flow = this.context.flows.peek(request.flow) ?? (await this.context.flows.load(request.flow));
    // Asked for again while its first request, or what is stored of it, is on its way into memory.
    while (this.context.recovery.isComing(request.run)) await sleep(this.context.ports.clock, bounds.lookEvery);
    if (!this.accepts(request.run)) return 'elsewhere';
    const keyName = request.key === undefined ? undefined : `${partitionOf(request.run)}:${request.key.keyHash}`;
    const rival = keyName === undefined ? undefined : this.uncommitted.get(keyName);
    const known = rival ?? this.context.table.get(request.run)?.id;
    if (known === undefined) this.begin(request, flow);
    else if (rival === undefined && !this.isUncommitted(known)) return { run: known, replayed: true, mismatch: false };
    return new Promise((resolve, reject) => {
      const waiter = { run: request.run, fingerprint: request.key?.fingerprint, resolve, reject };
      const others = this.waiters.get(known ?? request.run);
      if (others === undefined) this.waiters.set(known ?? request.run, [waiter]);
      else others.push(waiter);
    });
  }

  /** A start from the inbox. One whose run is here already is only consumed. */
  fromInbox(row: InboxRow, message: StartMessage): void {
    const { context } = this;
    const key: MessageKey = { partition: row.partition, id: row.id };
    if (context.table.get(row.run) !== undefined) {
      context.committer.consume(key);
      return;
    }
    const request: AcceptedStart = {
      run: row.run,
      workspace: message.workspace,
      flow: message.flow,
      input: message.input,
      ...(message.key === null ? {} : { key: message.key }),
      ...(message.parent === undefined ? {} : { parent: message.parent }),
      ...(message.named === undefined ? {} : { named: message.named }),
    };
    const flow = message.named === undefined ? context.flows.peek(message.flow) : undefined;
    if (context.recovery.isComing(row.run)) context.inbox.putBack(key);
    else if (flow !== undefined) this.beginAccepted(request, flow, key);
    // Messages to the run that come while its flow is read wait for it.
    else context.recovery.bring(row.run, () => this.loadAndBegin(request, key));
  }

  /** The start is committed. */
  committed(run: Run): void {
    const waiters = this.take(run);
    if (waiters.length === 0) return;
    this.context.ports.fault('start.accepted');
    for (const waiter of waiters) waiter.resolve(answer(waiter, run.id, run.start?.key?.fingerprint));
  }

  /** An earlier run has the start's key. */
  lost(run: Run, winner: string, fingerprint: string): void {
    for (const waiter of this.take(run))
      waiter.resolve({
        run: winner,
        replayed: waiter.fingerprint === fingerprint,
        mismatch: waiter.fingerprint !== fingerprint,
      });
  }

  /** The start cannot be committed. */
  failed(run: Run, error: Error): void {
    for (const waiter of this.take(run)) waiter.reject(error);
  }

  /** The database refuses the rows of a start: the run exists already, or its data cannot be stored. */
  refused(run: Run, part: Part, error: PoisonError): void {
    const { context } = this;
    const waiting = lastingOf(run.queue);
    context.departures.replace(run);
    const bring = async (): Promise<Run | undefined> => {
      const stored = await context.ports.store.run(run.id);
      if (stored !== undefined) {
        for (const waiter of this.take(run)) waiter.resolve({ run: run.id, replayed: true, mismatch: false });
        // Anything but the start was decided for a run that never was: the one that is there must hear it.
        for (const message of part.consumed) {
          if (message === run.startMessage) context.committer.consume(message);
          else context.inbox.putBack(message);
        }
        return hasEnded(stored.status) ? undefined : context.recovery.restore(stored);
      }
      const waiters = this.take(run);
      for (const waiter of waiters)
        waiter.reject(
          new PawlError('PAWL_INPUT_INVALID', `The database does not take the run's data: ${error.message}`, {
            cause: error,
          }),
        );
      const message = run.startMessage;
      for (const other of part.consumed) if (other !== message) context.inbox.putBack(other);
      if (message === undefined || part.start === null) return undefined;
      if (run.state.status === 'faulted' && run.state.input === null) {
        context.ports.log.error(
          { err: error, run: run.id },
          'A start cannot be stored even without its input; it stays in the inbox.',
        );
        return undefined;
      }
      const reason = flowError(
        'validation',
        `The database refused what the run wanted to write (${error.sqlState}): ${error.message}`,
      );
      const { parent } = run.state;
      const told = { input: null, ...(parent === undefined ? {} : { parent }) };
      return this.beginFaulted({ ...part.start, key: null }, run.flow, reason, message, told);
    };
    context.recovery.bring(run.id, bring, waiting);
  }

  /** The partition is lost: the callers send their starts again, with the same ids, to whoever owns it. */
  lostPartition(partition: number): void {
    for (const [run, waiters] of this.waiters) {
      if (partitionOf(run) !== partition) continue;
      this.waiters.delete(run);
      for (const waiter of waiters) waiter.resolve('elsewhere');
    }
    for (const name of this.uncommitted.keys()) if (name.startsWith(`${partition}:`)) this.uncommitted.delete(name);
  }

  private accepts(run: string): boolean {
    const { ownership, only, draining, table } = this.context;
    const partition = partitionOf(run);
    // It waits in the inbox then, instead of in memory.
    if (draining || table.size >= bounds.runsInMemory || only?.has(run) === false) return false;
    // Not while stored runs are being loaded: a run begun among them could be loaded a second time, as it was before.
    return ownership.isReady(partition);
  }

  private isUncommitted(run: string): boolean {
    return (this.context.table.get(run)?.start ?? null) !== null;
  }

  private begin(request: StartRequest, flow: CompiledFlow, message?: MessageKey): Run {
    const at = this.context.now();
    const { run: id, flow: flowHash, input, key, parent } = request;
    const start: RunStart = {
      partition: partitionOf(id),
      run: id,
      workspace: request.workspace,
      flow: flowHash,
      startedAt: at,
      status: 'running',
      waitingFor: null,
      key: key ?? null,
    };
    const run = this.context.advance.begin(
      {
        ...{ id, flowHash, input, at },
        ...(key === undefined ? {} : { key: key.key }),
        ...(parent === undefined ? {} : { parent }),
      },
      flow,
      start,
      message,
    );
    if (key !== undefined) this.uncommitted.set(`${start.partition}:${key.keyHash}`, id);
    return run;
  }

  /** An accepted start is never lost: one that cannot begin faults. */
  private beginAccepted(request: StartRequest, flow: CompiledFlow, message: MessageKey): Run {
    try {
      return this.begin(request, flow, message);
    } catch (error) {
      const detail = ensureError(error).message;
      this.context.ports.log.error({ err: error, run: request.run }, 'A run could not begin; it faults.');
      return this.beginFaulted(this.startOf(request), flow, flowError('runtime', detail), message, request);
    }
  }

  private async loadAndBegin(accepted: AcceptedStart, message: MessageKey): Promise<Run | undefined> {
    let request: StartRequest = accepted;
    try {
      if (accepted.named !== undefined) request = { ...accepted, flow: await this.hashOf(accepted, accepted.named) };
      const flow = await this.context.flows.load(request.flow);
      if (this.context.ownership.lease(message.partition) === undefined) return undefined;
      // A caller in this process may have asked for the same run meanwhile.
      const begun = this.context.table.get(request.run);
      if (begun === undefined) return this.beginAccepted(request, flow, message);
      this.context.committer.consume(message);
      return begun;
    } catch (error) {
      if (!(error instanceof PawlError) || (error.code !== 'PAWL_FLOW_UNKNOWN' && error.code !== 'PAWL_FLOW_INVALID'))
        throw error;
      return this.beginFaulted(
        this.startOf(request),
        undefined,
        flowError('configuration', error.message),
        message,
        request,
      );
    }
  }

  /** The version that a name means at this moment: it is the run's for good. */
  private async hashOf({ workspace }: StartRequest, named: FlowName): Promise<string> {
    const found = await this.context.ports.store.flowNamed(workspace, named);
    if (found !== undefined) return found.hash;
    const { namespace, name, version } = named;
    const which = version === undefined || version === 'latest' ? '' : ` in version ${version}`;
    throw new PawlError('PAWL_FLOW_UNKNOWN', `There is no flow ${namespace}/${name}${which}.`);
  }

  private startOf(request: StartRequest): RunStart {
    const { run, workspace, flow, key } = request;
    return {
      partition: partitionOf(run),
      run,
      workspace,
      flow,
      startedAt: this.context.now(),
      status: 'faulted',
      waitingFor: null,
      key: key ?? null,
    };
  }

  /** A run that faults as it begins. Its events are made here, as nothing of the flow can be decided. */
  private beginFaulted(
    start: RunStart,
    flow: CompiledFlow | undefined,
    error: FlowError,
    message: MessageKey,
    { input, parent }: { readonly input: Json; readonly parent?: Parent },
  ): Run {
    const events: RunEvent[] = [
      {
        type: 'run.started',
        at: start.startedAt,
        flow: start.flow,
        input,
        ...(start.key === null ? {} : { key: start.key.key }),
        ...(parent === undefined ? {} : { parent }),
      },
      { type: 'run.faulted', at: start.startedAt, error },
    ];
    const state = emptyState(start.run);
    for (const event of events) apply(state, event);
    return this.context.advance.adopt(state, flow ?? noFlow, events, start, message);
  }

  private take(run: Run): readonly StartWaiter[] {
    const hash = run.start?.key?.keyHash;
    if (hash !== undefined) this.uncommitted.delete(`${run.partition}:${hash}`);
    const waiters = this.waiters.get(run.id);
    if (waiters === undefined) return none;
    this.waiters.delete(run.id);
    return waiters;
  }
}

/** How a waiter is answered once the run that it waited for is committed. */
function answer(waiter: StartWaiter, run: string, fingerprint: string | undefined): StartAnswer {
  if (waiter.run === run) return { run, replayed: false, mismatch: false };
  return { run, replayed: waiter.fingerprint === fingerprint, mismatch: waiter.fingerprint !== fingerprint };
}

/** Stands in where a flow cannot be had: the run has ended, so that nothing of it is ever asked. */
const noFlow = {} as CompiledFlow;

const none: readonly StartWaiter[] = [];
