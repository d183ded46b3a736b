import type {
  CompiledFlow,
  DecisionRow,
  LifecycleView,
  Listening,
  Pending,
  ReturnedEvent,
  RunEvent,
  RunStart,
  RunState,
  RunStatus,
  Stimulus,
  WaitingFor,
} from '@pawl/core';
import { partitionCount, partitionOf } from '@pawl/core';
import type { TimerItem } from './timers.ts';
import { Works } from './works.ts';

/** An inbox row by its key: consumed by the commit that holds what it led to. */
export interface MessageKey {
  readonly partition: number;
  readonly id: string;
}

/** A stimulus that waits for its turn, and the message that brought it. */
export interface Queued {
  readonly stimulus: Stimulus;
  readonly message: MessageKey | undefined;
}

/**
 * Where a run in memory stands. `idle`: everything decided is committed. `gathering`: events wait for the next commit.
 * `flying`: they are in it; stimuli queue up. `gone`: out of memory; whatever still arrives for it is dropped.
 */
export type Phase = 'idle' | 'gathering' | 'flying' | 'gone';

/** A question as its row tells it. */
export type Question = Pick<DecisionRow, 'id' | 'step' | 'askedAt' | 'reason' | 'ask'>;

/** A run in memory. */
export class Run implements TimerItem {
  readonly id: string;
  readonly partition: number;
  readonly workspace: string;
  readonly flow: CompiledFlow;
  readonly state: RunState;
  phase: Phase = 'idle';
  /** Why stimuli are held back though no commit is in flight. */
  hold: 'page' | 'mark' | undefined = undefined;
  /** Pages of running steps that are being read again. */
  missingPages = 0;
  /** Number of the last committed event. */
  committedSeq: number;
  /** Events that are decided and not committed. */
  events: RunEvent[] = [];
  /** Stimuli that wait for the commit in flight. */
  queue: Queued[] = [];
  /** What must be under way, as of the last decision. */
  pending: readonly Pending[] = [];
  readonly works = new Works();
  /** Targets of permits that were taken for attempts which have not been sent yet. */
  reserved: string[] = [];
  /** Messages that the next commit consumes. */
  consumed: MessageKey[] = [];
  /** It waits in line to continue after a yield. */
  continuing = false;
  /** The inbox message that its start came with. */
  startMessage: MessageKey | undefined;
  /** The run's first rows, until they are committed. */
  start: RunStart | null = null;

  // What its rows say.
  storedStatus: RunStatus = 'running';
  storedWaitingFor: WaitingFor | null = null;
  storedLoaded = true;
  /** What it wants of events; undefined: nothing, as nearly always. */
  storedWishes: readonly Listening[] | undefined = undefined;
  /** Undefined: not known. */
  storedTimer: number | null | undefined = null;
  questions: Map<string, Question> | undefined = undefined;

  /** When a wait is to be written to the head (ms); infinity: it need not. */
  headDue = Number.POSITIVE_INFINITY;

  /** A run that waits for messages alone leaves memory if nothing has come by then (ms). */
  parkDue = Number.POSITIVE_INFINITY;
  /** Tells its life, where that is published. */
  life: LifecycleView | undefined = undefined;
  /** Events of consumed messages that no step wanted: they may come again. */
  returned: ReturnedEvent[] | undefined = undefined;

  // Journal since the last snapshot.
  rowsSince = 0;
  eventsSince = 0;
  charactersSince = 0;
  snapshotCharacters = 0;
  /** A second fold of the same rows, where this run is in the sample. */
  shadow: RunState | undefined = undefined;

  /** It must be marked in the store before it is decided, as its owners have died. */
  suspect = false;
  /** The database refused once what it wanted to write: the next time it is set aside. */
  refused = false;

  at = Number.POSITIVE_INFINITY;
  slot = -1;
  private readonly onDue: (run: Run, now: number) => void;

  constructor(state: RunState, flow: CompiledFlow, workspace: string, onDue: (run: Run, now: number) => void) {
    this.id = state.id;
    this.partition = partitionOf(state.id);
    this.workspace = workspace;
    this.flow = flow;
    this.state = state;
    this.committedSeq = state.seq;
    this.onDue = onDue;
  }

  due(now: number): void {
    this.onDue(this, now);
  }
}

/** The runs in memory. */
export class RunTable {
  private readonly byId = new Map<string, Run>();
  private readonly byPartition: Set<Run>[] = Array.from({ length: partitionCount }, () => new Set<Run>());

  get size(): number {
    return this.byId.size;
  }

  get(id: string): Run | undefined {
    return this.byId.get(id);
  }

  add(run: Run): void {
    this.byId.set(run.id, run);
    this.byPartition[run.partition]?.add(run);
  }

  /** Forgets the run, unless another object stands for it by now. */
  delete(run: Run): void {
    if (this.byId.get(run.id) === run) this.byId.delete(run.id);
    this.byPartition[run.partition]?.delete(run);
  }

  /** Runs of a partition; a copy may be needed where they leave meanwhile. */
  of(partition: number): ReadonlySet<Run> {
    return this.byPartition[partition] as ReadonlySet<Run>;
  }

  all(): IterableIterator<Run> {
    return this.byId.values();
  }
}
