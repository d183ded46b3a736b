import type { Commit, RunHead, RunStart, TimerRow } from '@pawl/core';
import {
  boolArray,
  charArray,
  hexArray,
  int2Array,
  int4Array,
  int8Array,
  textArray,
  uuidArray,
} from './binary-arrays.ts';
import { messageKey } from './message-key.ts';
import { statusLetter, waitingLetter } from './status-codes.ts';

/** Numbers by which hot rows name their workspace and flow. */
export interface Numbers {
  workspace(name: string): number;
  flow(hash: string): number;
}

/** Bytes of a sha-256. */
const sha256Bytes = 32;

/** The call of `pawl.commit`; prepared once a connection under this name. */
export const commitStatement = {
  name: 'pawl-commit',
  text: `select pawl.commit(${Array.from({ length: 55 }, (_, i) => `$${i + 1}`).join(', ')}) as lost`,
};

/**
 * The parameters of `pawl.commit`, in its order. What a commit says of one run is netted first, so that its head is
 * written once: a start takes its head and timer with it, a head its timer. Throws a PoisonError for texts that have no
 * stored form.
 */
export function encodeCommit(commit: Commit, numbers: Numbers): Buffer[] {
  const { starts, heads, timers } = net(commit);
  const leases = [...commit.leases].sort((a, b) => a.partition - b.partition);
  return [
    int2Array(leases, (row) => row.partition),
    int8Array(leases, (row) => row.epoch),
    ...encodeStarts(starts, numbers),
    ...encodeJournal(commit),
    ...encodeHeads(heads),
    ...encodeSnapshots(commit),
    int2Array(commit.payloads, (row) => row.partition),
    uuidArray(commit.payloads, (row) => row.run),
    hexArray(commit.payloads, sha256Bytes, (row) => row.sha256),
    textArray(commit.payloads, (row) => row.body),
    int2Array(timers, (row) => row.partition),
    uuidArray(timers, (row) => row.run),
    int8Array(timers, (row) => row.at),
    ...encodeDecisions(commit),
    int2Array(commit.consumed, (row) => row.partition),
    uuidArray(commit.consumed, (row) => messageKey(row.id)),
  ];
}

interface NetStart extends RunStart {
  readonly loaded: boolean;
  readonly endedAt: number | null;
  readonly timerAt: number | null;
}

interface NetHead extends RunHead {
  /** Whether the timer changes too, and to what. */
  readonly timed: boolean;
  readonly timerAt: number | null;
}

function net(commit: Commit): { starts: NetStart[]; heads: NetHead[]; timers: readonly TimerRow[] } {
  const timers = new Map(commit.timers.map((row) => [row.run, row]));
  const heads = new Map(commit.heads.map((row) => [row.run, row]));
  const starts = commit.starts.map((start): NetStart => {
    const head = heads.get(start.run);
    const timerAt = timers.get(start.run)?.at ?? null;
    heads.delete(start.run);
    timers.delete(start.run);
    if (head === undefined) return { ...start, loaded: true, endedAt: null, timerAt };
    return {
      ...start,
      status: head.status,
      waitingFor: head.waitingFor,
      loaded: head.loaded,
      endedAt: head.endedAt,
      timerAt,
    };
  });
  const changed = [...heads.values()].map((head): NetHead => {
    const timer = timers.get(head.run);
    timers.delete(head.run);
    return { ...head, timed: timer !== undefined, timerAt: timer?.at ?? null };
  });
  return { starts, heads: changed, timers: [...timers.values()] };
}

function encodeStarts(starts: readonly NetStart[], numbers: Numbers): Buffer[] {
  return [
    int2Array(starts, (row) => row.partition),
    uuidArray(starts, (row) => row.run),
    int4Array(starts, (row) => numbers.workspace(row.workspace)),
    int4Array(starts, (row) => numbers.flow(row.flow)),
    int8Array(starts, (row) => row.startedAt),
    charArray(starts, (row) => statusLetter(row.status)),
    charArray(starts, (row) => waitingLetter(row.waitingFor)),
    boolArray(starts, (row) => row.loaded),
    int8Array(starts, (row) => row.endedAt),
    int8Array(starts, (row) => row.timerAt),
    textArray(starts, (row) => row.key?.key ?? null),
    hexArray(starts, sha256Bytes, (row) => row.key?.keyHash ?? null),
    hexArray(starts, sha256Bytes, (row) => row.key?.fingerprint ?? null),
  ];
}

function encodeJournal({ journal }: Commit): Buffer[] {
  return [
    int2Array(journal, (row) => row.partition),
    uuidArray(journal, (row) => row.run),
    int4Array(journal, (row) => row.from),
    int4Array(journal, (row) => row.to),
    int2Array(journal, (row) => row.format),
    int4Array(journal, (row) => signed(row.checksum)),
    textArray(journal, (row) => row.body),
  ];
}

function encodeHeads(heads: readonly NetHead[]): Buffer[] {
  return [
    int2Array(heads, (row) => row.partition),
    uuidArray(heads, (row) => row.run),
    charArray(heads, (row) => statusLetter(row.status)),
    charArray(heads, (row) => waitingLetter(row.waitingFor)),
    boolArray(heads, (row) => row.loaded),
    int8Array(heads, (row) => row.endedAt),
    boolArray(heads, (row) => row.timed),
    int8Array(heads, (row) => row.timerAt),
  ];
}

function encodeSnapshots({ snapshots }: Commit): Buffer[] {
  return [
    int2Array(snapshots, (row) => row.partition),
    uuidArray(snapshots, (row) => row.run),
    int4Array(snapshots, (row) => row.seq),
    int2Array(snapshots, (row) => row.format),
    int4Array(snapshots, (row) => signed(row.checksum)),
    textArray(snapshots, (row) => row.body),
  ];
}

/** A crc-32 as the `integer` with the same bits; read back by `>>> 0`. */
function signed(checksum: number): number {
  return checksum | 0;
}

function encodeDecisions({ decisions }: Commit): Buffer[] {
  return [
    int2Array(decisions, (row) => row.partition),
    uuidArray(decisions, (row) => row.run),
    textArray(decisions, (row) => row.id),
    textArray(decisions, (row) => row.step),
    int8Array(decisions, (row) => row.askedAt),
    textArray(decisions, (row) => row.reason),
    int8Array(decisions, (row) => row.decided?.at ?? null),
    textArray(decisions, (row) => row.decided?.by ?? null),
    textArray(decisions, (row) => (row.decided === null ? null : JSON.stringify(row.decided.verdict))),
    textArray(decisions, (row) => row.decided?.message ?? null),
  ];
}
