import type {
  CompiledFlow,
  FlowError,
  Frame,
  Hash,
  Json,
  JsonObject,
  Listening,
  RunState,
  RunSummary,
  SnapshotRow,
  StoredRun,
} from '@pawl/core';
import {
  apply,
  decodeSnapshot,
  emptyState,
  foldRows,
  listeners,
  nameOf,
  PawlError,
  payloadsOf,
  pending,
  stateToJson,
  statusOf,
} from '@pawl/core';
import type { EngineContext } from './context.ts';
import { decodeEvents } from './journal.ts';
import { isRunId } from './run-ids.ts';

/** One thing that a run waits for or does right now. */
export interface OpenWork {
  readonly kind: 'attempt' | 'permit' | 'timer' | 'page' | 'decision' | 'event' | 'child' | 'continue';
  /** JSON pointer and name of the step; absent for the run itself. */
  readonly step?: string;
  readonly name?: string;
  /** When it ends by itself (ms since the epoch). */
  readonly until?: number;
  readonly attempt?: number;
  readonly target?: string;
  /** `decision`: the action whose outcome is unknown. */
  readonly action?: string;
  /** `event`: the literal attributes of the events that it waits for, of each filter one. */
  readonly events?: readonly JsonObject[];
  /** `child`: the run whose end it waits for. */
  readonly child?: string;
  /** Id of the question to a person. */
  readonly decision?: string;
  /** `decision`: what the step asks; absent: whether its effect was applied. */
  readonly asks?: string;
  /** The last attempt's error. */
  readonly error?: FlowError;
}

/** A run as the API shows it. */
export interface PublicRun extends RunSummary {
  readonly input: Json;
  /** The run that waits for its end; null: none does. */
  readonly parent: string | null;
  /** Null until it has completed. */
  readonly output: Json;
  /** Null unless it faulted. */
  readonly error: FlowError | null;
  /** Number of the last event; 0: none yet. */
  readonly seq: number;
  /** What is under way, and what it waits for. */
  readonly open: readonly OpenWork[];
  /** It was set aside because deciding it failed. */
  readonly quarantined: boolean;
}

/** Filters of a listening step that are shown. */
const shownFilters = 20;

/** Rows of one read while a state is rebuilt. */
const rowsPerRead = 256;

const unbegun = { parent: null, output: null, error: null, seq: 0, open: [], quarantined: false } as const;

/** The run as it is now. Throws PAWL_RUN_UNKNOWN. */
export async function readRun(context: EngineContext, run: string): Promise<PublicRun> {
  const summary = await requireRun(context, run);
  // Its start goes with the commit that begins it: where neither is found, that commit came between the two looks.
  const find = () => context.api.stored(context.workspace, run);
  const begun = await find();
  const accepted = begun === undefined ? await context.api.acceptedInput(context.workspace, run) : undefined;
  const stored = begun ?? (accepted === undefined ? await find() : undefined);
  if (stored === undefined) return { ...summary, ...unbegun, input: accepted ?? null };
  const state = await foldStored(context, stored);
  const flow = await context.flows.load(stored.flow).catch(() => undefined);
  return {
    ...summary,
    ...(flow === undefined ? {} : statusOf(state, flow)),
    endedAt: state.endedAt ?? null,
    input: state.input,
    // The parent of frame 0 is a schedule.
    parent: state.parent === undefined || state.parent.frame === 0 ? null : state.parent.run,
    output: state.output ?? null,
    error: state.error ?? null,
    seq: state.seq,
    open: flow === undefined ? [] : openWork(state, flow),
    quarantined: stored.quarantined,
  };
}

/** The folded state of a run now. Undefined: it has not begun. */
export async function readState(context: EngineContext, run: string): Promise<RunState | undefined> {
  const stored = await context.api.stored(context.workspace, run);
  return stored === undefined ? undefined : foldStored(context, stored);
}

/**
 * The folded state after event `seq` as JSON; without `seq`, the state now. Throws PAWL_RUN_UNKNOWN, or PAWL_NOT_FOUND
 * where the run has no such event.
 */
