import type {
  Commit,
  DecisionRow,
  JournalRow,
  Lease,
  PayloadRow,
  PoisonError,
  RunHead,
  RunStart,
  SnapshotRow,
  TimerRow,
} from '@pawl/core';
import type { MessageKey, Run } from './run-table.ts';
import type { Said } from './said.ts';
import { gatherSaid } from './said.ts';

/** Whose a part is that is no run's. */
export interface PartOwner {
  /** Another worker has it by now: nothing of it may be written. */
  gone: boolean;
  committed(): void;
  /** The database refuses the part. */
  refused(error: PoisonError): void;
}

/** One run's share of a commit: prepared once, sent until it is in. */
export interface Part {
  /** The run; null where messages are consumed that led to nothing. */
  readonly run: Run | null;
  readonly partition: number;
  /** Size of what it carries (characters). */
  readonly characters: number;
  readonly start: RunStart | null;
  readonly journal: JournalRow | null;
  readonly head: RunHead | null;
  readonly snapshot: SnapshotRow | null;
  readonly timer: TimerRow | null;
  readonly payloads: readonly PayloadRow[];
  readonly decisions: readonly DecisionRow[];
  readonly consumed: readonly MessageKey[];
  /** What it says to other runs, listeners and schedules. */
  readonly said: Said | null;
  /** Of a part that is no run's: who waits for it. */
  readonly owner?: PartOwner;
  /** The run leaves memory with this commit. */
  readonly parks: boolean;
}

/** A part that consumes a message which led to nothing. */
export function consumingPart(message: MessageKey): Part {
  return { ...loosePart(message.partition), characters: message.id.length, consumed: [message] };
}

/** A part of no run, which writes nothing yet. */
export function loosePart(partition: number): Part {
  return {
    run: null,
    partition,
    characters: 256,
    start: null,
    journal: null,
    head: null,
    snapshot: null,
    timer: null,
    payloads: [],
    decisions: [],
    consumed: [],
    said: null,
    parks: false,
  };
}

/** Whether a part writes nothing. */
export function isEmpty(part: Part): boolean {
  const rows = part.start ?? part.journal ?? part.head ?? part.snapshot ?? part.timer;
  return rows === null && part.said === null && part.decisions.length === 0 && part.consumed.length === 0;
}

/** The commit of these parts, under the leases of their partitions. */
export function commitOf(parts: readonly Part[], lease: (partition: number) => Lease | undefined): Commit {
  const leases = new Map<number, Lease>();
  const commit = {
    leases: [] as Lease[],
    starts: [] as RunStart[],
    journal: [] as JournalRow[],
    heads: [] as RunHead[],
    snapshots: [] as SnapshotRow[],
    payloads: [] as PayloadRow[],
    timers: [] as TimerRow[],
    decisions: [] as DecisionRow[],
    consumed: [] as MessageKey[],
  };
  for (const part of parts) {
    if (!leases.has(part.partition)) {
      const held = lease(part.partition);
      if (held !== undefined) leases.set(part.partition, held);
    }
    if (part.start !== null) commit.starts.push(part.start);
    if (part.journal !== null) commit.journal.push(part.journal);
    if (part.head !== null) commit.heads.push(part.head);
    if (part.snapshot !== null) commit.snapshots.push(part.snapshot);
    if (part.timer !== null) commit.timers.push(part.timer);
    for (const payload of part.payloads) commit.payloads.push(payload);
    for (const decision of part.decisions) commit.decisions.push(decision);
    for (const message of part.consumed) commit.consumed.push(message);
  }
  for (const held of leases.values()) commit.leases.push(held);
  const said = gatherSaid(parts);
  return said === undefined ? commit : { ...commit, ...said };
}
