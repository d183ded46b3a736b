import type {
  DecisionRow,
  FlowError,
  FlowVersion,
  InboxRow,
  JournalRow,
  LineageView,
  KnownAnswer,
  RunStart,
  RunStatus,
  SnapshotRow,
  StoredRun,
  WaitingFor,
} from '@pawl/core';
import { partitionOf } from '@pawl/core';
import { EventTables } from './event-tables.ts';

/** A run as it is stored, with all that belongs to it. */
export interface RunRecord {
  readonly partition: number;
  readonly run: string;
  readonly workspace: string;
  readonly flow: string;
  readonly startedAt: number;
  readonly key: string | null;
  status: RunStatus;
  waitingFor: WaitingFor | null;
  loaded: boolean;
  endedAt: number | null;
  timerAt: number | null;
  quarantined: FlowError | null;
  /** By their first number. */
  readonly journal: JournalRow[];
  snapshot: SnapshotRow | null;
  readonly payloads: Map<string, string>;
  readonly decisions: Map<string, DecisionRow>;
  mark: { readonly seq: number; readonly worker: string; readonly deaths: number } | null;
}

/** Who owns a partition. */
export interface LeaseRecord {
  epoch: number;
  worker: string | null;
}

/** A worker, as the server knows it. */
export interface WorkerRecord {
  readonly shares: boolean;
  beat: number;
  locked: boolean;
}

/** The first run of a start key or an Idempotency-Key. */
export interface Winner {
  run: string;
  readonly fingerprint: string;
  readonly expiresAt: number;
}

/** Everything that a simulated store holds. One method is one transaction of the server. */
export class Tables {
  readonly leases: LeaseRecord[];
  readonly workers = new Map<string, WorkerRecord>();
  readonly events = new EventTables();
  readonly runs = new Map<string, RunRecord>();
  /** By message id, in order of acceptance. */
  readonly inbox = new Map<string, InboxRow>();
  /** Start keys by partition and hash. */
  readonly dedup = new Map<string, Winner>();
  /** Idempotency-Keys by scope and key. */
  readonly requests = new Map<string, Winner>();
  /** Answers of requests with an Idempotency-Key that start no run, by scope and key. */
  readonly answers = new Map<string, KnownAnswer & { readonly until: number }>();
  readonly flows = new Map<string, FlowVersion>();
  /** Named versions: `workspace namespace name version` as JSON to hash. */
  readonly named = new Map<string, string>();

  /** The history of the database, and when it began (ms since the epoch). */
  lineage: LineageView = { number: 0, at: 0 };

  constructor(partitions: number) {
    this.leases = Array.from({ length: partitions }, () => ({ epoch: 0, worker: null }));
  }

  /** A run as it is loaded. */
  stored(run: string): StoredRun | undefined {
    const record = this.runs.get(run);
    return record === undefined ? undefined : storedOf(record);
  }

  /** Inserts a run; the caller has seen that there is none of this id. */
  begin(start: RunStart): RunRecord {
    const record: RunRecord = {
      partition: start.partition,
      run: start.run,
      workspace: start.workspace,
      flow: start.flow,
      startedAt: start.startedAt,
      key: start.key?.key ?? null,
      status: start.status,
      waitingFor: start.waitingFor,
      loaded: true,
      endedAt: null,
      timerAt: null,
      quarantined: null,
      journal: [],
      snapshot: null,
      payloads: new Map(),
      decisions: new Map(),
      mark: null,
    };
    this.runs.set(start.run, record);
    return record;
  }

  loadedRuns(partition: number, after: string | null, limit: number): StoredRun[] {
    const found: RunRecord[] = [];
    for (const record of this.runs.values()) {
      if (record.partition === partition && record.loaded && !hasEnded(record.status) && record.run > (after ?? ''))
        found.push(record);
    }
    return found
      .sort((a, b) => (a.run < b.run ? -1 : 1))
      .slice(0, limit)
      .map(storedOf);
  }