export async function readStateAt(context: EngineContext, run: string, seq?: number): Promise<Json> {
  await requireRun(context, run);
  const stored = await context.api.stored(context.workspace, run);
  const folded = stored === undefined ? emptyState(run) : await foldStored(context, stored);
  if (seq === undefined || seq === folded.seq) return stateToJson(folded);
  if (seq > folded.seq)
    throw new PawlError('PAWL_NOT_FOUND', `Run ${run} has ${folded.seq} events, so none with the number ${seq}.`);
  const snapshot = stored?.snapshot ?? undefined;
  const usable = snapshot !== undefined && snapshot.seq <= seq ? readSnapshot(snapshot, context.hash) : undefined;
  const state = usable ?? emptyState(run);
  while (state.seq < seq) {
    const rows = await context.api.journal(run, state.seq + 1, rowsPerRead);
    for (const row of rows) {
      for (const event of await decodeEvents(context.api, context.hash, row)) if (state.seq < seq) apply(state, event);
    }
    if (rows.length === 0)
      throw new PawlError('PAWL_RUN_QUARANTINED', `Event ${state.seq + 1} of run ${run} is missing.`);
  }
  return stateToJson(state);
}

/** The run's summary. Throws PAWL_RUN_UNKNOWN. */
export async function requireRun(context: EngineContext, run: string): Promise<RunSummary> {
  const summary = isRunId(run) ? await context.api.runSummary(context.workspace, run) : undefined;
  if (summary === undefined) throw new PawlError('PAWL_RUN_UNKNOWN', `There is no run ${run.slice(0, 100)}.`);
  return summary;
}

/** Throws PAWL_RUN_QUARANTINED where the run was set aside. */
export async function requireNotAside(context: EngineContext, run: string): Promise<void> {
  const stored = await context.api.stored(context.workspace, run);
  if (stored?.quarantined !== true) return;
  throw new PawlError('PAWL_RUN_QUARANTINED', `Run ${run} was set aside, because deciding it failed.`, {
    extra: { run },
  });
}

async function foldStored(context: EngineContext, stored: StoredRun): Promise<RunState> {
  const { api, hash } = context;
  const base = stored.snapshot === null ? undefined : readSnapshot(stored.snapshot, hash);
  const isDamaged = stored.snapshot !== null && base === undefined;
  const rows = isDamaged ? await api.journal(stored.run, 1) : stored.journal;
  const wanted = new Set(rows.flatMap(payloadsOf));
  const payloads = wanted.size === 0 ? undefined : await api.payloads(stored.run, [...wanted]);
  return foldRows(stored.run, base, rows, hash, (sha256) => payloads?.get(sha256));
}

/** The state of a snapshot; undefined where it cannot be read: the journal has it all. */
function readSnapshot(snapshot: SnapshotRow, hash: Hash): RunState | undefined {
  try {
    return decodeSnapshot(snapshot, hash);
  } catch {
    return undefined;
  }
}

function openWork(state: RunState, flow: CompiledFlow): OpenWork[] {
  const listening = listeners(state, flow);
  return pending(state, flow).map((one): OpenWork => {
    if (one.kind === 'continue') return { kind: one.kind };
    const frame = state.frames.get(one.frame);
    const step = frame === undefined || frame.step === '' ? {} : { step: frame.step, name: nameOf(frame.step) };
    const error = frame?.effect?.error;
    return {
      kind: one.kind,
      ...step,
      ...('at' in one ? { until: one.at } : {}),
      ...('due' in one ? { until: one.due } : {}),
      ...('attempt' in one ? { attempt: one.attempt } : {}),
      ...('target' in one ? { target: one.target } : {}),
      ...(one.kind === 'decision' ? { decision: one.id, ...sent(frame, flow), ...asks(frame) } : {}),
      ...(one.kind === 'child' ? { child: one.child } : {}),
      ...(one.kind === 'event' ? { events: wanted(listening, one.frame) } : {}),
      ...(error === undefined ? {} : { error }),
    };
  });
}

function asks(frame: Frame | undefined): Pick<OpenWork, 'asks'> {
  return frame?.ask === undefined ? {} : { asks: frame.ask.terms.title };
}

function wanted(listening: readonly Listening[], of: number): JsonObject[] {
  const own = listening.filter(({ frame }) => frame === of);
  return own.slice(0, shownFilters).map(({ match }) => ({ ...match }));
}

/** What an effect sent, and where: the reason of a question does not always say it. */
function sent(frame: Frame | undefined, flow: CompiledFlow): Pick<OpenWork, 'action' | 'target'> {
  if (frame?.effect === undefined) return {};
  const node = flow.nodes.get(frame.step);
  const action = node !== undefined && 'action' in node ? { action: node.action } : {};
  return { ...action, target: frame.effect.target };
}