  messages(partitions: readonly number[], held: ReadonlySet<string>, limit: number): InboxRow[] {
    const found: InboxRow[] = [];
    for (const row of this.inbox.values()) {
      if (found.length >= limit) break;
      // What came for a run that was set aside waits until that is taken back.
      const isAside = row.id !== row.run && (this.runs.get(row.run)?.quarantined ?? null) !== null;
      if (partitions.includes(row.partition) && !held.has(row.id) && !isAside) found.push(copyOf(row));
    }
    return found;
  }

  timers(partitions: readonly number[]): { partition: number; run: string; at: number }[] {
    const found: { partition: number; run: string; at: number }[] = [];
    for (const { partition, run, timerAt } of this.runs.values()) {
      if (timerAt !== null && partitions.includes(partition)) found.push({ partition, run, at: timerAt });
    }
    return found.sort((a, b) => a.at - b.at);
  }

  payloads(run: string, wanted: readonly string[]): Map<string, string> {
    const found = new Map<string, string>();
    const payloads = this.runs.get(run)?.payloads;
    for (const sha256 of wanted) {
      const body = payloads?.get(sha256);
      if (body !== undefined) found.set(sha256, body);
    }
    return found;
  }

  /** Takes a partition at an epoch; undefined where it has another one by now. */
  takeOver(partition: number, epoch: number, worker: string): number | undefined {
    const lease = this.leases[partition];
    if (lease === undefined || lease.epoch !== epoch) return undefined;
    lease.epoch += 1;
    lease.worker = worker;
    return lease.epoch;
  }

  /** Gives back what the worker still holds at these epochs. */
  release(worker: string, leases: readonly { readonly partition: number; readonly epoch: number }[]): void {
    for (const { partition, epoch } of leases) {
      const lease = this.leases[partition];
      if (lease === undefined || lease.epoch !== epoch || lease.worker !== worker) continue;
      lease.epoch += 1;
      lease.worker = null;
    }
  }

  mark(worker: string, run: string, seq: number | null): number {
    const record = this.runs.get(run);
    if (record === undefined) return 0;
    const before = record.mark;
    if (seq === null) {
      record.mark = null;
      return 0;
    }
    let deaths = 0;
    if (before !== null && before.seq === seq) deaths = before.deaths + (before.worker === worker ? 0 : 1);
    record.mark = { seq, worker, deaths };
    return deaths;
  }

  /** Whether a message can reach this run of a workspace: it exists, or its start is accepted. */
  isKnown(workspace: string, run: string): boolean {
    const record = this.runs.get(run);
    if (record !== undefined) return record.workspace === workspace;
    return this.acceptedStart(workspace, run)?.partition === partitionOf(run);
  }

  /** The message of a start of a workspace that was accepted and not yet begun. */
  acceptedStart(workspace: string, run: string): InboxRow | undefined {
    const row = this.inbox.get(run);
    return row?.message.kind === 'start' && row.message.workspace === workspace ? row : undefined;
  }
}

/** Whether a status is final. */
export function hasEnded(status: RunStatus): boolean {
  return status === 'completed' || status === 'faulted' || status === 'cancelled';
}

/** A message as it is read: a value of its own, as if it had been text. */
function copyOf(row: InboxRow): InboxRow {
  if (row.message.kind !== 'start') return row;
  return { ...row, message: { ...row.message, input: JSON.parse(JSON.stringify(row.message.input)) } };
}

function storedOf(record: RunRecord): StoredRun {
  const { partition, run, workspace, flow, status, loaded, snapshot } = record;
  const since = snapshot?.seq ?? 0;
  return {
    partition,
    run,
    workspace,
    flow,
    status,
    loaded,
    quarantined: record.quarantined !== null,
    snapshot,
    journal: record.journal.filter((row) => row.to > since),
  };
}
